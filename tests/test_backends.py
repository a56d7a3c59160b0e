"""Which runtime a model runs on: the choice, its reasons and its errors, and that onnx needs no torch."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

import data.extras
import infer.torch_backend
from data.errors import InputError
from infer import Extractor
from infer.backends import Facts, choose, default_threads, load_forward
from tests.conftest import ROOT

SHIPPED = ROOT / "models" / "mini"


# device, exported, torch, gpu, bfloat16, much
@pytest.mark.parametrize(
    ("facts", "backend", "why"),
    [
        (Facts("cuda:1", True, True, True, True, False), "torch", "on cuda:1"),
        (Facts("auto", True, False, False, True, True), "onnx", "torch is not installed"),
        (Facts("auto", False, False, False, False, False), "onnx", "neither torch nor model.onnx"),
        (Facts("auto", True, True, True, False, False), "torch", "on a GPU"),
        (Facts("cpu", True, True, True, False, True), "onnx", "without matrix units"),
        (Facts("cpu", False, True, False, False, False), "torch", "python -m train.export"),
        (Facts("auto", True, True, False, True, True), "torch", "much text"),
        (Facts("auto", True, True, False, True, False), "onnx", "starts at once"),
        (Facts("auto", True, True, False, False, True), "onnx", "without matrix units"),
    ],
)
def test_auto_takes_the_first_that_fits_and_says_why(facts: Facts, backend: str, why: str) -> None:
    name, reason = choose(facts)
    assert name == backend
    assert why in reason


def test_one_line_says_which_backend_runs_and_why(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "giaoban"):
        Extractor.load(SHIPPED, backend="onnx", threads=1)
    assert [record.getMessage() for record in caplog.records] == ["backend onnx (as asked for), 1 threads"]


@pytest.mark.parametrize(
    ("asked", "found", "mend"),
    [
        ({"backend": "onyx"}, "found the backend 'onyx'", "did you mean 'onnx'?"),
        ({"threads": 0}, "found 0 threads", "leave it out"),
        ({"backend": "onnx", "device": "cuda"}, "the device 'cuda'", "--backend torch"),
        ({"backend": "torch", "device": "cuda:7"}, "the device 'cuda:7'", "--device auto"),
    ],
)
def test_what_cannot_be_run_is_refused(asked: dict[str, object], found: str, mend: str) -> None:
    with pytest.raises(InputError) as caught:
        load_forward(SHIPPED, **asked)  # type: ignore[arg-type]
    assert found in str(caught.value)
    assert mend in str(caught.value)


def test_a_missing_torch_names_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data.extras, "find_spec", lambda name: None)
    assert not infer.torch_backend.torch_installed()
    with pytest.raises(InputError, match=r"no package torch.*pip install 'giaoban\[train\]'"):
        load_forward(SHIPPED, backend="torch")


def test_training_without_its_packages_ends_with_one_line(tmp_path: Path) -> None:
    hide = "import sys\nfor name in ('torch', 'onnx'):\n    sys.modules[name] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hide, encoding="utf-8")
    environment = {"PYTHONPATH": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "train.export", "models/mini"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "pip install 'giaoban[train]'" in done.stderr


@pytest.mark.parametrize(("value", "threads"), [("3", 3), ("", None), ("0", None), ("many", None)])
def test_threads_are_those_of_the_environment_else_all_cores(
    value: str, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 2, 5, 6, 7}, raising=False)
    assert default_threads() == (threads or 5)


def test_the_command_with_onnx_imports_neither_torch_nor_transformers() -> None:
    article = sorted((ROOT / "data" / "samples").glob("*.txt"))[0]
    code = (
        "import sys; from infer.__main__ import main; status = main(sys.argv[1:])\n"
        "print(status, *sorted({'torch', 'transformers', 'onnx', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(article), "--backend", "onnx"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr.startswith("INFO: backend onnx")
