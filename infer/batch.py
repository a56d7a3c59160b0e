"""All articles of the command line through an extractor: in chunks, progress shown, bad ones in their places.

In: items of the input and an extractor. Out: the same items, one by one, in order, with what was extracted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Protocol

from data.errors import InputError
from data.progress import Meter
from data.schema import Article
from infer.extractor import CHUNK, chunked
from infer.inputs import Item

# Articles of the input, bad ones included, between two points at which a run can be taken up again: some seconds of the
# small model's work, some minutes of a large one's.
PART = 1024


class ChunkExtractor(Protocol):
    """What is asked of an `Extractor`, or of several at work together."""

    def extract_chunks(self, chunks: Iterable[Sequence[Article]]) -> Iterator[list[Article | InputError]]: ...


def chunks_of(items: Iterable[Item], part_size: int = PART) -> Iterator[list[Item]]:
    """Items in the chunks that are batched together, none across a multiple of `part_size` items.

    A run that is taken up at such a multiple thus makes the same batches as one that was never broken off, and equal
    results to the last bit. So does a worker that has nothing but CHUNK items of a part, from one multiple of CHUNK on
    to the next: a chunk that ends early since its texts are long moves none behind the next multiple.
    """
    stream = iter(items)
    sizes = cycle([CHUNK] * (part_size // CHUNK) + [part_size % CHUNK] * (part_size % CHUNK > 0))
    while some := list(islice(stream, next(sizes))):
        yield from chunked(some, _length)


def _length(item: Item) -> int:
    return len(item.result.text) if isinstance(item.result, Article) else 0


def extract_all(
    extractor: ChunkExtractor, items: Iterable[Item], total: int, name: str, part_size: int = PART
) -> Iterator[Item]:
    """Extract from all items.

    Args:
        total: the bytes that the items' `done` counts up to. name: what the work is called in its progress.
        part_size: see `chunks_of`.
    """
    waiting: deque[list[Item]] = deque()

    def articles() -> Iterator[list[Article]]:
        for chunk in chunks_of(items, part_size):
            waiting.append(chunk)
            yield [item.result for item in chunk if isinstance(item.result, Article)]

    with Meter(name, total) as meter:
        count = 0
        for results in extractor.extract_chunks(articles()):
            made = iter(results)
            for item in waiting.popleft():
                if isinstance(item.result, Article):
                    result = next(made)
                    if isinstance(result, InputError):
                        result = result.at(item.path, item.line)
                    else:
                        count += 1
                    item = replace(item, result=result)
                yield item
                meter.update(item.done, f"{count:,} articles")
