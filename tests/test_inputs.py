"""Raw articles in: files, folders, globs, JSON lines, standard input; lazily, and each bad one in its place."""

from __future__ import annotations

import builtins
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import infer.inputs
from data.errors import InputError
from data.schema import Article
from infer.extractor import CHUNK
from infer.inputs import Item, Source, find_sources, read_items


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(*names: str | Path) -> list[Article | InputError]:
    return [item.result for item in read_items(find_sources([str(name) for name in names]))]


def articles(*names: str | Path) -> list[tuple[str, str]]:
    """(id, text) of each article; an error fails."""
    found = read(*names)
    assert all(isinstance(result, Article) for result in found), [str(result) for result in found]
    return [(result.id, result.text) for result in found if isinstance(result, Article)]


class Stream(io.BytesIO):
    """Bytes that are counted as they are taken."""

    taken = 0

    def readline(self, size: int | None = -1) -> bytes:
        return self._count(super().readline(size))

    def read(self, size: int | None = -1) -> bytes:
        return self._count(super().read(size))

    def read1(self, size: int | None = -1) -> bytes:
        return self._count(super().read1(size))

    def _count(self, taken: bytes) -> bytes:
        self.taken += len(taken)
        return taken


class Terminal:
    def __init__(self, content: bytes) -> None:
        self.buffer = Stream(content)


def pipe(monkeypatch: pytest.MonkeyPatch, content: str | bytes) -> Stream:
    """Puts `content` on standard input."""
    terminal = Terminal(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setattr(sys, "stdin", terminal)
    return terminal.buffer


# ------------------------------------------------------------------ which files


def test_a_file_is_an_article_named_after_it(tmp_path: Path) -> None:
    text = "\ufeffSở Y tế\r\n họp\u200b\n\n"
    path = put(tmp_path / "giao-ban.2020.txt", text)
    assert articles(path) == [("giao-ban.2020", text)]
    (article,) = read(path)
    assert isinstance(article, Article)
    assert (article.date, article.meta) == (None, {})


def test_a_file_that_is_named_may_have_any_suffix(tmp_path: Path) -> None:
    assert articles(put(tmp_path / "a.news", "họp"), put(tmp_path / "b", "nghỉ")) == [("a", "họp"), ("b", "nghỉ")]


def test_a_folder_is_searched_whole_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a/d.txt", "a/c/x.txt", "z.md", "y.json"):
        put(tmp_path / name, name)
    put(tmp_path / "c.jsonl", '{"text": "một"}\n')
    (tmp_path / "folder.txt").mkdir()
    wanted = [("a/c/x", "a/c/x.txt"), ("a/d", "a/d.txt"), ("b", "b.txt"), ("c:1", "một")]
    assert articles(tmp_path) == wanted
    assert articles(f"{tmp_path}/") == wanted


def test_a_glob(tmp_path: Path) -> None:
    for name in ("2020/a.txt", "2020/b.txt", "2021/deep/c.txt", "2021/c.md"):
        put(tmp_path / name, name)
    assert [name for name, _ in articles(tmp_path / "2020" / "*.txt")] == ["a", "b"]
    assert [name for name, _ in articles(tmp_path / "**" / "*.txt")] == ["a", "b", "c"]


def test_a_file_whose_name_looks_like_a_glob(tmp_path: Path) -> None:
    path = put(tmp_path / "[tin] *.txt", "họp")
    put(tmp_path / "t *.txt", "nghỉ")
    assert articles(path) == [("[tin] *", "họp")]


def test_several_names_come_in_their_order(tmp_path: Path) -> None:
    one, other = put(tmp_path / "b.txt", "một"), put(tmp_path / "a.txt", "hai")
    assert articles(one, other) == [("b", "một"), ("a", "hai")]


@pytest.mark.parametrize("name", ["none.txt", "*.txt", "folder/**"])
def test_a_name_of_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        find_sources([str(tmp_path / name)])
    assert str(caught.value) == (
        f"{tmp_path / name}: found nothing; expected a file, a folder or a glob. To mend it: check the path."
    )


def test_a_folder_without_articles(tmp_path: Path) -> None:
    put(tmp_path / "a.md", "họp")
    with pytest.raises(InputError) as caught:
        find_sources([str(tmp_path)])
    assert str(caught.value) == (
        f"{tmp_path}: found no article; expected a folder that holds "
        ".txt, .jsonl, .csv, .parquet, .html or .htm files. To mend it: check the folder, or name the files."
    )


# ------------------------------------------------------------------ JSON lines


def test_json_lines_with_all_there_may_be(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "một"},
        {"id": "x", "text": "hai", "date": "2020-11-05", "meta": {"place": "Huế"}},
        {"id": None, "text": "ba", "date": None, "meta": None},
        {"text": "bốn", "url": "https://…", "entities": "whatever", "directives": 5},
    ]
    path = put(tmp_path / "n.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    found = read(path)
    assert [(a.id, a.text, a.date, a.meta) for a in found if isinstance(a, Article)] == [
        ("n:1", "một", None, {}),
        ("x", "hai", dt.date(2020, 11, 5), {"place": "Huế"}),
        ("n:3", "ba", None, {}),
        ("n:4", "bốn", None, {}),
    ]
    assert [a.entities for a in found if isinstance(a, Article)] == [[], [], [], []]


def test_blank_lines_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = put(tmp_path / "n.jsonl", '\ufeff{"text": "một"}\r\n\r\n \n{"text": "hai"}\r\n')
    assert articles(path) == [("n:1", "một"), ("n:4", "hai")]


SCHEMA = "To mend it: see `python -m data schema`."


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        (
            b'{"text": "caf\xe9"}',
            ":14",
            "found byte 0xe9, which is not UTF-8; expected text in UTF-8. To mend it: save",
        ),
        (b"{'text': 1}", ":2", "found a line that is not JSON (Expecting property name enclosed in double quotes); "),
        (b"[1]", "", 'found a JSON list; expected a JSON object. To mend it: write {"text": …}.'),
        (b'"a"', "", 'found a JSON str; expected a JSON object. To mend it: write {"text": …}.'),
        (b'{"txt": "a"}', "", f"found no field text; expected it to be there. {SCHEMA}"),
        (b'{"text": null}', "", f"found no field text; expected it to be there. {SCHEMA}"),
        (b'{"text": 5}', "", "found text = '5'; expected input should be a valid string"),
        (b'{"text": ""}', "", "found text = '\"\"'; expected "),
        (b'{"text": " \\n"}', "", "found an empty text; expected an article. To mend it: leave the line out."),
        (b'{"text": "\\ud83c"}', "", "found text = '\"\\ud83c\"'; expected "),
        (b'{"text": "a", "id": 5}', "", "found id = '5'; expected input should be a valid string"),
        (b'{"text": "a", "id": ""}', "", "found id = '\"\"'; expected "),
        (b'{"text": "a", "date": 2020}', "", "found date = '2020'; expected "),
        (b'{"text": "a", "date": "5/11"}', "", "found date = '\"5/11\"'; expected "),
        (b'{"text": "a", "date": ["x"]}', "", "found date = '[\"x\"]'; expected "),
        (b'{"text": "a", "meta": {"n": 1}}', "", "found meta.n = '1'; expected input should be a valid string"),
    ],
)
def test_a_bad_line_has_its_place_and_the_rest_goes_on(tmp_path: Path, line: bytes, column: str, message: str) -> None:
    path = put(tmp_path / "n.jsonl", b'{"text": "a"}\n\n' + line + b'\n{"text": "b"}\n')
    first, error, last = read(path)
    assert isinstance(first, Article)
    assert isinstance(last, Article)
    assert (first.id, last.id) == ("n:1", "n:4")
    assert str(error).startswith(f"{path}:3{column}: {message}")


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_line_that_ends_too_early_has_the_column_of_its_end(tmp_path: Path, end: str) -> None:
    (error,) = read(put(tmp_path / "n.jsonl", '{"text":' + end))
    assert isinstance(error, InputError)
    assert error.where == f"{tmp_path / 'n.jsonl'}:1:9"


