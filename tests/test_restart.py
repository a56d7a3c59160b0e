"""Runs that are killed, run out of room or meet a bug, and are taken up again: the output equals an unbroken run's.

Runs are children of this process (`forked`), so that killing one costs milliseconds and can be done at every file that
a run touches. Their extractor gives scores that depend on what was batched together.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import resource
import signal
import sys
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow.parquet
import pytest

import infer.__main__
import infer.extractor
from data.errors import InputError
from data.schema import Article, parse_article
from infer.__main__ import Target, main, run
from infer.filters import Filter
from infer.inputs import find_sources
from infer.parts import KEPT

CHUNK, PART = 4, 10  # parts end inside what would be a chunk


class Extractor:
    """Finds an agency in each first word; its score is a fingerprint of the chunk that the article was in."""

    def extract_chunks(self, chunks: Iterable[Sequence[Article]]) -> Iterator[list[Article | InputError]]:
        for chunk in chunks:
            sys.audit("tests.chunk")
            score = zlib.crc32("".join(article.text for article in chunk).encode()) % 9973 / 9973
            yield [self.extract(article, score) for article in chunk]

    def extract(self, article: Article, score: float) -> Article | InputError:
        word = article.text.split()[0]
        if word == "bug":
            return InputError("a bug", expected="none", mend="mend it")
        start = article.text.index(word)
        entity = {"id": "e1", "label": "AGENCY", "start": start, "end": start + len(word), "text": word, "score": score}
        return parse_article(
            article.to_json() | {"entities": [entity], "directives": [{"assignees": ["e1"], "score": score}]}
        )


@pytest.fixture
def news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 33 articles in files of three kinds, seven of them bad; the third part is the longest."""
    monkeypatch.setattr(infer.extractor, "CHUNK", CHUNK)
    monkeypatch.setattr(os, "fsync", lambda number: None)  # no power is cut here
    folder = tmp_path / "news"
    folder.mkdir()
    lines = [f'{{"text": "UBND họp lần {number}"}}' for number in range(20)]
    lines[3], lines[9], lines[11], lines[17] = "{", '{"text": "bug"}', '{"text": ""}', '{"text": 1}'
    (folder / "a.jsonl.gz").write_bytes(gzip.compress("\n\n".join(lines).encode()))
    rows = [f'{number},"Sở {list(range(number * 1000, number * 1000 + 100))}\nhọp"' for number in range(10)]
    rows[2], rows[7] = "1,2,3", '"x"y,z'
    (folder / "b.csv").write_text("\n".join(["id,text", *rows]), encoding="utf-8")
    for name, text in (("c.txt", "Bộ họp"), ("d.txt", " "), ("e.txt", "Cục họp")):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def forked(work: Callable[[], int], before: Callable[[], None] = lambda: None) -> int:
    """The exit status of `work` in a child; minus the signal that ended it."""
    if (child := os.fork()) == 0:
        status = 99
        try:
            before()
            status = work()
            sys.stderr.flush()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def work(news: Path, output: str, **options: object) -> Callable[[], int]:
    target = Target(output, part_size=PART, **options)  # type: ignore[arg-type]
    return lambda: run(Extractor(), find_sources([str(news)]), target, Filter(), {"model": 1})


EVENTS = ("open", "os.", "shutil.rmtree", "tempfile.", "tests.")


def watch(
    folder: Path, die_at: int, log: Path | None = None, kill: signal.Signals = signal.SIGKILL
) -> Callable[[], None]:
    """Kills the process at the `die_at`th thing that it does to `folder` or to a chunk."""
    seen = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal seen
        if event.startswith("tests.") or (event.startswith(EVENTS) and args and str(args[0]).startswith(str(folder))):
            seen += 1
            if log:
                os.truncate(log, seen)  # its size is the count
            if seen == die_at:
                os.kill(os.getpid(), kill)

    return lambda: sys.addaudithook(hook)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unbroken(news: Path, folder: Path, name: str) -> tuple[dict[str, bytes], int]:
    """What a run that nothing breaks off leaves in `folder`, and how many things it does there."""
    log = folder.parent / "log"
    log.touch()
    assert forked(work(news, f"{folder}/{name}"), watch(folder, -1, log)) == 1
    return contents(folder), log.stat().st_size


