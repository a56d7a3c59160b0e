"""`python -m train.publish`: what is pushed to the hub, what is written instead, and what is refused. No network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest
from huggingface_hub import RepoUrl
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import filter_repo_objects

import train.publish
from tests.conftest import ROOT
from train.publish import main

FILES = [
    "README.md", "bpe.codes", "config.json", "crf.safetensors", "giaoban.json", "model.safetensors",
    "tokenizer_config.json", "training.json", "training.png", "vocab.txt",
]  # fmt: skip


class Hub:
    """Stands in for HfApi: keeps what it is asked for."""

    calls: ClassVar[list[tuple[str, Any]]] = []
    fails: ClassVar[Exception | None] = None

    def __init__(self, token: str) -> None:
        self.calls.append(("token", token))

    def create_repo(self, repo_id: str, **options: Any) -> RepoUrl:
        self.calls.append(("create_repo", {"repo_id": repo_id, **options}))
        if self.fails:
            raise self.fails
        return RepoUrl(f"https://huggingface.co/{repo_id if '/' in repo_id else f'me/{repo_id}'}")

    def upload_folder(self, **options: Any) -> None:
        self.calls.append(("upload_folder", options))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> type[Hub]:
    Hub.calls, Hub.fails = [], None
    monkeypatch.setattr(train.publish, "HfApi", Hub)
    monkeypatch.setattr(train.publish, "get_token", lambda: "hf_given")
    return Hub


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    """A copy of a checkpoint, with the trainer's own files and something private beside it."""
    folder = tmp_path / "mine"
    shutil.copytree(trained, folder)
    (folder / "run" / "checkpoints").mkdir(exist_ok=True)
    (folder / "run" / "checkpoints" / "optimizer.pt").write_bytes(b"state")
    (folder / ".env").write_text("HF_TOKEN=secret", encoding="utf-8")
    (folder / "notes.txt").write_text("private", encoding="utf-8")
    return folder


def pushed(options: dict[str, Any]) -> list[str]:
    """The files that `upload_folder` takes with these options, chosen as the hub's client chooses them."""
    root = Path(options["folder_path"])
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(filter_repo_objects(files, allow_patterns=options["allow_patterns"]))


def test_the_checkpoint_is_pushed_and_nothing_else(
    hub: type[Hub], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(model), "name/mine"]) == 0
    (_, token), (_, made), (_, uploaded) = hub.calls
    assert token == "hf_given"
    assert made == {"repo_id": "name/mine", "private": None, "exist_ok": True}
    assert uploaded["repo_id"] == "name/mine"
    assert pushed(uploaded) == FILES
    assert "pushed: https://huggingface.co/name/mine" in capsys.readouterr().out


def test_a_dry_run_writes_exactly_what_would_be_pushed(hub: type[Hub], model: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    assert main([str(model), "name/mine", "--dry-run", str(there)]) == 0
    assert hub.calls == []
    assert main([str(model), "name/mine"]) == 0
    names = pushed(hub.calls[-1][1])
    assert sorted(path.relative_to(there).as_posix() for path in there.rglob("*")) == names
    assert all((there / name).read_bytes() == (model / name).read_bytes() for name in names)


def test_what_a_dry_run_wrote_is_a_checkpoint(model: Path, tmp_path: Path) -> None:
    from infer import Extractor

    assert main([str(model), "mine", "--dry-run", str(tmp_path / "there")]) == 0
    assert Extractor.load(tmp_path / "there", device="cpu").extract("UBND tỉnh họp.").text == "UBND tỉnh họp."


def test_private_repositories_and_names_without_an_owner(hub: type[Hub], model: Path) -> None:
    assert main([str(model), "mine", "--private"]) == 0
    assert hub.calls[1][1] == {"repo_id": "mine", "private": True, "exist_ok": True}
    assert hub.calls[2][1]["repo_id"] == "me/mine"  # as the hub completed it


# ------------------------------------------------------------------ refusals


def refused(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("language: vi", "", "no language"),
        ("language: vi", "language: en", "expected language: vi"),
        ("license: apache-2.0", "", "no license"),
        (
            "pipeline_tag: token-classification",
            "pipeline_tag: fill-mask",
            "expected pipeline_tag: token-classification",
        ),
        ("language: vi", "language: [vi", "metadata that cannot be read"),
        ("model-index:\n", "model-index:\n- x: 1\n", "metadata that cannot be read"),
        ("---\n", "", "no language"),
    ],
)
def test_a_card_that_the_hub_would_not_read_is_refused_before_anything_is_sent(
    old: str, new: str, said: str, hub: type[Hub], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = model / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    message = refused(str(model), "name/mine", capsys=capsys)
    assert said in message
    assert "README.md" in message
    assert hub.calls == []


@pytest.mark.parametrize("missing", ["README.md", "vocab.txt", "crf.safetensors", "giaoban.json", "config.json"])
def test_a_folder_that_is_no_whole_checkpoint_is_refused(
    missing: str, hub: type[Hub], model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / missing).unlink()
    there = tmp_path / "there"
    assert missing in refused(str(model), "name/mine", "--dry-run", str(there), capsys=capsys)
    assert missing in refused(str(model), "name/mine", capsys=capsys)
    assert hub.calls == []
    assert not there.exists()


@pytest.mark.parametrize("name", ["a/b/c", "bad name", "a--b", "x.git"])
def test_a_name_that_the_hub_does_not_take_is_refused(
    name: str, hub: type[Hub], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "NAME/REPOSITORY" in refused(str(model), name, capsys=capsys)
    assert hub.calls == []


def test_without_a_token_it_says_how_to_get_one(
    hub: type[Hub], model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train.publish, "get_token", lambda: None)
    assert "hf auth login" in refused(str(model), "name/mine", capsys=capsys)
    assert hub.calls == []


@pytest.mark.parametrize(("status", "said"), [(403, "may not write to name/mine"), (500, "the hub's answer 500")])
def test_what_the_hub_answers_is_said(
    status: int, said: str, hub: type[Hub], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    response = httpx2.Response(status, request=httpx2.Request("POST", "https://huggingface.co/api/repos/create"))
    hub.fails = HfHubHTTPError("no", response=response, server_message="not so")
    message = refused(str(model), "name/mine", capsys=capsys)
    assert said in message
    assert "not so" in message


def test_a_folder_with_something_in_it_is_not_written_over(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "kept.txt").write_text("kept", encoding="utf-8")
    assert "something there already" in refused(str(model), "mine", "--dry-run", str(there), capsys=capsys)
    assert [path.name for path in there.iterdir()] == ["kept.txt"]


def test_the_real_client_without_a_network_ends_with_a_message(model: Path) -> None:
    environment = os.environ | {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_TOKEN": "hf_none"}
    command = [sys.executable, "-m", "train.publish", str(model), "name/mine"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "no way to the Hugging Face hub" in done.stderr
    assert "Traceback" not in done.stderr
