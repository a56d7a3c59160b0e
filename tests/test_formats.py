"""JSON lines, CoNLL columns and folders of articles: what is read, and what is said of what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.errors import InputError
from data.formats import article_files, find_splits, read_articles, scan
from data.schema import LABELS, Article
from tests.conftest import ARTICLES


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def line(id_: str = "x", text: str = "Sở Y tế", **more: Any) -> str:
    return json.dumps({"id": id_, "text": text} | more, ensure_ascii=False) + "\n"


def results(path: Path, **options: Any) -> list[Article | InputError]:
    return [result for _, result in scan(path, **options)]


def message(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_articles(path, **options)
    return str(caught.value)


def spans(article: Article) -> list[tuple[str, int, int, str]]:
    return [(entity.label, entity.start, entity.end, entity.text) for entity in article.entities]


# ------------------------------------------------------------------ JSON lines


def test_json_lines_are_read_in_order(tmp_path: Path) -> None:
    mention = {"id": "a", "label": "AGENCY", "start": 0, "end": 7, "text": "Sở Y tế"}
    path = put(tmp_path / "a.jsonl", line("b", entities=[mention]) + line("a", date="2020-11-05"))
    first, second = read_articles(path, LABELS)
    assert (first.id, second.id) == ("b", "a")
    assert spans(first) == [("AGENCY", 0, 7, "Sở Y tế")]
    assert str(second.date) == "2020-11-05"


@pytest.mark.parametrize("content", ["\n \n{}\n\n{}", "{}\r\n\r\n{}\r\n", "\ufeff{}\n{}"], ids=["blank", "CRLF", "BOM"])
def test_blank_lines_other_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path, content: str) -> None:
    one, other = line("a").strip(), line("b").strip()
    path = put(tmp_path / "a.jsonl", content.replace("{}", one, 1).replace("{}", other, 1))
    assert [article.id for article in read_articles(path)] == ["a", "b"]


def test_line_separators_within_a_text_end_no_line(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", line("a", "một\u2028hai\u0085ba") + line("b"))
    assert [article.text for article in read_articles(path)] == ["một\u2028hai\u0085ba", "Sở Y tế"]


JSON_MEND = "expected one JSON object a line. To mend it: write each article on a line of its own with a JSON library."


@pytest.mark.parametrize(
    ("bad", "column", "found"),
    [
        ('{"id": ', 8, "Expecting value"),
        ("{'id': 1}", 2, "Expecting property name enclosed in double quotes"),
        ('{"id": "a"} {"id": "b"}', 13, "Extra data"),
        ('{"id": "a\tb"}', 10, "Invalid control character at"),
    ],
)
def test_a_line_that_is_not_json(tmp_path: Path, bad: str, column: int, found: str) -> None:
    path = put(tmp_path / "a.jsonl", line("a") + "\n" + bad + "\n")
    assert message(path) == f"{path}:3:{column}: found a line that is not JSON ({found}); {JSON_MEND}"


@pytest.mark.parametrize("bad", ["[" * 100_000, "9" * 5000], ids=["nested too deep", "number too long"])
def test_json_that_python_will_not_read(tmp_path: Path, bad: str) -> None:
    path = put(tmp_path / "a.jsonl", f"{bad}\n{line('a')}")
    error, article = results(path)
    assert str(error).startswith(f"{path}:1: found a line that is not JSON (")
    assert isinstance(article, Article)


@pytest.mark.parametrize("value", ["[1]", '"x"', "5", "null"])
def test_a_line_that_is_no_object(tmp_path: Path, value: str) -> None:
    path = put(tmp_path / "a.jsonl", line("a") + value + "\n")
    text = message(path)
    assert text.startswith(f"{path}:2: found the article = '{value}'; expected input should be a valid dictionary")
    assert text.endswith(". To mend it: see `python -m data schema`.")


def test_a_line_in_another_encoding(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", line("a").encode() + '{"id": "b", "text": "café"}\n'.encode("latin-1"))
    assert message(path) == (
        f"{path}:2:25: found byte 0xe9, which is not UTF-8; expected text in UTF-8. To mend it: save it as UTF-8, for "
        "instance with `iconv -f WINDOWS-1258 -t UTF-8 OLD > NEW` (or its real encoding)."
    )


def test_what_the_schema_refuses_has_its_line(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", line("a") + "\n" + line("b", entites=[]))
    assert message(path) == (
        f"{path}:3: found unknown field entites; expected only the fields of the schema. "
        "To mend it: did you mean 'entities'?."
    )


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    articles = read_articles(ARTICLES / "dev", LABELS)
    path = put(tmp_path / "dev.jsonl", "".join(article.to_line() + "\n" for article in articles))
    assert read_articles(path, LABELS) == articles


# ------------------------------------------------------------------ CoNLL

SENTENCES = """UBND B-AGENCY
tỉnh I-AGENCY
giao O
Sở_Y_tế B-AGENCY
. O

