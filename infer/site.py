"""Articles as a folder to look at: `index.html`, which filters the records of all, and a page for each.

In: articles one by one. Out: a folder that appears whole or not at all:

    index.html                       what every article says in short, as JSON, and the script that filters it
    articles/00001-some-id.html      see pages.py

Nothing is kept but the article before: an index row is written as its article comes, and the names of bodies and
persons are counted where the index is read. A page is written when the next article is known, which it links to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any

from data.errors import InputError
from data.files import atomic_folder
from data.schema import Article, Directive, Entity
from infer.folding import fold, match_key
from infer.localities import slug
from infer.pages import GENERATOR, Link, article_page, asset, due_dates, foot, head, title_of

INDEX = "index.html"
PAGES = "articles"
_HEAD_CHARACTERS = 512  # within which a page of ours names its generator
_LONGEST_NAME = 80  # characters of an article's id in the name of its file


@contextmanager
def open_site(folder: str | PathLike[str]) -> Iterator[Site]:
    """A sink for articles that makes `folder` when its block ends well; one that an earlier run made is replaced.

    Raises: InputError for a folder that holds anything else, and for a place that cannot be written to.
    """
    target = _check(Path(folder).resolve())
    with ExitStack() as stack:
        try:
            made = stack.enter_context(atomic_folder(target))
            (made / PAGES).mkdir()
            index = stack.enter_context(open(made / INDEX, "w", encoding="utf-8", newline=""))
        except OSError as error:
            raise InputError(
                error.strerror or str(error), expected="a place to write to", mend="name another", path=folder
            ) from None
        site = Site(made, index)
        yield site
        site.close()


def _check(target: Path) -> Path:
    """The folder to make; whatever stands there will go, so it must be nothing but pages of ours."""
    wrong = ""
    if target.exists() and not target.is_dir():
        wrong = "a file"
    elif Path.cwd().is_relative_to(target):
        wrong = "the folder that you are in, or one above it"
    elif target.is_dir() and not _is_free(target):
        wrong = "a folder with other things in it"
    if wrong:
        raise InputError(
            wrong, expected="a new folder, or one with the pages of an earlier run", mend="name another", path=target
        )
    return target


def _is_free(folder: Path) -> bool:
    """Whether a folder is empty, or holds an index of ours, its pages, and nothing else."""
    names = {path.name for path in folder.iterdir()}
    if not names:
        return True
    if not (names <= {INDEX, PAGES} and (folder / INDEX).is_file()):
        return False
    with open(folder / INDEX, encoding="utf-8", errors="replace") as handle:
        return GENERATOR in handle.read(_HEAD_CHARACTERS)


class Site:
    """Writes articles into an open folder."""

    def __init__(self, folder: Path, index: IO[str]) -> None:
        """folder: where it is made, with `articles/` in it. index: its open index.html."""
        self._folder, self._index = folder, index
        self.articles = self.records = 0
        self._before: Link | None = None
        self._pending: tuple[Article, Link] | None = None
        self._index.write(head("Articles · giaoban", asset("index.js")) + asset("index.html"))
        self._index.write('<script type="application/json" id="data">[')

    def write(self, article: Article) -> None:
        """Add an article."""
        self.articles += 1
        self.records += len(article.directives)
        name = slug(article.id)[:_LONGEST_NAME].strip("-")
        link = Link(f"{self.articles:05}{'-' if name else ''}{name}.html", title_of(article))
        self._index.write(("," if self.articles > 1 else "") + "\n" + script_json(index_row(article, link)))
        self._flush(link)
        self._pending = article, link

    def close(self) -> None:
        """Write what is left."""
        self._flush(None)
        self._index.write("\n]</script>\n" + foot(asset("index.js")))

    def _flush(self, after: Link | None) -> None:
        if self._pending is None:
            return
        article, link = self._pending
        page = article_page(article, index=f"../{INDEX}", before=self._before, after=after)
        with open(self._folder / PAGES / link.file, "w", encoding="utf-8", newline="") as handle:
            handle.write(page)
        self._before, self._pending = link, None


def script_json(value: object) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def index_row(article: Article, link: Link) -> dict[str, Any]:
    """What the index knows of an article; lists stand for objects, as the names would be half of what it reads.

    parties: [text, body, person, name, is it an agency] for its different agencies and officials. `body` is the key of
        infer/keys.py, or the folded text where an agency has none; `person` likewise, from the name.
    records: [issuer, assignees, coordinators, recipients, what, when, due]; the first four are lists of places in
        `parties`, then come the texts of indicators and deadlines, and ISO dates.
    """
    numbers: dict[tuple[str, ...], int] = {}
    places: dict[str, int] = {}
    for entity in article.entities:
        if entity.label in ("AGENCY", "OFFICIAL"):
            places[entity.id] = numbers.setdefault(_party(entity), len(numbers))
    by_id = {entity.id: entity for entity in article.entities}
    return {
        "file": f"{PAGES}/{link.file}",
        "title": link.title,
        "id": article.id,
        "date": article.date.isoformat() if article.date else "",
        "mentions": len(article.entities),
        "parties": [[*party[:-1], int(party[-1] == "AGENCY")] for party in numbers],
        "records": [_record(directive, places, by_id) for directive in article.directives],
    }


def _record(directive: Directive, places: dict[str, int], by_id: dict[str, Entity]) -> list[list[int] | list[str]]:
    issuer = [] if directive.issuer is None else [directive.issuer]
    actors = (issuer, directive.assignees, directive.coordinators, directive.recipients)
    return [
        *(list(dict.fromkeys(places[id_] for id_ in ids)) for ids in actors),
        [by_id[id_].text for id_ in directive.indicators],
        [by_id[id_].text for id_ in directive.deadlines],
        [day.isoformat() for day in due_dates(directive, by_id)],
    ]


def _party(entity: Entity) -> tuple[str, str, str, str, str]:
    """(text, body, person, name, label); empty where nothing is known. Normalised values may be of any type."""
    values = {key: value for key, value in (entity.normalized or {}).items() if isinstance(value, str)}
    name, body, person = (values.get(key, "") for key in ("name", "body", "person"))
    if entity.label == "AGENCY":
        return entity.text, body or match_key(fold(entity.text)), "", "", entity.label
    return entity.text, body, person or match_key(fold(name)), name, entity.label
