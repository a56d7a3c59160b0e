"""Pictures of the article pages and of a report for the README: each wide and on a phone.

    python -m benchmarks.screenshots records.jsonl docs                # what `python -m infer … -o records.jsonl` wrote
    python -m benchmarks.screenshots data/articles/train docs --article an-giang-2022-09-cong-dien-bau-cu-mua-noi
    python -m benchmarks.screenshots --report report/report.html docs  # what `python -m train.evaluate … -o report` did

In: articles in the public form or annotated ones, which get the keys of bodies and persons that extracted ones have; or
a report. Out: index-1400.png, article-1400.png, index-390.png, article-390.png; or report-1400.png, report-390.png.
Needs Chromium, at /usr/bin/chromium (`apt-get install chromium`), and the Python package playwright.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from data.command import make_parser
from data.errors import InputError
from data.formats import read_articles
from data.schema import Article
from infer.extractor import with_values
from infer.site import INDEX, PAGES, open_site

CHROMIUM = "/usr/bin/chromium"
# no sandbox: in containers there is none; the rest keeps it from talking to its maker
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
HEIGHTS = {1400: 900, 390: 844}


class Picture(NamedTuple):
    """One file: which page, how wide, and the record that is selected on it."""

    name: str
    page: str
    width: int
    record: str = ""


def pictures(page: str) -> Iterator[Picture]:
    """All pictures; `page` is the article's."""
    for width in HEIGHTS:
        yield Picture(f"index-{width}.png", INDEX, width)
        yield Picture(f"article-{width}.png", page, width, "#record=1")


def with_keys(article: Article) -> Article:
    """An annotated article with the values that an extracted one would have for the same mentions."""
    if any(entity.score is not None for entity in article.entities):
        return article
    found = with_values(article.text, article.date, article.meta.get("place"), article.entities)
    return article.model_copy(update={"entities": found})


def shoot(browser: Browser, picture: Picture, site: Path, output: Path) -> None:
    """Open a page from disk and save what its window shows."""
    view = browser.new_page(
        viewport={"width": picture.width, "height": HEIGHTS[picture.width]},
        color_scheme="light",
        reduced_motion="reduce",
    )
    view.goto((site / picture.page).as_uri() + picture.record)
    view.screenshot(path=output / picture.name)
    view.close()


def _take(wanted: Iterable[Picture], site: Path, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for picture in wanted:
            shoot(browser, picture, site, output)
            print(output / picture.name)
        browser.close()


def _articles(source: str, wanted: str | None, output: Path) -> None:
    articles = [with_keys(article) for article in read_articles(source)]
    chosen = [
        number
        for number, article in enumerate(articles)
        if article.id == wanted or (wanted is None and len(article.directives) >= 3)
    ]
    if not chosen:
        raise InputError(
            f"no article {wanted}" if wanted else "no article with three records",
            expected="one to show",
            mend="name another with --article",
            path=source,
        )
    with tempfile.TemporaryDirectory(prefix="giaoban-") as folder:
        site = Path(folder) / "site"
        with open_site(site) as sink:
            for article in articles:
                sink.write(article)
        page = sorted((site / PAGES).iterdir())[chosen[0]]
        _take(pictures(page.relative_to(site).as_posix()), site, output)


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m benchmarks.screenshots", __doc__)
    parser.add_argument("articles", nargs="?", help="JSON lines, or a file or folder of annotated articles")
    parser.add_argument("output", type=Path, help="the folder for the pictures")
    parser.add_argument("--article", metavar="ID", help="the article to show; without it the first with three records")
    parser.add_argument("--report", type=Path, metavar="FILE", help="a report.html to show instead of articles")
    args = parser.parse_args(argv)
    if (args.articles is None) == (args.report is None):
        parser.error("give articles, or --report FILE")
    try:
        if args.report is not None:
            if not args.report.is_file():
                raise InputError("no such file", expected="a report.html", mend="make one", path=args.report)
            wanted = [Picture(f"report-{width}.png", args.report.name, width) for width in HEIGHTS]
            _take(wanted, args.report.parent.resolve(), args.output)
        else:
            _articles(args.articles, args.article, args.output)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