def test_seconds_since_1970_are_no_date(tmp_path: Path) -> None:
    (result,) = read(put(tmp_path / "n.jsonl", '{"text": "a", "date": 1604534400}\n'))
    assert isinstance(result, InputError)


# ------------------------------------------------------------------ text files


def test_a_text_in_another_encoding_has_its_place_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = put(tmp_path / "b.txt", "Sở\nhọp café".encode("cp1258", errors="replace"))
    put(tmp_path / "a.txt", "một")
    put(tmp_path / "c.txt", "ba")
    first, error, last = read(tmp_path)
    assert isinstance(first, Article)
    assert isinstance(last, Article)
    assert (first.id, last.id) == ("a", "c")
    assert str(error).startswith(f"{bad}:2:")
    assert ", which is not UTF-8; expected text in UTF-8. To mend it: save it as UTF-8, for instance with" in str(error)


@pytest.mark.parametrize("content", ["", " \n\t\u00a0\r\n"])
def test_an_empty_text(tmp_path: Path, content: str) -> None:
    path = put(tmp_path / "a.txt", content)
    (error,) = read(path)
    assert str(error) == f"{path}: found an empty file; expected an article. To mend it: delete it or fill it."


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_that_goes_away_costs_itself_alone(tmp_path: Path, name: str) -> None:
    gone, there = put(tmp_path / name, "x"), put(tmp_path / "b.txt", "hai")
    sources = find_sources([str(gone), str(there)])
    gone.unlink()
    (error, article), done = zip(*[(item.result, item.done) for item in read_items(sources)], strict=True)
    assert done == (1, 4)
    assert str(error).startswith(
        f"{gone}: found No such file or directory; expected a readable file. To mend it: check"
    )
    assert isinstance(article, Article)


