"""All articles of the command line through an extractor: progress shown, bad ones reported, the rest goes on.

In: sources and an extractor. Out: annotated articles, one by one, in the order of the input.

A chunk is CHUNK items of the input in a row, bad ones counted, and its good articles are one batch for the model. So
its borders are known without reading what is before, and whoever keeps them gets the same scores to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from data.errors import InputError
from data.progress import Meter
from data.schema import Article
from infer.extractor import CHUNK, Extractor
from infer.inputs import Item, Source, read_items
from infer.outputs import ErrorLog


def extract_items(extractor: Extractor, items: Iterable[Item]) -> Iterator[Item]:
    """The same items with annotated articles, chunk by chunk; bad ones stay where they are."""
    stream = iter(items)
    while chunk := list(islice(stream, CHUNK)):
        made = extractor.extract_many([item.result for item in chunk if isinstance(item.result, Article)])
        for item in chunk:
            yield item if isinstance(item.result, InputError) else replace(item, result=next(made))


def collect(items: Iterable[Item], total: int, errors: ErrorLog, name: str) -> Iterator[Article]:
    """The articles among items; `errors` gets the others. total: bytes of input; name: of the work, in its progress."""
    count = 0
    with Meter(name, total) as meter:
        for item in items:
            if isinstance(item.result, InputError):
                errors.add(item.result)
            else:
                count += 1
                yield item.result
                meter.update(item.done, f"{count:,} articles")


def extract_all(extractor: Extractor, sources: Sequence[Source], errors: ErrorLog, name: str) -> Iterator[Article]:
    """Extract from all sources in this process; `errors` gets the bad articles."""
    items = extract_items(extractor, read_items(sources))
    return collect(items, sum(source.size for source in sources), errors, name)
