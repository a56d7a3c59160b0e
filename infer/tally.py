"""One extracted item to where it belongs: records that fit to the sinks, what failed to the errors; and the count.

In: items as `infer.batch.extract_all` gives them. Out: nothing but what sinks and errors make of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from data.errors import InputError, unforeseen
from infer.filters import Filter
from infer.inputs import Item
from infer.outputs import Sink


class Errors(Protocol):
    """Takes what was wrong with articles."""

    def add(self, error: InputError) -> None: ...


@dataclass(slots=True)
class Tally:
    """Counts articles: extracted, written since they fit, failed."""

    articles: int = 0
    written: int = 0
    failed: int = 0

    def write(self, item: Item, wanted: Filter, sinks: Sequence[Sink], errors: Errors) -> None:
        """An item to all sinks, or to the errors; a bug over one article must not end a run of a million."""
        result = item.result
        if not isinstance(result, InputError):
            try:
                if (fitting := wanted(result)) is not None:
                    for sink in sinks:
                        sink.write(fitting)
                    self.written += 1
                self.articles += 1
                return
            except (OSError, InputError):
                raise  # of the output, not of the article
            except Exception as error:
                result = unforeseen(error, f"the article {result.id!r}").at(item.path, item.line)
        errors.add(result)
        self.failed += 1
