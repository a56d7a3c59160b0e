"""Several processes give what one gives, in order and byte for byte, whatever becomes of a process; all of them end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from data.errors import InputError
from data.schema import Article
from infer.__main__ import main, share_out
from infer.checkpoint import SHIPPED, WEIGHTS_FILE
from infer.workers import AHEAD, HEAVY, SHARE, Workers, workers_for
from tests.conftest import ROOT
from tests.stub_extractor import Stub, broken, chunks, dying


def lines(results: Sequence[Article | InputError]) -> list[str]:
    return [str(one) if isinstance(one, InputError) else one.to_line() for one in results]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("once")


@pytest.fixture(scope="module")
def workers(folder: Path) -> Iterator[Workers]:
    with Workers(2, partial(Stub, folder)) as started:
        yield started


def test_results_come_in_the_order_of_the_chunks_as_of_one_process(workers: Workers, folder: Path) -> None:
    given = chunks(["wait 0.3", "một"], ["hai", "fail"], [], ["ba"], ["wait 0.1"], ["bốn", "năm"])
    alone = [lines(Stub(folder).extract_chunk(chunk)) for chunk in given]
    assert [lines(results) for results in workers.extract_chunks(given)] == alone
    assert list(workers.extract_chunks([])) == []


def test_a_chunk_whose_process_died_is_done_again(workers: Workers, folder: Path) -> None:
    given = chunks(["một", "once upon"], ["hai"], ["ba"])
    found = [lines(results) for results in workers.extract_chunks(given)]
    assert found == [lines(Stub(folder).extract_chunk(chunk)) for chunk in given]


def test_an_article_that_ends_every_process_costs_itself_alone(workers: Workers, folder: Path) -> None:
    given = chunks(["một", "die", "hai"], ["ba"])
    (first, death, last), other = list(workers.extract_chunks(given))
    assert lines([first, last, *other]) == lines(
        Stub(folder).extract_chunk([given[0][0], given[0][2]]) + Stub(folder).extract_chunk(given[1])
    )
    assert isinstance(death, InputError)
    assert "'0-1' (signal 9)" in str(death)


def test_no_more_chunks_are_read_ahead_than_are_promised(workers: Workers) -> None:
    read = 0

    def stream() -> Iterator[list[Article]]:
        nonlocal read
        for read, chunk in enumerate(chunks(*[["một"]] * 20), 1):  # noqa: B007  # counted for the assertion
            yield chunk

    for given, _ in enumerate(workers.extract_chunks(stream()), 1):
        assert read <= given - 1 + AHEAD * 2
    assert read == 20


def test_a_stream_that_was_left_early_does_not_disturb_the_next(workers: Workers, folder: Path) -> None:
    assert next(workers.extract_chunks(chunks(["wait 0.2"], ["wait 0.3"], ["wait 0.1"])))
    given = chunks(["một"], ["hai"])
    assert [lines(results) for results in workers.extract_chunks(given)] == [
        lines(Stub(folder).extract_chunk(chunk)) for chunk in given
    ]


def test_an_extractor_that_cannot_be_loaded_is_said_at_once() -> None:
    with pytest.raises(InputError, match="found no model"), Workers(2, broken):
        pass
    with pytest.raises(InputError, match=r"ended while it loaded the model \(exit status 3\)"), Workers(1, dying):
        pass
    with pytest.raises(InputError, match="0 workers"):
        Workers(0, broken)


def test_several_processes_are_for_small_models_and_much_text(tmp_path: Path) -> None:
    with open(tmp_path / WEIGHTS_FILE, "wb") as file:
        file.truncate(HEAVY - 1)
    assert [workers_for(tmp_path, size, 4) for size in (0, SHARE - 1, 2 * SHARE, 100 * SHARE)] == [1, 1, 2, 4]
    with open(tmp_path / WEIGHTS_FILE, "wb") as file:
        file.truncate(HEAVY)
    assert workers_for(tmp_path, 100 * SHARE, 4) == 1


def test_the_command_writes_the_same_bytes_with_several_processes(tmp_path: Path) -> None:
    texts = sorted(map(str, (ROOT / "data" / "samples").glob("*.txt")))
    outputs = []
    for count in (1, 2):
        outputs.append(tmp_path / f"{count}.jsonl")
        options = ["--model", str(SHIPPED), "--backend", "torch-float32", "--workers", str(count)]
        assert main([*texts, "-o", str(outputs[-1]), *options]) == 0
    one, several = (file.read_bytes() for file in outputs)
    assert one == several
    assert one.count(b"\n") == len(texts)
    assert one.count(b'"directives": [{') > 1


def test_threads_do_not_depend_on_how_many_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    (tmp_path / WEIGHTS_FILE).touch()

    def shared(text_bytes: int, **asked: int | str | None) -> tuple[int, int | None]:
        options: dict[str, object] = {
            "workers": None,
            "threads": None,
            "device": "cpu",
            "model": tmp_path,
            "ray": None,
        } | asked
        return share_out(Namespace(**options), text_bytes)

    assert shared(0) == (1, None)
    assert shared(8 * SHARE) == (8, 1)
    assert shared(8 * SHARE, threads=2) == (4, 2)
    assert shared(8 * SHARE, device="cuda") == (1, None)
    assert [shared(0, workers=count) for count in (1, 2)] == [(1, 1), (2, 1)]
    assert shared(0, workers=2, threads=3) == (2, 3)


# ------------------------------------------------------------------ the end

PROGRAM = """
import sys
from functools import partial
from pathlib import Path
from infer.workers import Workers
from tests.stub_extractor import Stub, chunks

if __name__ == "__main__":
    with Workers(2, partial(Stub, Path("."))) as workers:
        print(*[worker.process.pid for worker in workers._workers], flush=True)
        for results in workers.extract_chunks(chunks(*[[f"wait {pause}"] for pause in [0.05] * 5 + [60] * 5])):
            print(results[0].id, flush=True)
"""


@pytest.mark.parametrize("way", ["ctrl-c", "closed pipe", "kill"])
def test_no_process_is_left_over(way: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    if way == "closed pipe":
        program.write_text(PROGRAM.replace("[60] * 5", "[0.05] * 500"), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        assert process.stdout.readline() == "0-0\n"
        if way == "ctrl-c":
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        elif way == "kill":
            process.kill()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=60) != 0
    assert ("KeyboardInterrupt" in said) == (way == "ctrl-c")
    assert said.count("Traceback") == (way != "kill")  # of the program alone: its workers say nothing
    deadline = time.monotonic() + 60
    while any(map(_runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_runs, pids))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
