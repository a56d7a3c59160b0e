"""Extraction on Ray: equal to that of one process, whoever dies; what cannot work says so."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import infer.cluster
from data.errors import InputError
from data.formats import read_articles
from data.schema import Article
from infer.__main__ import main
from infer.batch import PART
from infer.cluster import Crew, cut_shards, pack, unpack
from infer.extractor import CHUNK
from infer.inputs import Place, Source, find_sources
from infer.nodes import LOCAL, Share, connect, share_out
from infer.parts import PartWriter
from tests.conftest import FEW, ROOT
from tests.records import article

# Ray leaves its processes to their own end, and calls what itself has deprecated
pytestmark = pytest.mark.filterwarnings(
    "ignore:subprocess .* is still running:ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:.*deprecated:DeprecationWarning",
)

# ------------------------------------------------------------------ without Ray


def test_small_files_are_read_together_and_large_ones_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infer.cluster, "SHARD", 10)
    sources = [Source(str(number), str(number), size) for number, size in enumerate([4, 6, 1, 30, 2, 3, 5, 1])]
    sizes = [[source.size for source in shard.sources] for shard in cut_shards(sources)]
    assert sizes == [[4, 6], [1], [30], [2, 3, 5], [1]]
    assert cut_shards([]) == []
    later = cut_shards(sources, Place(1, 7))
    assert [(shard.first, shard.row, shard.names) for shard in later] == [
        (1, 7, ["1", "2"]),
        (3, 0, ["3"]),
        (4, 0, ["4", "5", "6"]),
        (7, 0, ["7"]),
    ]


@pytest.mark.parametrize(
    ("cpus", "gpus", "device", "workers", "share"),
    [
        (3, 0, "auto", None, Share(2, 1.0, 0.0)),
        (65, 0, "cpu", 8, Share(8, 1.0, 0.0)),
        (65, 4, "cpu", None, Share(64, 1.0, 0.0)),
        (65, 4, "auto", None, Share(4, 1.0, 1.0)),
        (65, 4, "cuda", 16, Share(16, 1.0, 0.25)),
        (3, 4, "cuda", None, Share(2, 1.0, 1.0)),
    ],
)
def test_workers_get_a_core_or_a_gpu_each(
    cpus: float, gpus: float, device: str, workers: int | None, share: Share
) -> None:
    assert share_out(cpus, gpus, device, workers) == share


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((1, 0, "auto"), "found 1 cores in the Ray cluster; expected at least 2: 1 for each worker and one for"),
        ((4, 0, "auto", 4), "found 4 cores in the Ray cluster; expected at least 5"),
        ((4, 0, "auto", 0), "found 4 cores in the Ray cluster; expected at least 2"),
        ((4, 0, "auto", 2, 2), "found 4 cores in the Ray cluster; expected at least 5: 2 for each worker and one for"),
        ((4, 0, "cuda"), "found no GPU in the Ray cluster; expected at least one"),
        ((4, 2, "cuda:1"), "found the device 'cuda:1'; expected auto, cpu, cuda: Ray deals out the GPUs"),
    ],
)
def test_what_a_cluster_has_no_room_for(given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError) as caught:
        share_out(*given)
    assert str(caught.value).startswith(message)


def test_an_article_travels_whole() -> None:
    whole = article(meta={"place": "Huế"})
    back = unpack(pack(whole))
    assert isinstance(back, Article)
    assert back == whole
    assert back.to_line() == whole.to_line()


@hypothesis_settings(max_examples=50)
@given(st.text(st.characters(), min_size=1), st.none() | st.dates(), st.dictionaries(st.text(), st.text(), max_size=2))
def test_any_text_travels_unchanged(text: str, date: dt.date | None, meta: dict[str, str]) -> None:
    raw = Article.model_construct(id="x", date=date, text=text, meta=meta)
    packed = json.dumps(pack(raw))
    assert packed.isascii()  # a lone surrogate is no UTF-8
    back = unpack(json.loads(packed))
    assert isinstance(back, Article)
    assert back.to_json() == raw.to_json()


def test_an_error_travels_whole() -> None:
    error = InputError("a", expected="b", mend="c", path="d", line=3, column=4)
    back = unpack(pack(error))
    assert isinstance(back, InputError)
    assert str(back) == str(error)


def failure(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main([str(argument) for argument in arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def test_a_missing_ray_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("UBND họp", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "ray", None)
    assert failure(capsys, tmp_path / "a.txt", "--ray") == (
        "error: found no package ray; expected it to be installed for --ray. To mend it: pip install 'giaoban[ray]'.\n"
    )


def test_articles_in_the_place_of_an_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("UBND họp", encoding="utf-8")
    message = failure(capsys, tmp_path / "a.txt", "--ray", tmp_path)
    assert message == (
        f"error: found '{tmp_path}' as the address of a Ray cluster; expected auto, HOST:PORT, ray://HOST:PORT or "
        "nothing after --ray. To mend it: name the articles first and --ray last.\n"
    )


def test_importing_the_command_does_not_import_ray() -> None:
    code = "import sys, infer.__main__; sys.exit('ray' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# ------------------------------------------------------------------ on Ray


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Ray on this machine, once for all tests."""
    pytest.importorskip("ray", reason="Ray is not installed (pip install 'giaoban[ray]')")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAY_worker_niceness", "0")  # Ray's own 15 makes workers wait wherever else there is work
        with connect(LOCAL):
            yield


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles and bad ones in three files, chunks across all of them."""
    folder = tmp_path_factory.mktemp("news")
    texts = [found.text[500:1000] for split in ("dev", "test") for found in read_articles(FEW / split)]
    lines = [json.dumps({"id": f"n{number}", "text": texts[number % len(texts)]}) for number in range(5 * CHUNK)]
    (folder / "a.jsonl").write_text("\n".join([*lines[:20], '{"text": ""}', *lines[20:70]]), encoding="utf-8")
    (folder / "b.txt").write_text(texts[0], encoding="utf-8")
    (folder / "c.jsonl").write_text("\n".join(["no JSON", *lines[70:]]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def alone(news: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a single process makes of them."""
    output = tmp_path_factory.mktemp("alone") / "records.jsonl"
    assert main([str(news), "-o", str(output), "--threads", "1"]) == 1  # for the bad articles
    assert any(found.directives for found in read_articles(output))
    return output