Báo_cáo O
trước B-DEADLINE
30/11 I-DEADLINE
"""


def test_without_documents_each_sentence_is_an_article(tmp_path: Path) -> None:
    first, second = read_articles(put(tmp_path / "news.conll", SENTENCES), LABELS)
    assert (first.id, second.id) == ("news-1", "news-2")
    assert first.text == "UBND tỉnh giao Sở Y tế ."
    assert spans(first) == [("AGENCY", 0, 9, "UBND tỉnh"), ("AGENCY", 15, 22, "Sở Y tế")]
    assert [entity.id for entity in first.entities] == ["e1", "e2"]
    assert second.text == "Báo cáo trước 30/11"
    assert spans(second) == [("DEADLINE", 8, 19, "trước 30/11")]


def test_segmented_text_keeps_its_joints(tmp_path: Path) -> None:
    path = put(tmp_path / "news.conll", SENTENCES)
    first, second = read_articles(path, LABELS, segmented=True)
    assert first.text == "UBND tỉnh giao Sở_Y_tế ."
    assert spans(first)[1] == ("AGENCY", 15, 22, "Sở_Y_tế")
    assert second.text == "Báo_cáo trước 30/11"


@pytest.mark.parametrize("segmented", [False, True])
def test_a_joint_alone_is_a_word(tmp_path: Path, segmented: bool) -> None:
    (article,) = read_articles(put(tmp_path / "a.bio", "_ B-X\na O\n"), segmented=segmented)
    assert (article.text, spans(article)) == ("_ a", [("X", 0, 1, "_")])


DOCUMENTS = "-DOCSTART- -X- O\n\na B-X\n\nb O\nc O\n\n-DOCSTART- -X- O\n\nd B-X\ne I-X\n"


@pytest.mark.parametrize(
    "content",
    [
        DOCUMENTS,
        DOCUMENTS.replace("\n\n-DOC", "\n\n\n\n-DOC"),
        DOCUMENTS.replace("-X- O\n\n", "-X- O\n"),
        DOCUMENTS.removesuffix("\n"),
        DOCUMENTS.replace("\n", "\r\n"),
        DOCUMENTS.replace(" ", "\t"),
        "\ufeff" + DOCUMENTS,
        DOCUMENTS.replace("c O\n\n-DOC", "c O\n-DOC"),
    ],
    ids=[
        "as it should be",
        "more blank lines",
        "no blank line after DOCSTART",
        "no last line break",
        "CRLF",
        "tabs",
        "BOM",
        "no blank line before DOCSTART",
    ],
)
def test_with_documents_a_sentence_is_a_line(tmp_path: Path, content: str) -> None:
    first, second = read_articles(put(tmp_path / "n.iob2", content))
    assert (first.id, first.text, spans(first)) == ("n-1", "a\nb c", [("X", 0, 1, "a")])
    assert (second.id, second.text, spans(second)) == ("n-2", "d e", [("X", 0, 3, "d e")])


def test_what_stands_before_the_first_document_is_one(tmp_path: Path) -> None:
    path = put(tmp_path / "n.conll", "a O\n\nb O\n\n-DOCSTART- O\n\nc O\n")
    assert [article.text for article in read_articles(path)] == ["a\nb", "c"]


def test_the_word_is_the_first_column_and_the_tag_the_last(tmp_path: Path) -> None:
    path = put(tmp_path / "n.conll", "Sở\tN\tB-NP\tB-X\tB-AGENCY\nY  N  I-NP  O  I-AGENCY\n")
    (article,) = read_articles(path)
    assert spans(article) == [("AGENCY", 0, 4, "Sở Y")]


def test_a_word_with_a_space_between_tabs_is_not_cut_in_silence(tmp_path: Path) -> None:
    path = put(tmp_path / "n.conll", "Sở Y tế\tB-AGENCY\ngiao\tO\n")
    try:
        (article,) = read_articles(path)
    except InputError as error:  # refusing it is as good
        assert error.line == 1
        return
    assert article.text == "Sở Y tế giao"


def test_two_mentions_of_one_label_side_by_side(tmp_path: Path) -> None:
    (article,) = read_articles(put(tmp_path / "n.conll", "a B-X\nb B-X\nc I-X\nd B-Y\n"))
    assert spans(article) == [("X", 0, 1, "a"), ("X", 2, 5, "b c"), ("Y", 6, 7, "d")]


IOB2 = "expected IOB2: a mention begins with B-. To mend it: convert the tags from IOB1 to IOB2."


@pytest.mark.parametrize(
    ("content", "number", "found"),
    [
        ("a O\nb I-X\n", 2, "I-X after O"),
        ("a I-X\n", 1, "I-X after O"),
        ("a B-X\n\nb O\nc B-X\nd I-Y\n", 5, "I-Y after B-X"),
        ("a B-X\n\nb I-X\n", 3, "I-X after O"),
        ("-DOCSTART- O\n\na B-X\n\nb I-X\n", 5, "I-X after O"),
    ],
)
def test_iob1_is_refused_with_its_line(tmp_path: Path, content: str, number: int, found: str) -> None:
    path = put(tmp_path / "n.conll", content)
    assert message(path) == f"{path}:{number}: found {found}; {IOB2}"


@pytest.mark.parametrize("row", ["b", "b B", "b X-Y", "b B-", "b o", "b S-X", "b O b"])
def test_a_row_that_is_no_word_and_tag(tmp_path: Path, row: str) -> None:
    path = put(tmp_path / "n.conll", f"a O\n\n{row}\n")
    assert message(path) == (
        f"{path}:3: found {row!r}; expected the word in the first column and an IOB2 tag (O, B-X, I-X) in the last. "
        "To mend it: export the file as IOB2."
    )


def test_a_label_that_is_not_configured_has_its_sentences_line(tmp_path: Path) -> None:
    path = put(tmp_path / "n.conll", "a O\n\nb O\nc B-AGENCI\n")
    good, error = results(path, labels=LABELS)
    assert isinstance(good, Article)
    assert str(error) == (
        f"{path}:3: found entity 'e1' (2–3) with the label 'AGENCI'; expected one of the configured labels (OFFICIAL, "
        "AGENCY, INDICATOR, DEADLINE). To mend it: correct it, or name it under `labels:`; did you mean 'AGENCY'?."
    )


def test_conll_in_another_encoding(tmp_path: Path) -> None:
    path = put(tmp_path / "n.conll", "a O\ncafé O\n".encode("latin-1"))
    assert message(path).startswith(f"{path}:2:4: found byte 0xe9, which is not UTF-8; expected text in UTF-8.")


# ------------------------------------------------------------------ files and folders


def test_an_article_file_must_be_named_after_its_id(tmp_path: Path) -> None:
    path = put(tmp_path / "a.article", "---\nid: b\n---\nx\n---\n")
    assert message(path) == f"{path}:2: found id: b; expected the file's name, a. To mend it: rename one of them."


def test_an_article_file_in_another_encoding(tmp_path: Path) -> None:
    path = put(tmp_path / "a.article", "---\nid: a\n---\nxé\n---\n".encode("latin-1"))
    assert message(path).startswith(f"{path}:4:2: found byte 0xe9, which is not UTF-8; expected text in UTF-8.")


def test_an_article_file_with_windows_line_ends(tmp_path: Path) -> None:
    path = put(tmp_path / "a.article", "---\r\nid: a\r\n---\r\nx\r\n---\r\n")
    assert message(path).startswith(f"{path}:1: found a carriage return; expected line breaks of `\\n` alone;")


@pytest.mark.parametrize("name", ["a.json", "a.txt", "a", "a.JSONL"])
def test_a_file_of_an_unknown_kind(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / name, line())
    assert message(path) == (
        f"{path}: found a file of the kind {path.suffix or '(no suffix)'}; expected annotated articles: .article, "
        ".jsonl, .conll, .bio, .iob2. To mend it: rename it to the suffix of its format."
    )


def test_a_path_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none"
    assert message(path) == f"{path}: found nothing; expected a file or folder of articles. To mend it: check the path."


@pytest.mark.parametrize("content", [None, "", "\n\n"], ids=["empty folder", "empty file", "blank lines"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.conll"])
def test_a_place_without_an_article(tmp_path: Path, content: str | None, name: str) -> None:
    place = tmp_path if content is None else put(tmp_path / name, content)
    put(tmp_path / "README.md", "not an article")
    assert message(place) == (
        f"{place}: found no article; expected at least one (.article, .jsonl, .conll, .bio, .iob2). "
        "To mend it: put articles there, or name another place."
    )


def test_an_id_twice(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", line("x"))
    second = put(tmp_path / "b.jsonl", line("y") + line("x"))
    assert message(tmp_path) == (
        f"{second}: found the article id 'x' a second time; expected ids used once. To mend it: rename one."
    )


def test_a_folder_is_searched_whole_in_the_order_of_names(tmp_path: Path) -> None:
    names = ["b.jsonl", "a/z.conll", "a/b/c.bio", "c.iob2", "a.article"]
    for name in [*names, "d.txt", "a/e.md"]:
        put(tmp_path / name, "")
    (tmp_path / "folder.jsonl").mkdir()
    assert article_files(tmp_path) == sorted(tmp_path / name for name in names)


def test_one_bad_article_does_not_stop_the_others(tmp_path: Path) -> None:
    put(tmp_path / "a.article", "---\nid: a\n---\nx [y\n---\n")
    put(tmp_path / "b.jsonl", line("b") + "{\n" + line("c", text="") + line("d"))
    put(tmp_path / "c.conll", "a O\n\nb I-X\n\nc O\n")
    put(tmp_path / "d.article", b"\xff")
    put(tmp_path / "e.article", "---\nid: e\n---\nx\n---\n")
    found = [(path.name, getattr(result, "id", None) or result.line) for path, result in scan(tmp_path)]  # type: ignore[union-attr]
    assert found == [
        ("a.article", 4),
        ("b.jsonl", "b"),
        ("b.jsonl", 2),
        ("b.jsonl", 3),
        ("b.jsonl", "d"),
        ("c.conll", "c-1"),
        ("c.conll", 3),
        ("c.conll", "c-3"),
        ("d.article", 1),
        ("e.article", "e"),
    ]


def test_labels_may_be_any_iterable(tmp_path: Path) -> None:
    mention = {"id": "a", "label": "X", "start": 0, "end": 7, "text": "Sở Y tế"}
    path = put(tmp_path / "a.jsonl", line("a", entities=[mention]) + line("b", entities=[mention]))
    assert len(read_articles(path, iter(["X"]))) == 2


# ------------------------------------------------------------------ splits


def test_splits_are_folders_or_files(tmp_path: Path) -> None:
    put(tmp_path / "train" / "a.article", "")
    put(tmp_path / "dev.jsonl", "")
    put(tmp_path / "test.conll", "")
    put(tmp_path / "train.txt", "")
    found = {"train": tmp_path / "train", "dev": tmp_path / "dev.jsonl", "test": tmp_path / "test.conll"}
    assert find_splits(tmp_path) == found
    assert list(find_splits(tmp_path)) == ["train", "dev", "test"]


def test_two_sources_for_one_split(tmp_path: Path) -> None:
    put(tmp_path / "dev" / "a.article", "")
    put(tmp_path / "dev.jsonl", "")
    with pytest.raises(InputError) as caught:
        find_splits(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: found dev and dev.jsonl; expected one source a split. "
        "To mend it: keep one of them, or name the splits one by one (data.train=…)."
    )


@pytest.mark.parametrize("place", ["", "none"])
def test_no_split(tmp_path: Path, place: str) -> None:
    with pytest.raises(InputError) as caught:
        find_splits(tmp_path / place)
    assert str(caught.value) == (
        f"{tmp_path / place}: found no split; expected folders or files named train, dev, test (.article, .jsonl, "
        ".conll, .bio, .iob2). To mend it: rename them, or name the splits one by one (data.train=…)."
    )