# ------------------------------------------------------------------ killed


@pytest.mark.parametrize(
    ("name", "step"),
    [("out.jsonl", 2), ("out.jsonl.zst", 17), ("out.csv", 13), ("out.csv.gz", 17), ("out.parquet", 29), ("out/", 5)],
)
def test_a_run_killed_anywhere_and_taken_up_again_leaves_what_an_unbroken_one_does(
    news: Path, tmp_path: Path, name: str, step: int
) -> None:
    """Killed at every `step`th file it touches or chunk it begins."""
    whole, events = unbroken(news, tmp_path / "whole", name)
    assert set(whole) >= {"out.errors.jsonl" if name == "out/" else f"{name}.errors.jsonl"}
    assert events > 40
    for die_at in range(1, events + 1, step):
        folder = tmp_path / str(die_at)
        assert forked(work(news, f"{folder}/{name}"), watch(folder, die_at)) == -signal.SIGKILL
        assert not (folder / name).is_file() or contents(folder)[name] == whole[name]
        assert forked(work(news, f"{folder}/{name}", resume=True)) == 1
        assert contents(folder) == whole


@pytest.mark.parametrize("seed", range(4))
def test_a_run_killed_several_times(news: Path, tmp_path: Path, seed: int) -> None:
    name = ("out.jsonl", "out.parquet", "out/")[seed % 3]
    whole, _ = unbroken(news, tmp_path / "whole", name)
    chance = random.Random(seed)
    folder, deaths = tmp_path / "killed", 0
    while status := forked(work(news, f"{folder}/{name}", resume=True), watch(folder, chance.randint(20, 60))):
        if status == 1:
            break
        assert status == -signal.SIGKILL
        deaths += 1
    assert deaths
    assert contents(folder) == whole


