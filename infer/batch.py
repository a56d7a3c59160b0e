"""All articles of the command line through an extractor: progress shown, bad ones reported, the rest goes on.

In: sources and an extractor. Out: annotated articles, one by one, in the order of the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data.errors import InputError
from data.progress import Meter
from data.schema import Article
from infer.extractor import Extractor
from infer.inputs import Source, read_items
from infer.outputs import ErrorLog


def extract_all(extractor: Extractor, sources: Sequence[Source], errors: ErrorLog, name: str) -> Iterator[Article]:
    """Extract from all sources; `errors` gets the bad articles, `name` is what the work is called in its progress."""
    done = 0

    def good() -> Iterator[Article]:
        nonlocal done
        for item in read_items(sources):
            done = item.done
            if isinstance(item.result, InputError):
                errors.add(item.result)
            else:
                yield item.result

    with Meter(name, sum(source.size for source in sources)) as meter:
        for count, article in enumerate(extractor.extract_many(good()), 1):
            yield article
            meter.update(done, f"{count:,} articles")
