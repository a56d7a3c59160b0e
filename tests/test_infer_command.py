"""`python -m infer`: from the command line to files, messages and the exit status; and what a checkpoint must hold."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import infer.__main__
import infer.batch
import infer.checkpoint
import infer.inputs
from data.bpe import PhobertBPE
from data.encode import Encoder
from data.errors import InputError
from data.formats import read_articles
from data.schema import LABELS, Article, parse_article
from data.segment import load_segmenter
from infer.__main__ import Target, main, run
from infer.checkpoint import default_model, make_encoder, read_settings
from infer.decode import legal_chain
from infer.extractor import CHUNK, Extractor
from infer.filters import Filter
from infer.inputs import find_sources
from tests.conftest import VOCABULARY

SETTINGS: dict[str, Any] = {
    "labels": list(LABELS),
    "segmenter": "none",
    "max_length": 64,
    "stride": 16,
    "fingerprints": {"train": "0" * 64},
    "versions": {"python": "3.11.7"},
    "dev": {"f1": 0.5},
}


def tagger() -> Extractor:
    """An Extractor whose model says AGENCY to the word `UBND` and O to all else."""
    bpe = PhobertBPE.load(VOCABULARY)
    (agency,), _ = bpe.encode(["UBND"])

    def forward(ids: np.ndarray, mask: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        assert ids.shape == mask.shape == wanted.shape
        logits = np.zeros((*ids.shape, 1 + 2 * len(LABELS)), dtype=np.float32)
        logits[..., 0] = 5
        logits[ids == agency, 1 + 2 * LABELS.index("AGENCY")] = 10
        return logits[wanted]

    return Extractor(Encoder(load_segmenter("none"), bpe, 64, 16), forward, legal_chain(9), LABELS)


class Recorder:
    """What `run` needs of an Extractor; makes one record of the first word of each article."""

    def __init__(self) -> None:
        self.seen: list[Article] = []

    def extract_chunks(self, chunks: Iterable[Sequence[Article]]) -> Iterator[list[Article | InputError]]:
        for chunk in chunks:
            self.seen += chunk
            yield [self.extract(article) for article in chunk]

    def extract(self, article: Article) -> Article:
        word = article.text.split()[0]
        start = article.text.index(word)
        entity = {"id": "e1", "label": "AGENCY", "start": start, "end": start + len(word), "text": word}
        value = article.to_json() | {"entities": [entity], "directives": [{"assignees": ["e1"]}]}
        return parse_article(value)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Lets `main` run without a checkpoint."""
    recorder = Recorder()
    monkeypatch.setattr(infer.__main__.Extractor, "load", lambda *args, **rest: recorder)
    monkeypatch.setattr(logging, "basicConfig", lambda **rest: None)
    monkeypatch.setenv("COLUMNS", "100")
    return recorder


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# ------------------------------------------------------------------ what goes well


def test_a_folder_to_json_lines(tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "in" / "b.txt", "UBND họp")
    put(tmp_path / "in" / "a.jsonl", '{"text": "Sở họp", "date": "2020-11-05", "meta": {"place": "Huế"}}\n')
    output = tmp_path / "out" / "records.jsonl"
    assert main([str(tmp_path / "in"), "-o", str(output)]) == 0
    first, second = read_articles(output)
    assert (first.id, str(first.date), first.meta) == ("a:1", "2020-11-05", {"place": "Huế"})
    assert (second.id, second.entities[0].text) == ("b", "UBND")
    assert list(output.parent.iterdir()) == [output]  # no errors file
    assert capsys.readouterr() == ("", "")


def test_a_glob_to_csv(tmp_path: Path, command: Recorder) -> None:
    for name in ("a.txt", "b.txt", "c.md"):
        put(tmp_path / name, f"UBND {name}")
    output = tmp_path / "records.csv"
    assert main([str(tmp_path / "*.txt"), "--output", str(output)]) == 0
    rows = list(csv.DictReader(io.StringIO(output.read_bytes().decode(), newline="")))
    assert [(row["article"], row["assignees"]) for row in rows] == [("a", "UBND"), ("b", "UBND")]


