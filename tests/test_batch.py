"""Articles in chunks: the same ones wherever a run begins, results in their places, a failing article by itself."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.schema import Article
from data.segment import load_segmenter
from infer.batch import chunks_of, extract_all
from infer.extractor import CHUNK, CHUNK_CHARACTERS, Extractor
from infer.inputs import Item, Place
from tests.conftest import ROOT
from tests.test_infer_command import tagger

BAD = InputError("a thing", expected="another", mend="change it")


def item(number: int, text: str = "") -> Item:
    result = Article.model_construct(id=str(number), date=None, text=text, meta={}) if text else BAD
    return Item(result, number, Place(0, number), "a.jsonl", number)


def articles(*texts: str) -> list[Article]:
    return [Article(id=str(number), text=text) for number, text in enumerate(texts)]


# ------------------------------------------------------------------ chunks

LENGTHS = st.lists(st.sampled_from([0, 1, 1, 1, CHUNK_CHARACTERS // 3, CHUNK_CHARACTERS]), max_size=150)


@settings(max_examples=60)
@given(LENGTHS, st.integers(1, 80))
def test_a_run_from_any_part_on_has_the_chunks_of_a_whole_one(lengths: list[int], part: int) -> None:
    things = [item(number, "a" * length) for number, length in enumerate(lengths)]
    whole = list(chunks_of(things, part))
    assert list(itertools.chain(*whole)) == things
    assert all(0 < len(chunk) <= min(CHUNK, part) for chunk in whole)
    for begin in range(0, len(things), part):
        rest = list(chunks_of(things[begin:], part))
        assert rest == whole[len(whole) - len(rest) :]


def test_a_chunk_of_long_articles_is_short() -> None:
    things = [item(number, "a" * (CHUNK_CHARACTERS // 4)) for number in range(10)]
    assert [len(chunk) for chunk in chunks_of(things)] == [4, 4, 2]


class Upper:
    """Reads two chunks ahead, as several processes do; fails on `bug`."""

    def extract_chunks(self, chunks: Iterable[Sequence[Article]]) -> Iterator[list[Article | InputError]]:
        stream = iter(chunks)
        ahead = list(itertools.islice(stream, 2))
        while ahead:
            ahead += itertools.islice(stream, 1)
            chunk = ahead.pop(0)
            yield [BAD if a.text == "bug" else a.model_copy(update={"text": a.text.upper()}) for a in chunk]


def test_results_stand_where_their_articles_did() -> None:
    texts = ["bug" if number % 7 == 0 else "" if number % 5 == 0 else f"a{number}" for number in range(200)]
    things = [item(number, text) for number, text in enumerate(texts)]
    made = list(extract_all(Upper(), things, 0, "extracting", 50))
    assert [(one.done, one.place) for one in made] == [(one.done, one.place) for one in things]
    for one, text in zip(made, texts, strict=True):
        if isinstance(one.result, Article):
            assert one.result.text == text.upper()
        else:
            assert text in ("", "bug")
            assert one.result.where == ("" if text == "" else f"a.jsonl:{one.line}")


# ------------------------------------------------------------------ failing articles


def fails(stage: str, odd: str = "bug") -> Extractor:
    """A tagger one of whose stages raises over texts that hold `odd`."""
    made = tagger()
    real: Callable[..., Any] = getattr(made, stage)

    def failing(*values: Any) -> Any:
        texts = ["_".join(one.words.forms) for one in values[0]] if stage == "run" else [values[0]]
        if any(odd in text for text in texts):
            raise RuntimeError("boom")
        return real(*values)

    setattr(made, stage, failing)
    return made


@pytest.mark.parametrize("stage", ["prepare", "run", "mentions", "records"])
def test_a_bug_in_any_stage_costs_its_article_alone(stage: str) -> None:
    given = articles(*(f"UBND họp {'bug' if number in (3, 4, 40) else number}" for number in range(50)))
    (results,) = fails(stage).extract_chunks([given])
    assert [number for number, one in enumerate(results) if isinstance(one, InputError)] == [3, 4, 40]
    assert str(results[3]) == (
        "found RuntimeError over the article '3' ('boom'); expected records, whatever it says. "
        "To mend it: leave it out, and report it with its text."
    )
    good = [one for one in results if isinstance(one, Article)]
    assert [one.id for one in good] == [one.id for one in given if "bug" not in one.text]
    assert all([entity.text for entity in one.entities] == ["UBND"] for one in good)


def test_extract_many_raises_the_error_of_the_first_article_that_fails() -> None:
    stream = fails("mentions").extract_many(articles("UBND", "bug"))
    assert next(stream).id == "0"
    with pytest.raises(InputError, match="RuntimeError over the article '1'"):
        next(stream)


def test_what_ends_the_program_is_no_bug_of_an_article() -> None:
    made = tagger()
    made.run = lambda articles: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        made.extract_chunk(articles("UBND"))


SEGMENTER = load_segmenter("rdr")
ODD = {
    "one word of a hundred thousand characters": "a" * 100_000,
    "only punctuation": ".,;!?…–“”()" * 500,
    "deeply nested brackets": "(" * 3_000 + ")" * 3_000,
    "nested brackets with words": "(a " * 1_000 + ") " * 1_000,
    "null characters": "\0" * 5_000,
    "null characters among words": "UBND\0họp\0" * 500,
    "line breaks": "\n" * 50_000 + "UBND",
    "one line of dates": "30/11/2020 " * 1_000,
    "marks on nothing": "\u0301" * 5_000,
    "digits": "9" * 50_000,
    "one letter a line": "a\n" * 2_000,
    "mentions": "UBND, " * 300,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_articles_neither_fail_nor_keep_others_from_being_read(text: str) -> None:
    model = tagger()
    model.encoder = replace(model.encoder, segmenter=SEGMENTER)
    odd, plain = model.extract_chunk(
        [Article.model_construct(id="x", date=None, text=text, meta={}), *articles("UBND")]
    )
    assert isinstance(odd, Article), odd
    assert odd.text == text
    assert isinstance(plain, Article)
    assert [entity.text for entity in plain.entities] == ["UBND"]


# ------------------------------------------------------------------ memory

MEASURE = """
import resource, sys
from infer.__main__ import Target, run
from infer.filters import Filter
from infer.inputs import find_sources
from tests.test_infer_command import tagger
model = tagger()
for name in sys.argv[1:]:
    assert run(model, find_sources([name]), Target(name + ".out.jsonl.gz"), Filter()) == 1
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Ten times the articles, a third of them bad, within 8 MB of memory."""
    paths = []
    for count in (300, 3_000):
        paths.append(tmp_path / f"{count}.jsonl")
        lines = '{"text": "UBND họp ."}\n{"text": "Sở họp ."}\n{"text": ""}\n'
        paths[-1].write_text(lines * (count // 3), encoding="utf-8")
    command = [sys.executable, "-c", MEASURE, *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    few, many = [int(line) / 1024 for line in done.stdout.splitlines()]
    assert many - few < 8