def test_what_is_done_is_not_done_again(news: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The summary counts all articles of both runs; the first of them are not extracted a second time."""
    output = tmp_path / "out" / "out.jsonl"
    seen = []

    class Dying(Extractor):
        def extract(self, article: Article, score: float) -> Article | InputError:
            if article.id == "5":  # of the CSV file, in the third part
                os.kill(os.getpid(), signal.SIGKILL)
            return super().extract(article, score)

    class Counting(Extractor):
        def extract(self, article: Article, score: float) -> Article | InputError:
            seen.append(article.id)
            return super().extract(article, score)

    target = Target(str(output), part_size=PART, resume=True)
    sources = find_sources([str(news)])
    assert forked(lambda: run(Dying(), sources, target, Filter())) == -signal.SIGKILL
    assert sorted(path.name for path in output.parent.rglob("part-*")) == ["part-00000.jsonl", "part-00001.jsonl"]
    assert run(Counting(), sources, target, Filter()) == 1
    assert seen[0] == "0"
    assert len(seen) == 10
    assert capfd.readouterr().err.splitlines()[-1] == "26 articles done, 7 failed"


def test_parts_hold_as_many_articles_of_the_input_as_asked_for(news: Path, tmp_path: Path) -> None:
    work(news, f"{tmp_path}/out/")()
    ids = [
        [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted((tmp_path / "out").iterdir())
    ]
    assert [len(part) for part in ids] == [8, 8, 8, 2]
    assert ids[-1] == ["c", "e"]
    work(news, f"{tmp_path}/one.jsonl")()
    assert contents(tmp_path)["one.jsonl"] == b"".join(
        data for name, data in sorted(contents(tmp_path).items()) if "part-" in name
    )


def test_a_parquet_file_has_the_rows_of_its_parts(news: Path, tmp_path: Path) -> None:
    work(news, f"{tmp_path}/out.parquet")()
    work(news, f"{tmp_path}/out.csv")()
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as handle:
        rows = [(row["article"], row["assignees"]) for row in csv.DictReader(handle)]
    assert rows == list(zip(*(table[name].to_pylist() for name in ("article", "assignees")), strict=True))
    assert len(rows) == 26


# ------------------------------------------------------------------ what is not taken up


@pytest.fixture
def killed(news: Path, tmp_path: Path) -> Path:
    """The output of a run that was killed in its third part."""
    output = tmp_path / "out" / "out.jsonl"
    assert forked(work(news, str(output)), watch(output.parent, 60)) == -signal.SIGKILL
    assert (tmp_path / "out" / "out.jsonl.partial" / "progress.json").is_file()
    return output


def refusal(status: Callable[[], int]) -> str:
    with pytest.raises(InputError) as caught:
        status()
    return str(caught.value)


def test_an_unfinished_run_is_not_thrown_away(news: Path, killed: Path) -> None:
    assert refusal(work(news, str(killed))) == (
        f"{killed}.partial: found an unfinished run; expected none of this output. "
        "To mend it: go on with it by --resume, or delete the folder."
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda news: (news / "c.txt").write_text("Bộ họp lại"), "the article file {news}/c.txt changed"),
        (lambda news: os.utime(news / "c.txt", (0, 0)), "the article file {news}/c.txt changed"),
        (lambda news: (news / "c.txt").unlink(), "the article file {news}/c.txt gone"),
        (lambda news: (news / "cc.txt").write_text("họp"), "the article file {news}/cc.txt new"),
    ],
)
def test_an_input_that_changed_is_refused(
    news: Path, killed: Path, change: Callable[[Path], object], found: str
) -> None:
    change(news)
    assert refusal(work(news, str(killed), resume=True)) == (
        f"{killed}.partial: found {found.format(news=news)}; expected the articles of the run that is to go on. "
        "To mend it: give the command as it was, or delete the folder to begin anew."
    )


def test_another_model_is_refused(news: Path, killed: Path) -> None:
    target = Target(str(killed), part_size=PART, resume=True)
    text = refusal(lambda: run(Extractor(), find_sources([str(news)]), target, Filter(), {"model": 2}))
    assert text.startswith(f"{killed}.partial: found model = 2; expected 1 of the run that is to go on. ")


def test_another_size_of_parts_is_refused(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So is every other option, from the command line; the same ones are not."""
    monkeypatch.setattr(infer.__main__.Extractor, "load", lambda *args, **rest: Extractor())
    command = [str(news), "-o", f"{tmp_path}/out/", "--part-size", "5"]
    killed = forked(lambda: main(command), watch(tmp_path / "out", 60))
    assert killed == -signal.SIGKILL
    for options, found in (
        (["--part-size", "6"], "--part-size = 6; expected 5 of"),
        (["--issuer", "Sở"], '--issuer = "Sở"; expected null of'),
        (["--format", "csv"], '--format = "csv"; expected null of'),
    ):
        assert main([*command, *options, "--resume"]) == 1
        assert f"found {found} the run that is to go on" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "26 articles done, 7 failed"
    assert not (tmp_path / "out.partial").exists()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["-o", "x.xlsx"], "--resume of the format xlsx; "),
        (["-o", "x.ics"], "--resume of the format ics; "),
        ([], "--resume of table without -o; "),
        (["-o", "-"], "--resume of the format jsonl; "),
        (["-o", "x.jsonl", "--html", "site"], "--resume with --html; "),
        (["-", "-o", "x.jsonl"], "--resume of standard input; "),
    ],
)
def test_what_cannot_be_taken_up_is_said_at_the_start(
    options: list[str], found: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(infer.__main__.Extractor, "load", None)
    assert main([*options, "--resume"] if "-" in options[:1] else ["none.txt", "--resume", *options]) == 1
    assert capsys.readouterr().err.startswith(f"error: found {found}")


@pytest.mark.parametrize("options", [["-o", "x.jsonl"], [], ["-o", "x/", "--part-size", "0"]])
def test_parts_are_parts_of_a_folder(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["none.txt", *options, *([] if "--part-size" in options else ["--part-size", "9"])]) == 1
    assert "expected a number of articles, and an output that ends with a slash" in capsys.readouterr().err


def test_a_folder_with_other_things_is_not_replaced(news: Path, tmp_path: Path) -> None:
    text = refusal(work(news, f"{news}/"))
    assert text.startswith(f"{news}: found a folder with other things in it; expected a new folder, or one with the")
    for _ in range(2):  # one with parts is
        work(news, f"{tmp_path}/out/")()
    assert len(contents(tmp_path / "out")) == 4


# ------------------------------------------------------------------ no room, no reader, bugs


@pytest.mark.parametrize("name", ["out.jsonl", "out/", "out.csv"])
def test_a_full_disk_leaves_nothing_half_written_and_what_was_done(news: Path, tmp_path: Path, name: str) -> None:
    """The third part, or the whole file, is larger than any file may be."""
    whole, _ = unbroken(news, tmp_path / "whole", name)
    folder = tmp_path / "full"
    reader, writer = os.pipe()

    def small_disk() -> None:
        os.dup2(writer, 2)  # which may not grow either where it is captured in a file
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

    def told() -> int:
        try:
            return work(news, f"{folder}/{name}")()
        except InputError as error:
            os.write(2, str(error).encode())
            return 7

    assert forked(told, small_disk) == 7
    os.close(writer)
    with os.fdopen(reader) as handle:
        assert handle.read().endswith(
            "found File too large; expected a place to write to. To mend it: name another, or make room: "
            "what is done is kept, and the same command with --resume goes on."
        )
    assert not (folder / name).exists()
    assert not list(folder.rglob("*.tmp"))
    assert forked(work(news, f"{folder}/{name}", resume=True)) == 1
    assert contents(folder) == whole


def test_a_full_disk_behind_standard_output(
    news: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(infer.__main__.Extractor, "load", lambda *args, **rest: Extractor())
    assert (
        forked(lambda: main([str(news / "c.txt"), "-o", "-"]), lambda: become(os.open("/dev/full", os.O_WRONLY))) == 1
    )
    assert capfd.readouterr().err == (
        "error: found No space left on device; expected room for standard output. To mend it: name a file with -o.\n"
    )


def test_a_pipe_that_nobody_reads(
    news: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(infer.__main__.Extractor, "load", lambda *args, **rest: Extractor())
    reader, writer = os.pipe()
    os.close(reader)
    assert forked(lambda: main([str(news / "c.txt"), "-o", "-"]), lambda: become(writer)) == 1
    assert capfd.readouterr().err == "error: whoever read standard output has gone\n"
    os.close(writer)


@pytest.mark.parametrize(("die_at", "said"), [(20, "stopped\n"), (60, f"stopped: {KEPT}\n")])
def test_a_run_that_is_stopped_by_hand_says_whether_it_can_go_on(
    news: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    die_at: int,
    said: str,
) -> None:
    """The first is stopped before any part is finished."""
    monkeypatch.setattr(infer.__main__.Extractor, "load", lambda *args, **rest: Extractor())
    command = [str(news), "-o", f"{tmp_path}/out/", "--part-size", "5"]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    assert forked(lambda: main(command), watch(tmp_path / "out", die_at, kill=signal.SIGINT)) == 130
    assert capfd.readouterr().err.endswith(said)
    assert (tmp_path / "out.partial").exists() == (said != "stopped\n")


def become(number: int) -> None:
    """Standard output goes to the open file `number`."""
    sys.stdout = os.fdopen(number, "w")


def test_a_bug_in_the_output_of_one_article_costs_that_article_alone(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Article.to_line

    def odd(article: Article) -> str:
        if article.id == "3":
            raise KeyError("e7")
        return real(article)

    monkeypatch.setattr(Article, "to_line", odd)
    assert work(news, f"{tmp_path}/out.jsonl")() == 1
    printed = capsys.readouterr().err
    assert f"error: {news}/b.csv:7: found KeyError over the article '3' (" in printed
    assert printed.splitlines()[-1] == "25 articles done, 8 failed"
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 25