# ------------------------------------------------------------------ standard input


def test_standard_input_is_one_article(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_sources(["-"]) == [Source("-", "stdin", 0)]
    pipe(monkeypatch, "Sở Y tế\n\nhọp {hôm nay}\n")
    assert articles("-") == [("stdin", "Sở Y tế\n\nhọp {hôm nay}\n")]


def test_standard_input_is_json_lines_when_it_begins_with_a_brace(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, '{"text": "một"}\n\n{"id": "x", "text": "hai"}')
    assert articles("-") == [("stdin:1", "một"), ("x", "hai")]


@pytest.mark.parametrize("before", ["\n", " \r\n\n", "\ufeff"], ids=["blank line", "blank lines", "byte order mark"])
def test_json_lines_are_known_behind_what_a_file_may_begin_with(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """A file with the same bytes is read as JSON lines."""
    pipe(monkeypatch, before + '{"id": "x", "text": "một"}\n')
    assert articles("-") == [("x", "một")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "<stdin>: found an empty file; expected an article. To mend it: delete it or fill it."),
        (b"a\n\xff", "<stdin>:2:1: found byte 0xff, which is not UTF-8; expected text in UTF-8."),
        (b'{"text": 5}', "<stdin>:1: found text = '5'; expected input should be a valid string"),
        (b'{"text" 5}\n', "<stdin>:1:9: found a line that is not JSON (Expecting ':' delimiter); "),
    ],
)
def test_bad_standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes, message: str) -> None:
    pipe(monkeypatch, content)
    (error,) = read("-")
    assert isinstance(error, InputError)
    assert str(error).startswith(message)


def test_standard_input_among_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pipe(monkeypatch, "hai")
    one, other = put(tmp_path / "a.txt", "một"), put(tmp_path / "b.txt", "ba")
    assert articles(one, "-", other) == [("a", "một"), ("stdin", "hai"), ("b", "ba")]


# ------------------------------------------------------------------ lazily

LINES = 10_000


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Source, list[Stream]]:
    """A JSON lines file of 10,000 lines, and the streams that it is read by."""
    content = "".join(f'{{"text": "Sở họp lần {number}."}}\n' for number in range(LINES))
    path = put(tmp_path / "long.jsonl", content)
    opened: list[Stream] = []

    def counting(name: str, *args: Any, **rest: Any) -> Any:
        if name != str(path):
            return builtins.open(name, *args, **rest)
        opened.append(Stream(content.encode()))
        return opened[-1]

    monkeypatch.setattr(infer.inputs, "open", counting, raising=False)
    return find_sources([str(path)])[0], opened


def first_ones(items: Iterator[Item], count: int) -> list[Item]:
    return [next(items) for _ in range(count)]


def test_json_lines_are_read_as_they_are_used(long: tuple[Source, list[Stream]]) -> None:
    source, opened = long
    items = read_items([source])
    assert opened == []
    for count in (1, CHUNK, 1000):
        first_ones(items, count)
    assert opened[0].taken < 100 * (1 + CHUNK + 1000)
    assert len(list(items)) == LINES - 1 - CHUNK - 1000


def test_json_lines_on_standard_input_are_read_as_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = pipe(monkeypatch, '{"text": "họp"}\n' * LINES)
    items = read_items(find_sources(["-"]))
    first_ones(items, 5)
    assert stream.taken <= 2 * io.DEFAULT_BUFFER_SIZE


def test_files_are_opened_as_they_are_used(tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path / f"{number}.txt", "họp")
    items = read_items(find_sources([str(tmp_path)]))
    first_ones(items, 2)
    put(tmp_path / "3.txt", "nghỉ")
    last = [item.result for item in items][1]
    assert isinstance(last, Article)
    assert last.text == "nghỉ"


def test_progress_counts_the_bytes_read(tmp_path: Path) -> None:
    content = '{"text": "một"}\n{\n\n{"text": "hai"}\n'
    lines, text, bad = (
        put(tmp_path / "a.jsonl", content),
        put(tmp_path / "b.txt", "Sở"),
        put(tmp_path / "c.txt", b"\xff\xff"),
    )
    items = list(read_items(find_sources([str(lines), str(text), str(bad)])))
    total = len(content.encode())
    assert [item.done for item in items] == [18, 20, total, total + 4, total + 6]
    assert sum(source.size for source in find_sources([str(tmp_path)])) == total + 6