def test_a_pipe_to_standard_output(
    command: Recorder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("UBND họp\n".encode())))
    assert main(["-", "-o", "-"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["text"] == "UBND họp\n"
    assert printed.err == ""


def test_a_table_on_the_terminal(tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(put(tmp_path / "giao-ban.txt", "[red]UBND[/red] họp"))]) == 0
    printed = capsys.readouterr()
    assert "giao-ban · no date" in printed.out
    assert "[red]UBND[/red]" in printed.out
    assert "by when" in printed.out
    assert printed.err == ""


def test_filters_keep_the_records_that_fit_and_their_articles(
    tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "in" / "a.txt", "UBND họp")
    put(tmp_path / "in" / "b.txt", "Sở họp")
    output = tmp_path / "out.jsonl"
    assert main([str(tmp_path / "in"), "--assignee", "ubnd", "-o", str(output)]) == 0
    assert [one.id for one in read_articles(output)] == ["a"]
    for options in (["--due", "2020-12-31"], ["--issuer", "ubnd"], ["--assignee", "Sở Y tế"]):
        assert main([str(tmp_path / "in"), *options, "-o", str(output)]) == 0
        assert output.read_text() == ""
    assert capsys.readouterr().err == "no record fits\n" * 3


def test_a_format_without_a_file_goes_to_standard_output(
    tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(put(tmp_path / "a.txt", "UBND họp")), "--format", "csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert (row["article"], row["assignees"]) == ("a", "UBND")


def test_the_help_states_the_rules_of_the_filters(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "A record fits --due when one of its deadlines ends on that day or before" in text
    assert '"Sở Tài chính" also finds "Sở Tài chính tỉnh"' in text


def test_options_reach_the_extractor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def load(*args: Any, **rest: Any) -> Recorder:
        seen.append((args, rest))
        return Recorder()

    monkeypatch.setattr(infer.__main__.Extractor, "load", load)
    path = str(put(tmp_path / "a.txt", "họp"))
    asked = ["--model", "runs/x", "--segmenter", "none", "--device", "cpu", "--backend", "onnx", "--threads", "3"]
    main([path, *asked, "-o", "-"])
    main([path, "-o", "-"])
    assert seen == [
        (("runs/x",), {"segmenter": "none", "device": "cpu", "backend": "onnx", "threads": 3, "text_bytes": 5}),
        ((None,), {"segmenter": None, "device": "auto", "backend": "auto", "threads": None, "text_bytes": 5}),
    ]


def test_the_whole_path_with_a_model_of_numpy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Hôm_nay UBND họp .\r\n" * 40 + "\u200b🎉 UBND"  # several windows
    sources = find_sources([str(put(tmp_path / "a.txt", text))])
    output = tmp_path / "out.jsonl"
    assert run(tagger(), sources, Target(str(output)), Filter()) == 0
    (article,) = read_articles(output, LABELS)
    assert article.text == text
    assert [entity.text for entity in article.entities] == ["UBND"] * 41
    assert {entity.label for entity in article.entities} == {"AGENCY"}
    assert all(entity.score and entity.score > 0.9 for entity in article.entities)
    assert text[article.entities[-1].start :] == "UBND"


# ------------------------------------------------------------------ bad articles

NEWS = b"""{"text": "UBND h\xe1\xbb\x8dp"}
{"text": "caf\xe9"}
{"text" 5}
{"date": "2020-11-05"}
{"text": "a", "date": "5 th\xc3\xa1ng 11"}
[]
{"text": "S\xe1\xbb\x9f h\xe1\xbb\x8dp", "id": "last"}
"""


def test_bad_articles_are_named_and_kept_and_the_rest_goes_on(
    tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    news = put(tmp_path / "in" / "a.jsonl", NEWS)
    latin = put(tmp_path / "in" / "b.txt", "Sở\ncafé".encode("cp1252", errors="replace"))
    empty = put(tmp_path / "in" / "c.txt", " \n")
    put(tmp_path / "in" / "d.txt", "UBND")
    output = tmp_path / "records.jsonl"
    assert main([str(tmp_path / "in"), "-o", str(output)]) == 1
    assert [article.id for article in read_articles(output)] == ["a:1", "last", "d"]

    *errors, summary = capsys.readouterr().err.splitlines()
    assert summary == "3 articles done, 7 failed"
    assert [line.partition(": found ")[0] for line in errors] == [
        f"error: {place}" for place in (f"{news}:2:14", f"{news}:3:9", *(f"{news}:{n}" for n in (4, 5, 6)))
    ] + [f"error: {latin}:2:4", f"error: {empty}"]
    assert errors[2] == (
        f"error: {news}:4: found no field text; expected it to be there. To mend it: see `python -m data schema`."
    )
    for line in errors:
        assert "; expected " in line
        assert ". To mend it: " in line

    kept = [json.loads(line) for line in (tmp_path / "records.jsonl.errors.jsonl").read_text("utf-8").splitlines()]
    assert [(row["path"], row["line"], row["column"]) for row in kept] == [
        *((str(news), 2, 14), (str(news), 3, 9), (str(news), 4, None), (str(news), 5, None), (str(news), 6, None)),
        *((str(latin), 2, 4), (str(empty), None, None)),
    ]
    assert kept[2] == {
        "path": str(news),
        "line": 4,
        "column": None,
        "found": "no field text",
        "expected": "it to be there",
        "mend": "see `python -m data schema`",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "records.jsonl", "records.jsonl.errors.jsonl"]


def test_only_bad_articles(tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.csv"
    assert main([str(put(tmp_path / "a.txt", "")), "-o", str(output)]) == 1
    assert output.read_text().splitlines()[0].startswith("article,date,")
    assert capsys.readouterr().err.splitlines()[-1] == "0 articles done, 1 failed"


def test_the_errors_of_an_earlier_run_go_away(tmp_path: Path, command: Recorder) -> None:
    output = tmp_path / "out.jsonl"
    kept = tmp_path / "out.jsonl.errors.jsonl"
    bad, good = put(tmp_path / "bad.txt", ""), put(tmp_path / "good.txt", "UBND")
    assert main([str(bad), "-o", str(output)]) == 1
    assert kept.is_file()
    assert main([str(good), "-o", str(output)]) == 0
    assert not kept.exists()


def test_half_a_surrogate_pair_in_the_metadata_costs_that_article_alone(tmp_path: Path, command: Recorder) -> None:
    lines = ['{"text": "một"}', r'{"text": "hai", "meta": {"title": "\ud83c"}}', '{"text": "ba"}']
    output = tmp_path / "out.jsonl"
    status = main([str(put(tmp_path / "a.jsonl", "\n".join(lines))), "-o", str(output)])
    texts = [article.text for article in read_articles(output)]
    assert (status, texts) in [(1, ["một", "ba"]), (0, ["một", "hai", "ba"])]


# ------------------------------------------------------------------ a stream


def test_articles_are_read_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At no time are more articles read and not yet written than one chunk."""
    number = 1000
    path = put(tmp_path / "a.jsonl", '{"text": "UBND họp"}\n' * number)
    ahead: list[int] = []
    reading = infer.inputs.read_items
    state = {"read": 0, "written": 0}

    def counted(*asked: Any) -> Iterator[Any]:
        for item in reading(*asked):
            state["read"] += 1
            yield item

    class Sink:
        def write(self, article: Article) -> None:
            ahead.append(state["read"] - state["written"])
            state["written"] += 1

    class Opened:
        def __enter__(self) -> Sink:
            return Sink()

        def __exit__(self, *error: object) -> None:
            pass

    monkeypatch.setattr(infer.__main__, "read_items", counted)
    monkeypatch.setattr(infer.__main__, "open_sink", lambda *options: Opened())
    assert run(tagger(), find_sources([str(path)]), Target(), Filter()) == 0
    assert state == {"read": number, "written": number}
    assert max(ahead) <= CHUNK


def test_progress_is_told_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    class Meter:
        def __init__(self, name: str, total: int | None) -> None:
            told.append((name, total))

        def __enter__(self) -> Meter:
            return self

        def __exit__(self, *error: object) -> None:
            told.append("closed")

        def update(self, done: int, note: str) -> None:
            told.append((done, note))

    monkeypatch.setattr(infer.batch, "Meter", Meter)
    put(tmp_path / "a.jsonl", '{"text": "a"}\n{\n{"text": "b"}\n')
    put(tmp_path / "b.txt", "UBND")
    output = str(tmp_path / "out.jsonl")
    assert run(Recorder(), find_sources([str(tmp_path)]), Target(output), Filter()) == 1
    assert told == [
        *(("extracting", 34), (14, "1 articles"), (16, "1 articles"), (30, "2 articles"), (34, "3 articles"), "closed")
    ]


# ------------------------------------------------------------------ what cannot go well


def failure(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The message of a command that gives 1 and prints nothing else."""
    assert main([str(argument) for argument in arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("error: ").rstrip("\n")


def test_a_name_of_nothing(tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.txt"
    assert failure(capsys, path) == (
        f"{path}: found nothing; expected a file, a folder or a glob. To mend it: check the path."
    )


def test_an_unknown_kind_of_output(tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    output = str(tmp_path / "out.xls")
    assert failure(capsys, put(tmp_path / "a.txt", "UBND"), "-o", output) == (
        f"found the output {output!r}; expected a file of the kind .jsonl, .csv, .parquet, .xlsx, .ics. "
        "To mend it: give it one of these suffixes, or name its --format."
    )
    assert command.seen == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "xls"], "found the format 'xls'; "),
        (["--format", "xlsx"], "found no file for xlsx; "),
        (["--due", "31/12/2020"], "found the day '31/12/2020'; "),
        (["--assignee", " "], "found the name ' '; "),
        (["--issuer", "!"], "found the name '!'; "),
    ],
)
def test_a_wrong_option_is_said_before_a_model_is_loaded(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(infer.__main__.Extractor, "load", None)
    assert failure(capsys, put(tmp_path / "a.txt", "UBND"), *options).startswith(message)


@pytest.mark.parametrize("place", ["a.txt/out.jsonl", "out.jsonl", "a.txt/deep/out.csv"])
def test_an_output_that_cannot_be_written(
    tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """A file where a folder should be, a folder where the file should be: said before any article is read."""
    path = put(tmp_path / "a.txt", "UBND")
    (tmp_path / "out.jsonl").mkdir()
    output = tmp_path / place
    text = failure(capsys, path, "-o", output)
    assert text.startswith(f"{output}: found ")
    assert "; expected a place to write to. To mend it: name another" in text
    assert command.seen == []


def test_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "ARTICLES" in capsys.readouterr().err


def test_a_reader_that_goes_away(
    tmp_path: Path, command: Recorder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> int:
        raise BrokenPipeError

    given: list[int] = []
    monkeypatch.setattr(infer.__main__, "run", broken)
    monkeypatch.setattr(infer.__main__, "forget_stdout", lambda: given.append(1))
    assert main([str(put(tmp_path / "a.txt", "UBND"))]) == 1
    assert capsys.readouterr().err == "error: whoever read standard output has gone\n"
    assert given  # so that Python has nothing to say at its end either


# ------------------------------------------------------------------ checkpoints


def checkpoint(folder: Path, **files: str | bytes | None) -> Path:
    """A checkpoint folder that lacks a model only torch could read; `files` replaces content or leaves it out."""
    content: dict[str, str | bytes | None] = {
        "giaoban.json": json.dumps(SETTINGS),
        "model.safetensors": b"",
        "vocab.txt": (VOCABULARY / "vocab.txt").read_bytes(),
        "bpe.codes": (VOCABULARY / "bpe.codes").read_bytes(),
    }
    renamed = {"settings": "giaoban.json", "weights": "model.safetensors", "vocab": "vocab.txt", "codes": "bpe.codes"}
    for name, value in (content | {renamed[key]: value for key, value in files.items()}).items():
        if value is not None:
            put(folder / name, value)
    return folder


@pytest.fixture
def news(tmp_path: Path) -> Path:
    return put(tmp_path / "a.txt", "UBND họp")


def test_a_complete_checkpoint(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "model")
    settings = read_settings(folder)
    assert settings.model_dump() == SETTINGS
    encoder = make_encoder(folder, settings)
    assert (encoder.segmenter.name, encoder.max_length, encoder.stride) == ("none", 64, 16)
    assert encoder.encode("UBND họp").words.forms == ["UBND", "họp"]
    assert make_encoder(folder, settings, "pyvi").segmenter.name == "pyvi"


def test_no_checkpoint_folder(tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "none"
    assert failure(capsys, news, "--model", folder) == (
        f"{folder}: found no such folder; expected a checkpoint folder. To mend it: check --model."
    )
    assert failure(capsys, news, "--model", news).startswith(f"{news}: found no such folder;")


def test_a_folder_that_is_no_checkpoint(tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = checkpoint(tmp_path / "model", settings=None)
    assert failure(capsys, news, "--model", folder) == (
        f"{folder}: found no giaoban.json; expected a checkpoint that `python -m train` wrote. "
        "To mend it: train one: it keeps segmenter, labels and windows there."
    )


def test_a_checkpoint_without_weights(tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = checkpoint(tmp_path / "model", weights=None)
    assert failure(capsys, news, "--model", folder) == (
        f"{folder}: found no model.safetensors; expected the model's weights. "
        "To mend it: copy the whole checkpoint folder."
    )


@pytest.mark.parametrize("missing", ["vocab", "codes"])
def test_a_checkpoint_without_a_tokenizer(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    folder = checkpoint(tmp_path / "model", **{missing: None})
    there = {"vocab": "bpe.codes, giaoban.json", "codes": "giaoban.json"}[missing]
    there += ", model.safetensors" + (", vocab.txt" if missing == "codes" else "")
    assert failure(capsys, news, "--model", folder) == (
        f"{folder}: found no tokenizer ({there}); expected vocab.txt and bpe.codes, or tokenizer.json. "
        "To mend it: copy the tokenizer's files of the model it was trained from into the folder."
    )


SETTINGS_MEND = (
    "expected the settings as `python -m train` wrote them. "
    "To mend it: copy the file anew from where the checkpoint came."
)


def test_settings_that_are_no_json(tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = checkpoint(tmp_path / "model", settings='{"labels": [\n')
    text = failure(capsys, news, "--model", folder)
    assert text.startswith(f"{folder / 'giaoban.json'}: found the file: invalid JSON: EOF")
    assert text.endswith(f"; {SETTINGS_MEND}")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"stride": None}, "stride"),
        ({"max_length": "long"}, "max_length"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_settings_that_are_not_ours_name_the_key(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], key: str
) -> None:
    folder = checkpoint(tmp_path / "model", settings=json.dumps(SETTINGS | change))
    text = failure(capsys, news, "--model", folder)
    assert text.startswith(f"{folder / 'giaoban.json'}: found ")
    assert text.endswith(f"; {SETTINGS_MEND}")
    assert key in text.partition(": found ")[2].partition("; expected ")[0]


def test_settings_in_another_encoding(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "model", settings=b'{"labels":\n"caf\xe9"}')
    with pytest.raises(InputError) as caught:
        read_settings(folder)
    assert caught.value.where == f"{folder / 'giaoban.json'}:2:5"
    assert caught.value.found == "byte 0xe9, which is not UTF-8"


def test_an_unknown_segmenter(tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = checkpoint(tmp_path / "model")
    assert failure(capsys, news, "--model", folder, "--segmenter", "pyvy") == (
        "found the segmenter 'pyvy'; expected one of rdr, pyvi, underthesea, none, vncorenlp:FOLDER. "
        "To mend it: did you mean 'pyvi'?."
    )


def test_no_model_anywhere(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, trained = tmp_path / "shipped", tmp_path / "runs" / "mini"
    monkeypatch.setattr(infer.checkpoint, "SHIPPED", shipped)
    monkeypatch.setattr(infer.checkpoint, "TRAINED", trained)
    assert failure(capsys, news) == (
        f"found no model at {shipped} nor at {trained}; expected a trained checkpoint. "
        "To mend it: run `make demo`, or name one with --model."
    )
    checkpoint(trained)
    assert default_model() == trained
    checkpoint(shipped)
    assert default_model() == shipped


def test_records_of_the_run_before_are_no_articles(tmp_path: Path, command: Recorder) -> None:
    put(tmp_path / "a.txt", "UBND")
    for _ in range(2):
        assert main([str(tmp_path), "-o", str(tmp_path / "records.jsonl")]) == 0
    assert [article.id for article in read_articles(tmp_path / "records.jsonl")] == ["a"]
