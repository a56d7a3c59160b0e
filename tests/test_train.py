"""Training: the checkpoint it writes, runs that are killed, several processes, pre-trained models, refusals."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from tests.conftest import FEW, ROOT, VOCABULARY
from train.__main__ import main

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}


def run(*command: str, timeout: int = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, timeout=timeout)


def scores(folder: Path) -> dict[str, float]:
    return json.loads((folder / "giaoban.json").read_text(encoding="utf-8"))["dev"]


# ------------------------------------------------------------------ the checkpoint


def test_checkpoint_is_complete(trained: Path) -> None:
    files = {path.name for path in trained.iterdir() if path.is_file()}
    assert files == {
        "config.json", "model.safetensors", "crf.safetensors", "vocab.txt", "bpe.codes", "tokenizer_config.json",
        "giaoban.json", "README.md", "training.json", "training.png",
    }  # fmt: skip
    settings = json.loads((trained / "giaoban.json").read_text(encoding="utf-8"))
    assert settings["segmenter"] == "rdr"
    assert (settings["max_length"], settings["stride"]) == (64, 16)
    assert set(settings["fingerprints"]) == {"train", "dev"}
    assert settings["versions"]["torch"]
    assert 0 < settings["dev"]["f1"] < 1


def test_stock_transformers_load_it_and_agree(trained: Path) -> None:
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    from infer import Extractor

    extractor = Extractor.load(trained, device="cpu")
    text = "Chủ tịch UBND tỉnh yêu cầu Sở Tài chính báo cáo trước ngày 30/11/2020."
    encoded = extractor.prepare(text)
    model = AutoModelForTokenClassification.from_pretrained(trained, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(trained)
    assert type(tokenizer).__name__ == "PhobertTokenizer"
    batch = tokenizer(" ".join(encoded.words.forms), return_tensors="pt")
    assert batch["input_ids"][0].tolist() == extractor.encoder.model_inputs(encoded)[0].tolist()
    with torch.inference_mode():
        logits = model(**batch).logits[0].numpy()
    assert model.config.id2label[1] == "B-OFFICIAL"
    np.testing.assert_allclose(extractor.run([encoded])[0], logits[encoded.firsts + 1], atol=1e-5)


def test_dev_scores_are_those_of_the_best_epoch_through_the_inference_path(trained: Path) -> None:
    from data.encode import tag_words
    from data.formats import read_articles
    from infer import Extractor
    from train.scores import decode_tags, seqeval_scores

    extractor = Extractor.load(trained, device="cpu")
    articles = read_articles(FEW / "test")
    encoded = [extractor.prepare(article.text) for article in articles]
    pairs = zip(extractor.run(encoded), encoded, strict=True)
    predicted = [decode_tags(one, article.words.lines, extractor.chain) for one, article in pairs]
    gold = [
        tag_words(one.words, article.entities, extractor.labels).tags
        for one, article in zip(encoded, articles, strict=True)
    ]
    assert seqeval_scores(gold, predicted, extractor.labels) == pytest.approx(scores(trained), abs=1e-12)


def test_same_seed_same_scores_other_seed_other_scores(small_config: Path, trained: Path, tmp_path: Path) -> None:
    output = f"training.output={tmp_path / 'again'}"
    assert main([str(small_config), output]) == 0
    assert scores(tmp_path / "again") == scores(trained)
    output = f"training.output={tmp_path / 'other'}"
    assert main([str(small_config), output, "training.seed=14", "training.epochs=1"]) == 0
    assert scores(tmp_path / "other") != scores(trained)


def test_hidden_subwords_are_drawn_anew_and_special_tokens_stay() -> None:
    import torch

    from data.bpe import PhobertBPE
    from train.trainer import hide

    bpe = PhobertBPE.load(VOCABULARY)
    row = torch.arange(4, 204) % (bpe.mask - 4) + 4
    ids = torch.stack([torch.cat([torch.tensor([bpe.bos]), row, torch.tensor([bpe.eos, bpe.pad])])] * 50)
    torch.manual_seed(1)
    first, second = hide(ids, 0.12, bpe), hide(ids, 0.12, bpe)
    changed = first != ids
    assert (first[changed] == bpe.mask).all()
    assert not changed[:, [0, -2, -1]].any()
    assert changed[:, 1:-2].float().mean().item() == pytest.approx(0.12, abs=0.01)  # 10,000 draws: σ = 0.003
    assert not torch.equal(first, second)
    assert torch.equal(hide(ids, 0.0, bpe), ids)


# ------------------------------------------------------------------ killed runs


@pytest.mark.parametrize("when", ["during", "marking", "between"])
def test_killed_run_resumes_to_the_same_scores(when: str, small_config: Path, trained: Path, tmp_path: Path) -> None:
    arguments = [str(small_config), f"training.output={tmp_path / 'run'}"]
    killed = run(sys.executable, "tests/killed_run.py", when, *arguments)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "run" / "giaoban.json").exists()
    assert main([*arguments, "--resume"]) == 0
    assert scores(tmp_path / "run") == scores(trained)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (tmp_path / "run", trained)]
    assert weights[0] == weights[1]


def test_run_with_steps_and_early_stopping_resumes_to_the_same_scores(small_config: Path, tmp_path: Path) -> None:
    more = ["training.evaluate_every=3", "training.patience=4", "training.accumulate=2", "training.epochs=4"]
    more.append("training.hidden=0.1")
    whole = [str(small_config), f"training.output={tmp_path / 'whole'}", *more]
    broken = [str(small_config), f"training.output={tmp_path / 'broken'}", *more]
    assert main(whole) == 0
    assert run(sys.executable, "tests/killed_run.py", "between", *broken).returncode == -signal.SIGKILL
    assert main([*broken, "--resume"]) == 0
    assert scores(tmp_path / "broken") == scores(tmp_path / "whole")


def test_finished_run_is_neither_overwritten_nor_resumed_with_other_settings(
    small_config: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (trained / "giaoban.json").read_bytes()
    assert main([str(small_config)]) == 1
    message = capsys.readouterr().err
    assert "an earlier run" in message
    assert "--resume" in message
    assert "--overwrite" in message
    assert main([str(small_config), "training.seed=99", "--resume"]) == 1
    assert "training differ" in capsys.readouterr().err
    assert (trained / "giaoban.json").read_bytes() == before


# ------------------------------------------------------------------ several processes


def test_two_processes_score_every_dev_article_once(small_config: Path, tmp_path: Path) -> None:
    accelerate = Path(sys.executable).parent / "accelerate"
    done = run(
        str(accelerate), "launch", "--cpu", "--num_processes", "2", "-m", "train",
        str(small_config), f"training.output={tmp_path / 'two'}", "training.epochs=2", "training.batch_size=4",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "training on 2 processes" in done.stdout
    assert done.stdout.count("dev F1") == 1  # one process speaks
    # half as many steps as one process takes with batches of 4
    steps = [line.split("step ")[1].split(":")[0] for line in done.stderr.splitlines() if line.startswith("epoch ")]
    one = re.search(r"train: .* (\d+) windows", done.stdout)
    assert one
    assert steps == [str(-(-int(one[1]) // 8) * epoch) for epoch in (1, 2)]
    assert 0 <= scores(tmp_path / "two")["f1"] < 1


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("accelerate launch --cpu --num_processes 2 -m train x.yaml", 2),
        ("accelerate launch --cpu --num_processes=3 -m train x.yaml", 3),
        ("accelerate launch --cpu --num-processes 4 -m train x.yaml", 4),
        ("accelerate launch --cpu -m train x.yaml", 1),
    ],
)
def test_number_of_processes_that_accelerate_was_asked_for(
    command: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    from train.launch import processes_wanted

    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: command.split())
    assert processes_wanted() == 1  # not under accelerate
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    assert processes_wanted() == number
    monkeypatch.setenv("RANK", "0")
    assert processes_wanted() == 1  # multiplied already


def test_a_dev_article_scored_twice_is_an_error(
    small_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import train.trainer

    monkeypatch.setattr(train.trainer, "gather_object", lambda shares: shares[:-1])
    with pytest.raises(RuntimeError, match="4 of 5 dev articles"):
        main([str(small_config), f"training.output={tmp_path / 'run'}", "training.epochs=1"])


# ------------------------------------------------------------------ pre-trained models


def test_phobert_layout_fine_tunes_and_infers(phobert_folder: Path, small_config: Path, tmp_path: Path) -> None:
    from infer import Extractor

    path = tmp_path / "config.yaml"
    text = (ROOT / "configs" / "phobert-base.yaml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    arguments = [
        f"model.name={phobert_folder}", f"data.train={FEW / 'dev'}", f"data.dev={FEW / 'test'}",
        f"training.output={tmp_path / 'run'}", "training.epochs=1", "training.device=cpu",
    ]  # fmt: skip
    assert main([str(path), *arguments]) == 0
    article = Extractor.load(tmp_path / "run", device="cpu").extract("UBND tỉnh giao Sở Tài chính báo cáo.")
    assert article.to_json()["text"].startswith("UBND")
    for file in ("vocab.txt", "bpe.codes"):  # the tokenizer of the original, merge for merge
        kept, original = ((folder / file).read_text(encoding="utf-8") for folder in (tmp_path / "run", phobert_folder))
        assert [line.rsplit(" ", 1)[0] for line in kept.splitlines()] == [
            line.rsplit(" ", 1)[0] for line in original.splitlines()
        ]


def test_without_network_a_hub_name_fails_within_seconds(tmp_path: Path) -> None:
    started = time.monotonic()
    done = run(
        sys.executable, "-m", "train", "configs/phobert-base.yaml", f"training.output={tmp_path / 'run'}", timeout=60
    )
    assert time.monotonic() - started < 30
    assert done.returncode == 1
    assert "vinai/phobert-base-v2" in done.stderr
    assert "model.name=FOLDER" in done.stderr
    assert "Traceback" not in done.stderr


def refused(*arguments: str) -> str:
    """The message with which a run is refused."""
    from train.__main__ import fine_tune
    from train.config import read_config

    with pytest.raises(InputError) as caught:
        fine_tune(read_config(arguments[0], arguments[1:]), arguments[0])
    return str(caught.value)


def test_model_that_does_not_fit_is_refused(phobert_folder: Path, small_config: Path, tmp_path: Path) -> None:
    config = small_config.read_text(encoding="utf-8")
    base = tmp_path / "base.yaml"
    base.write_text(config, encoding="utf-8")
    pretrained = [
        "model.scratch=null", "model.vocabulary=null", f"training.output={tmp_path / 'run'}",
    ]  # fmt: skip
    message = refused(str(base), *pretrained, f"model.name={phobert_folder}", "window.max_length=512")
    assert "window.max_length = 512" in message
    assert "window.max_length=256" in message
    broken = tmp_path / "broken"
    shutil.copytree(phobert_folder, broken)
    (broken / "bpe.codes").unlink()
    message = refused(str(base), *pretrained, f"model.name={broken}")
    assert str(broken) in message
    assert "vocab.txt and bpe.codes" in message
    (broken / "pytorch_model.bin").unlink()
    message = refused(str(base), *pretrained, f"model.name={broken}")
    assert "config.json with model.safetensors or pytorch_model.bin" in message


def test_articles_that_are_wrong_are_refused_before_anything_loads(small_config: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    message = refused(str(small_config), f"data.train={empty}", f"training.output={tmp_path / 'run'}")
    assert str(empty) in message
    assert "no article" in message
    labels = refused(str(small_config), "labels=[OFFICIAL]", f"training.output={tmp_path / 'run'}")
    assert ".article:" in labels
    assert "configured labels (OFFICIAL)" in labels


def test_own_labels_train_and_tag_without_records(tmp_path: Path, small_config: Path) -> None:
    from infer import Extractor

    rows = "Sở_Tài_chính B-ORG\nhọp O\nngày B-DATE\n30/11 I-DATE\n\n" * 8
    for split in ("train", "dev"):
        (tmp_path / f"{split}.conll").write_text(rows, encoding="utf-8")
    arguments = [
        "labels=[ORG,DATE]", "data.train=null", "data.dev=null", f"data.source={tmp_path}",
        f"training.output={tmp_path / 'run'}", "training.epochs=8",
    ]  # fmt: skip
    assert main([str(small_config), *arguments]) == 0
    article = Extractor.load(tmp_path / "run", device="cpu").extract("Sở Tài chính họp ngày 30/11")
    assert [(e.label, e.text) for e in article.entities] == [("ORG", "Sở Tài chính"), ("DATE", "ngày 30/11")]
    assert article.directives == []


def test_importing_infer_loads_no_torch() -> None:
    code = "import infer, sys; assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    assert run(sys.executable, "-c", code).returncode == 0
