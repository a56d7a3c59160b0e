"""`python -m data check`: counts on small articles, errors with their places, the exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.__main__ import main
from data.bpe import PhobertBPE
from data.check import check, describe, near_duplicates, rows
from data.encode import Encoder
from data.schema import LABELS, Article, json_schema, parse_article
from data.segment import load_segmenter
from tests.conftest import ARTICLES, VOCABULARY

WORDS = "một hai ba bốn năm sáu bảy tám chín mười"


def encoder(max_length: int = 256, stride: int = 64) -> Encoder:
    return Encoder(load_segmenter("none"), PhobertBPE.load(VOCABULARY), max_length, stride)


def made(id_: str, text: str, *mentions: tuple[str, str], **more: Any) -> Article:
    """An article with the first occurrence of each (label, phrase) as a mention."""
    entities = [
        {"id": f"e{n}", "label": label, "start": text.index(phrase), "text": phrase}
        for n, (label, phrase) in enumerate(mentions, 1)
    ]
    for entity in entities:
        entity["end"] = entity["start"] + len(entity["text"])
    return parse_article({"id": id_, "text": text, "entities": entities} | more)


def put(path: Path, *articles: Article | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [article if isinstance(article, str) else article.to_line() for article in articles]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def found(report: Any) -> list[str]:
    return [str(error) for error in report.errors]


# ------------------------------------------------------------------ counts


def test_counts_of_one_split() -> None:
    one = made(
        "a",
        "Sở_Tài_chính giao UBND xã .\nUBND huyện 🎉",
        ("AGENCY", "Sở_Tài"),  # ends inside a word
        ("OFFICIAL", "chính"),  # begins inside the same word, which is taken
        ("AGENCY", "UBND xã"),
        directives=[{"assignees": ["e3"]}, {}],
    )
    other = made("b", "trước 30/11", ("DEADLINE", "trước 30/11"))
    report = describe([one, other], encoder(), LABELS)
    assert (report.articles, report.words, report.directives) == (2, 10, 2)
    assert dict(report.mentions) == {"AGENCY": 2, "OFFICIAL": 1, "DEADLINE": 1}
    assert (report.straddling, report.lost) == (2, 1)
    # of 4 mentions 2 come back as they were, among 3 that word tags can spell
    assert report.f1 == pytest.approx(2 * 2 / (4 + 3))
    assert (report.windows, report.split_words, report.split_sentences) == (2, 0, 0)
    assert report.unknown == 1
    assert report.subwords >= report.words


def test_counts_of_what_no_window_holds() -> None:
    # the longest word ends up in pieces, the second sentence too; each window holds six subwords
    bpe = PhobertBPE.load(VOCABULARY)
    assert len(bpe.encode(["UBND"])[0]) == 1
    long = "xqzwxqzwxqzw"
    assert len(bpe.encode([long])[0]) > 6
    report = describe([made("a", f"UBND\n{' '.join(['UBND'] * 12)}\n{long}")], encoder(8, 0), LABELS)
    assert (report.split_words, report.split_sentences) == (1, 2)
    assert report.windows == -(-report.subwords // 6)
    assert describe([made("a", " ".join(["UBND"] * 12))], encoder(8, 0), LABELS).windows == 2
    assert describe([made("a", " ".join(["UBND"] * 12))], encoder(8, 2), LABELS).windows == 3


def test_a_word_tag_for_each_mention_may_still_be_wrong() -> None:
    assert describe([made("a", "Sở_Y_tế", ("AGENCY", "Sở"))], encoder(), LABELS).f1 == 0.0


def test_nothing_to_find_is_a_perfect_score() -> None:
    assert describe([made("a", "không có gì")], encoder(), LABELS).f1 == 1.0
    assert describe([], encoder(), LABELS).articles == 0


def test_the_report_as_rows(tmp_path: Path) -> None:
    text = " ".join([WORDS] * 120)
    put(tmp_path / "train.jsonl", made("a", text), made("b", "UBND họp", ("AGENCY", "UBND")))
    put(tmp_path / "dev.jsonl", made("c", "UBND"))
    table = rows(check([str(tmp_path)], encoder(), LABELS), LABELS)
    assert table[0] == ["", "train", "dev"]
    assert [row[0] for row in table[1:]] == [
        *("articles", "words", *LABELS, "directives", "mentions that end inside a word"),
        *("mentions without a word of their own", "strict F1 of perfect word tags", "windows"),
        *("words longer than a window", "sentences in no single window", "subwords per word", "unknown subwords"),
    ]
    assert {len(row) for row in table} == {3}
    facts = {row[0]: row[1:] for row in table[1:]}
    assert facts["articles"] == ["2", "1"]
    assert facts["words"] == ["1,202", "1"]
    assert facts["subwords per word"][1] == "1.000"
    assert [facts[label] for label in LABELS] == [["0", "0"], ["1", "0"], ["0", "0"], ["0", "0"]]
    assert facts["strict F1 of perfect word tags"] == ["1.0000", "1.0000"]
    assert facts["unknown subwords"] == ["0", "0"]


# ------------------------------------------------------------------ near-duplicates


@pytest.mark.parametrize(
    ("other", "share"),
    [
        (WORDS, 1.0),
        (WORDS.upper(), 1.0),
        (WORDS.replace(" ", "\n"), 1.0),
        ("một hai ba bốn năm sáu bảy A B C", 0.5),  # 3 of 6 sequences
        ("một hai ba bốn năm sáu A B C D", None),  # 2 of 6
        ("A B C D E F G H I K L M một hai ba bốn năm", None),  # 1 of the shorter one's 6
        ("một hai ba bốn năm", 1.0),  # all of the shorter one
        ("mười chín tám bảy sáu năm bốn ba hai một", None),
    ],
)
def test_near_duplicates_share_half_of_the_shorter_ones_sequences(other: str, share: float | None) -> None:
    pairs = near_duplicates({"train": [made("a", WORDS)], "dev": [made("b", other)]})
    assert pairs == ([("train/a", "dev/b", share)] if share else [])


def test_articles_of_less_than_five_words_are_compared_whole() -> None:
    articles = {"train": [made("a", "Sở họp"), made("b", "Sở  họp"), made("c", "Sở Y tế")]}
    assert near_duplicates(articles) == [("train/a", "train/b", 1.0)]


def test_near_duplicates_come_with_the_nearest_first() -> None:
    half = "một hai ba bốn năm sáu bảy A B C"
    articles = {"train": [made("a", WORDS), made("b", half), made("c", WORDS)]}
    assert [pair[2] for pair in near_duplicates(articles)] == [1.0, 0.5, 0.5]


def test_near_duplicates_across_splits_are_errors_and_within_one_are_not(tmp_path: Path) -> None:
    put(tmp_path / "train.jsonl", made("a", WORDS), made("b", WORDS))
    report = check([str(tmp_path)], encoder(), LABELS)
    assert found(report) == []
    assert report.duplicates == [("train/a", "train/b", 1.0)]
    put(tmp_path / "dev.jsonl", made("c", "một hai ba bốn năm sáu bảy A B C"))
    report = check([str(tmp_path)], encoder(), LABELS)
    assert found(report) == [
        f"found train/{id_} and dev/c, which share 50% of their five-word sequences; expected splits that have no "
        "article in common. To mend it: move both into one split or delete one."
        for id_ in "ab"
    ]


# ------------------------------------------------------------------ errors


def test_every_error_is_collected_and_the_rest_is_counted(tmp_path: Path) -> None:
    train = put(tmp_path / "train.jsonl", made("a", "Sở họp"), "{", made("b", "xã họp"), '{"id": "c"}')
    dev = put(tmp_path / "dev" / "x.conll", "a O", "b I-X")
    test = put(tmp_path / "test.jsonl", made("a", "khác hẳn"))
    report = check([str(tmp_path)], encoder(), LABELS)
    assert [error.where for error in report.errors] == [f"{train}:2:2", f"{train}:4", f"{dev}:2", str(dev.parent)] + [
        str(test)
    ] * 2
    assert found(report)[3:5] == [
        (
            f"{dev.parent}: found no article in the split 'dev'; expected at least one. "
            "To mend it: put articles there or take the split away."
        ),
        (
            f"{test}: found the article id 'a' a second time; expected ids used once in all splits. "
            "To mend it: rename one."
        ),
    ]
    assert {name: split.articles for name, split in report.splits.items()} == {"train": 2, "dev": 0, "test": 0}


def test_files_and_folders_without_splits_are_one(tmp_path: Path) -> None:
    one, other = put(tmp_path / "x" / "a.jsonl", made("a", "Sở họp")), put(tmp_path / "b.jsonl", made("b", "xã họp"))
    put(tmp_path / "c" / "train.jsonl", made("c", "huyện họp"))
    for sources in ([one.parent, other], [one, other], [one.parent, tmp_path / "c"], [tmp_path / "c", one]):
        report = check([str(source) for source in sources], encoder(), LABELS)
        assert found(report) == []
        assert {name: split.articles for name, split in report.splits.items()} == {"articles": 2}
    assert check([str(tmp_path)], encoder(), LABELS).splits["articles"].articles == 3


def test_two_sources_for_one_split_are_an_error_here_too(tmp_path: Path) -> None:
    put(tmp_path / "train.jsonl", made("a", "Sở họp"))
    put(tmp_path / "train" / "b.jsonl", made("b", "xã họp"))
    assert any("found train and train.jsonl" in text for text in found(check([str(tmp_path)], encoder(), LABELS)))


def test_a_record_that_says_nothing(tmp_path: Path) -> None:
    mentions = [("OFFICIAL", "Chủ tịch"), ("AGENCY", "Sở"), ("DEADLINE", "30/11"), ("INDICATOR", "5%")]
    right = [{"assignees": ["e2"]}, {"issuer": "e1", "deadlines": ["e3"]}, {"issuer": "e1", "indicators": ["e4"]}]
    wrong: list[dict[str, Any]] = [{}, {"issuer": "e1"}, {"deadlines": ["e3"]}, {"recipients": ["e2"]}]
    path = put(tmp_path / "a.jsonl", made("a", "Chủ tịch, Sở, 30/11, 5%", *mentions, directives=right + wrong))
    assert found(check([str(path)], encoder(), LABELS)) == [
        f"found directive {number} of a without assignee, and without indicator or deadline of an issuer; expected a "
        "record that says whom, or what or by when. To mend it: complete the record, or leave it out."
        for number in (4, 5, 6, 7)
    ]


def test_a_source_of_nothing(tmp_path: Path) -> None:
    report = check([str(tmp_path / "none")], encoder(), LABELS)
    assert found(report)[0] == (
        f"{tmp_path / 'none'}: found nothing; expected a file or folder of articles. To mend it: check the path."
    )


# ------------------------------------------------------------------ the command


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    status = main(["check", "--segmenter", "none", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_the_shipped_articles_are_right(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["check", str(ARTICLES)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    header, *lines = printed.out.splitlines()
    assert header.split() == ["train", "dev", "test"]
    assert lines[14].startswith("unknown subwords")
    counts = [str(len(list((ARTICLES / split).glob("*.article")))) for split in ("train", "dev", "test")]
    assert lines[0].split() == ["articles", *counts]
    lost = next(line for line in lines if line.startswith("mentions without a word"))
    assert lost.split()[-3:] == ["0", "0", "0"]


def test_status_0_and_near_duplicates_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    path = put(tmp_path / "a.jsonl", made("a", WORDS), made("b", WORDS))
    status, out, err = run(capsys, path)
    assert (status, err) == (0, "")
    assert "near-duplicate: articles/a and articles/b share 100% of their five-word sequences" in out.splitlines()


def test_status_1_and_errors_on_standard_error_with_their_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path / "a.jsonl", made("a", "Sở họp", ("AGENCY", "Sở")), '{"id": "b"}', "[")
    status, out, err = run(capsys, path, "--labels", "AGENCY,ORG")
    assert status == 1
    assert err.splitlines() == [
        f"error: {path}:2: found no field text; expected it to be there. To mend it: see `python -m data schema`.",
        (
            f"error: {path}:3:2: found a line that is not JSON (Expecting value); expected one JSON object a line. "
            "To mend it: write each article on a line of its own with a JSON library."
        ),
        "2 errors",
    ]
    assert "ORG" in out
    assert "OFFICIAL" not in out


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            ["--segmenter", "pyvy"],
            (
                "found the segmenter 'pyvy'; expected one of rdr, pyvi, underthesea, none, vncorenlp:FOLDER. "
                "To mend it: did you mean 'pyvi'?."
            ),
        ),
        (
            ["--max-length", "7"],
            "found max_length = 7; expected at least 8 subwords. To mend it: 256 is what PhoBERT takes.",
        ),
        (
            ["--max-length", "64", "--stride", "32"],
            (
                "found stride = 32 with max_length = 64; expected 0 to 31, half of what a window holds beside <s> and "
                "</s>. To mend it: a quarter of max_length is a good start."
            ),
        ),
        (
            ["--labels", "OFFICAL"],
            (
                "{path}:1: found entity 'e1' (0–2) with the label 'AGENCY'; expected one of the configured labels "
                "(OFFICAL). To mend it: correct it, or name it under `labels:`; known: OFFICAL."
            ),
        ),
    ],
)
def test_options_that_make_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], text: str
) -> None:
    path = put(tmp_path / "a.jsonl", made("a", "Sở họp", ("AGENCY", "Sở")))
    status, _, err = run(capsys, path, *options)
    assert status == 1
    assert err.splitlines()[0] == "error: " + text.replace("{path}", str(path))


def test_a_tokenizer_folder_without_a_tokenizer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path / "a.jsonl", made("a", "Sở họp"))
    assert run(capsys, path, "--tokenizer", tmp_path) == (
        1,
        "",
        (
            f"error: {tmp_path}: found no tokenizer (a.jsonl); expected vocab.txt and bpe.codes, or tokenizer.json. "
            "To mend it: copy the tokenizer's files of the model it was trained from into the folder.\n"
        ),
    )


def test_schema_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()


def test_a_command_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "check" in capsys.readouterr().err
