"""What processes hold in tests/test_workers.py: an extractor without a model, quick to import."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from data.schema import Article, Directive, Entity


class Stub:
    """An extractor that needs no model. What a text says it does: wait, fail, or end its process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def extract_chunk(self, articles: Sequence[Article]) -> list[Article | InputError]:
        return [self._extract(article) for article in articles]

    def _extract(self, article: Article) -> Article | InputError:
        what, _, rest = article.text.partition(" ")
        if what == "fail":
            return InputError("a failure", expected="none", mend="leave it out")
        if what == "wait":
            time.sleep(float(rest))
        if what == "die" or (what == "once" and not (self.folder / article.id).exists()):
            (self.folder / article.id).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        entity = Entity(id="e1", label="AGENCY", start=0, end=1, text=what[0], score=0.5, normalized={"body": what})
        directive = Directive(assignees=["e1"], start=0, end=1)
        return article.model_copy(update={"entities": [entity], "directives": [directive]})


def broken() -> Stub:
    raise InputError("no model", expected="one", mend="make one")


def dying() -> Stub:
    os._exit(3)


def chunks(*texts: Sequence[str]) -> list[list[Article]]:
    return [
        [Article(id=f"{n}-{m}", text=text, meta={"place": "Lai Châu"}) for m, text in enumerate(chunk)]
        for n, chunk in enumerate(texts)
    ]