def workers() -> set[int]:
    """The actors' processes."""
    found = set()
    for process in psutil.Process().children(recursive=True):
        try:
            if process.cmdline()[:1] and process.cmdline()[0].startswith("ray::MapWorker"):
                found.add(process.pid)
        except psutil.Error:
            continue  # it has just ended
    return found


def test_the_command_makes_what_a_single_process_makes(
    cluster: None,
    news: Path,
    alone: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(infer.cluster, "SHARD", 1)  # a task for each file
    output = tmp_path / "records.jsonl"
    assert main([str(news), "-o", str(output), "--threads", "1", "--ray"]) == 1
    assert output.read_bytes() == alone.read_bytes()
    errors = Path(f"{output}.errors.jsonl")
    assert errors.read_bytes() == Path(f"{alone}.errors.jsonl").read_bytes()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith(f"{5 * CHUNK + 1} articles done, 2 failed\n")


def test_a_worker_that_is_killed_costs_nothing(cluster: None, news: Path, alone: Path) -> None:
    items = Crew.gather().extract_items(find_sources([str(news)]), "", Place(), PART)
    made = [next(items)]
    killed = min(workers())
    os.kill(killed, signal.SIGKILL)
    made += items
    assert killed not in workers()
    lines = [item.result.to_line() for item in made if isinstance(item.result, Article)]
    assert lines == alone.read_text(encoding="utf-8").splitlines()
    assert len(made) - len(lines) == 2
    assert made[-1].done == sum(file.stat().st_size for file in news.iterdir())


def test_parts_that_workers_write_are_those_of_a_single_process(
    cluster: None, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [str(news), "--part-size", str(2 * CHUNK), "--threads", "1", "--format", "parquet", "-o"]
    assert main([*command, f"{tmp_path}/alone/"]) == 1
    finish = PartWriter.finish

    def broken_off(writer: PartWriter, *args: Any, **named: Any) -> None:
        finish(writer, *args, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(PartWriter, "finish", broken_off)
        assert main([*command, f"{tmp_path}/ray/", "--ray"]) == 130
    assert not (tmp_path / "ray").exists()
    assert main([*command, f"{tmp_path}/ray/", "--ray", "--resume"]) == 1
    parts = sorted((tmp_path / "alone").iterdir())
    assert len(parts) == 3
    assert [part.name for part in parts] == sorted(part.name for part in (tmp_path / "ray").iterdir())
    for part in [*parts, tmp_path / "alone.errors.jsonl"]:
        assert part.read_bytes() == Path(str(part).replace("/alone", "/ray")).read_bytes()
    assert not list(tmp_path.glob("*.partial"))
