"""Pre-training: what is read, how it is masked, and that a run that was killed ends as an unbroken one."""

from __future__ import annotations

import ast
import lzma
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from data.bpe import PhobertBPE
from data.encode import IGNORED
from data.errors import InputError
from data.segment import load_segmenter
from tests.conftest import ROOT
from train.config import PretrainConfig, PretrainingConfig, read_pretrain_config
from train.corpus import Tokens, encode_corpus, text_files
from train.embeddings import cooccurrence, pmi_embeddings
from train.pretrain import main
from train.stream import batch, likeness, make_plans
from train.vocabulary import write_vocabulary

PROPERTY = settings(derandomize=True, deadline=None, max_examples=60)
WORDS = "UBND tỉnh yêu_cầu Sở Tài_chính báo_cáo trước ngày 30/11 . , và các huyện giải_ngân vốn".split()


def _text(documents: int, seed: int = 1) -> str:
    """Documents of two lines, in which each word foretells the next."""
    random = np.random.default_rng(seed)
    lines = []
    for _ in range(documents):
        for _ in range(2):
            start, length = random.integers(len(WORDS)), random.integers(3, 30)
            lines.append(" ".join(WORDS[(start + place) % len(WORDS)] for place in range(length)))
        lines.append("")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "news.txt.xz"
    path.write_bytes(lzma.compress(_text(90).encode()))
    return path


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from collections import Counter

    folder = tmp_path_factory.mktemp("vocabulary")
    write_vocabulary(Counter(_text(90).split()), 60, folder)
    return folder


@pytest.fixture(scope="module")
def tokens(text: Path, vocabulary: Path) -> Tokens:
    return encode_corpus([text], load_segmenter("none"), PhobertBPE.load(vocabulary))


def settings_of(**values: object) -> PretrainingConfig:
    given = {"output": "runs/x", "windows": {16: 0.5, 32: 0.5}, "tokens_per_step": 64, "learning_rate": 1e-3}
    return PretrainingConfig.model_validate({**given, **values})


# ------------------------------------------------------------------ text


def test_documents_are_encoded_whole_each_with_its_end(tokens: Tokens, vocabulary: Path) -> None:
    bpe = PhobertBPE.load(vocabulary)
    documents = [part.split() for part in _text(90).split("\n\n") if part.strip()]
    assert len(tokens.documents) == len(documents) + 1
    for number, words in enumerate(documents):
        part = slice(tokens.documents[number], tokens.documents[number + 1])
        assert tokens.ids[part].tolist() == [*bpe.encode(words)[0].tolist(), bpe.eos]
        assert int(tokens.firsts[part].sum()) == len(words) + 1


def test_text_is_found_plain_and_compressed_in_files_and_folders(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt.gz", "c.md", "inner/d.txt.xz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in text_files([tmp_path])] == ["a.txt.gz", "b.txt", "d.txt.xz"]
    with pytest.raises(InputError, match=r"c\.md: found no text"):
        text_files([tmp_path / "c.md"])
    with pytest.raises(InputError, match="no such file"):
        text_files([tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("a.txt", "một\nhai\nb".encode() + b"\xff\n", r"a\.txt:3:2: found byte 0xff"),
        ("a.txt.xz", b"no xz at all", "readable file"),
        ("a.txt", b"\n\n\n", "no words"),
    ],
)
def test_text_that_cannot_be_read_is_named(tmp_path: Path, vocabulary: Path, name: str, raw: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(InputError, match=said) as caught:
        encode_corpus([tmp_path / name], load_segmenter("none"), PhobertBPE.load(vocabulary))
    assert name in str(caught.value)


# ------------------------------------------------------------------ the stream


@PROPERTY
@given(seed=st.integers(0, 1000), passes=st.integers(1, 3))
def test_every_document_that_is_not_held_out_is_read_once_a_pass(tokens: Tokens, seed: int, passes: int) -> None:
    plan, held_out = make_plans(settings_of(seed=seed, passes=passes), tokens, None)
    documents = len(tokens.documents) - 1
    assert not set(plan.order.tolist()) & set(held_out.order.tolist())
    counts = np.bincount(plan.order, minlength=documents)
    assert set(counts[plan.order].tolist()) == {passes}
    assert len(set(plan.order.tolist())) + len(held_out.order) == documents
    # windows follow each other without a gap, and what is left at the end makes no step
    read = [64 // int(length) * (int(length) - 2) for length in plan.lengths]
    assert plan.offsets.tolist() == [0, *np.cumsum(read)[:-1].tolist()]
    assert plan.starts[-1] - sum(read) < 200


def test_documents_like_the_domain_are_read_again_and_last(tokens: Tokens, vocabulary: Path) -> None:
    bpe = PhobertBPE.load(vocabulary)
    domain, _ = bpe.encode(["UBND", "tỉnh"] * 50)
    near = likeness(tokens, domain, bpe.size)
    best = int(np.argmax(near))
    shares = [
        np.isin(tokens.ids[a:b], domain).mean() for a, b in zip(tokens.documents, tokens.documents[1:], strict=False)
    ]
    assert shares[best] > 1.3 * np.mean(shares)
    config = settings_of(domain={"articles": "x", "share": 0.2, "passes": 2})
    plan, held_out = make_plans(config, tokens, near)
    counts = np.bincount(plan.order, minlength=len(near))
    again = np.flatnonzero(counts == 3)
    assert set(plan.order[-2 * len(again) :].tolist()) == set(again.tolist())
    rest = np.setdiff1d(np.flatnonzero(counts == 1), held_out.order)
    assert near[again].min() >= near[rest].max()
    alone, _ = make_plans(config.model_copy(update={"passes": 0}), tokens, near)
    assert set(np.bincount(alone.order)[again].tolist()) == {2} and set(alone.order.tolist()) == set(again.tolist())


def test_nothing_to_read_is_refused(tokens: Tokens) -> None:
    with pytest.raises(InputError, match="something to read"):
        make_plans(settings_of(passes=0), tokens, None)


@PROPERTY
@given(seed=st.integers(0, 1000), masked=st.floats(0.05, 0.9))
def test_words_are_masked_whole_and_the_rest_is_left(
    tokens: Tokens, vocabulary: Path, seed: int, masked: float
) -> None:
    bpe = PhobertBPE.load(vocabulary)
    config = settings_of(seed=seed, masked=masked)
    plan, _ = make_plans(config, tokens, None)
    step = seed % plan.steps
    ids, places, gold = batch(tokens, plan, step, bpe, config)
    assert len(places) % 256 == 0
    places, gold = places[gold != IGNORED], gold[gold != IGNORED]
    count, length = ids.shape
    assert count * length == 64
    assert set(ids[:, 0].tolist()) == {bpe.bos}
    assert set(ids[:, -1].tolist()) == {bpe.eos}
    stream = np.concatenate([np.arange(tokens.documents[d], tokens.documents[d + 1]) for d in plan.order])
    part = stream[plan.offsets[step] : plan.offsets[step] + count * (length - 2)]
    true = ids.ravel().copy()
    true[places] = gold
    assert true.reshape(count, length)[:, 1:-1].ravel().tolist() == tokens.ids[part].tolist()
    hidden = np.zeros(count * length, dtype=bool)
    hidden[places] = True
    inner = hidden.reshape(count, length)[:, 1:-1].ravel()
    word = np.cumsum(tokens.firsts[part])
    for number in np.unique(word):
        assert len(set(inner[word == number].tolist())) == 1
    assert not inner[tokens.ids[part] == bpe.eos].any()


def test_a_share_of_the_words_is_masked(tokens: Tokens, vocabulary: Path) -> None:
    bpe = PhobertBPE.load(vocabulary)
    config = settings_of(masked=0.3)
    plan, _ = make_plans(config, tokens, None)
    rows = []
    for step in range(plan.steps):
        ids, places, gold = batch(tokens, plan, step, bpe, config)
        rows.append((ids, places[gold != IGNORED]))
    hidden = sum(len(places) for _, places in rows)
    assert hidden / sum(ids.size for ids, _ in rows) == pytest.approx(0.3 * 0.91, abs=0.04)
    as_mask = sum(int((ids.ravel()[places] == bpe.mask).sum()) for ids, places in rows)
    assert as_mask / hidden == pytest.approx(0.8, abs=0.05)


# ------------------------------------------------------------------ embeddings


def test_pairs_are_counted_by_distance() -> None:
    counts = cooccurrence(np.array([0, 1, 2, 0]), 3)
    # 0-1: distances 1 and 2; 0-2: 2 and 1; 1-2: 1; 0-0: 3, from both sides
    assert counts.tolist() == [[1.0, 1.75, 1.75], [1.75, 0.0, 1.0], [1.75, 1.0, 0.0]]


def test_words_of_like_neighbours_get_like_vectors() -> None:
    random = np.random.default_rng(3)
    # 0 and 1 stand between 4 and 5; 2 and 3 between 6 and 7
    parts = [
        [4, int(random.integers(0, 2)), 5] if random.random() < 0.5 else [6, int(random.integers(2, 4)), 7]
        for _ in range(3000)
    ]
    vectors = pmi_embeddings(np.array(parts).ravel(), 9, 4, seed=1)
    assert vectors.shape == (9, 4)
    assert np.isfinite(vectors).all()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > 0.9
    assert unit[2] @ unit[3] > 0.9
    assert unit[0] @ unit[2] < 0.5


# ------------------------------------------------------------------ the command


def arguments(text: Path, vocabulary: Path, output: Path, *more: str) -> list[str]:
    return [
        str(ROOT / "configs" / "pretrain-mini.yaml"),
        f"text=[{text}]",
        f"model.vocabulary={vocabulary}",
        "model.scratch={layers: 2, hidden_size: 32, heads: 2, dropout: 0.0}",
        f"pretraining.output={output}",
        "pretraining.windows={16: 0.5, 32: 0.5}",
        "pretraining.tokens_per_step=256",
        "pretraining.save_every=10",
        f"pretraining.domain.articles={ROOT / 'data' / 'articles' / 'dev'}",
        *more,
    ]


def test_a_run_lowers_the_loss_and_leaves_an_encoder(
    text: Path, vocabulary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers import AutoModelForMaskedLM

    assert (
        main(
            arguments(text, vocabulary, tmp_path / "made", "pretraining.learning_rate=4.0e-3", "pretraining.passes=10")
        )
        == 0
    )
    said = capsys.readouterr()
    losses = [float(line.rpartition(" ")[2]) for line in said.err.splitlines() if "held-out loss" in line]
    assert losses[-1] < losses[0] - 0.2
    model = AutoModelForMaskedLM.from_pretrained(tmp_path / "made")
    assert model.config.hidden_size == 32
    weights = load_file(tmp_path / "made" / "model.safetensors")
    assert {str(value.dtype) for value in weights.values()} == {"float16"}
    assert PhobertBPE.load(tmp_path / "made").size == model.config.vocab_size
    # another run does not write over it
    assert main(arguments(text, vocabulary, tmp_path / "made")) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main(arguments(text, vocabulary, tmp_path / "made", "--resume")) == 1
    assert "another configuration" in capsys.readouterr().err


def test_a_killed_run_goes_on_as_an_unbroken_one(text: Path, vocabulary: Path, tmp_path: Path) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    assert main(arguments(text, vocabulary, unbroken)) == 0
    script = (
        "import os, signal, sys; from train import pretrain; save = pretrain.Loop.save\n"
        "def killed(self, file):\n"
        "    if self.step == 20: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    save(self, file)\n"
        "pretrain.Loop.save = killed; pretrain.main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", script, *arguments(text, vocabulary, broken)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == -9
    assert not (broken / "model.safetensors").exists()
    assert main([*arguments(text, vocabulary, broken), "--resume"]) == 0
    assert (broken / "model.safetensors").read_bytes() == (unbroken / "model.safetensors").read_bytes()


def test_a_pre_trained_model_is_adapted(text: Path, phobert_folder: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForMaskedLM

    output = tmp_path / "adapted"
    given = [
        str(ROOT / "configs" / "adapt-phobert.yaml"),
        f"text=[{text}]",
        "segmenter=none",
        f"model.name={phobert_folder}",
        f"pretraining.output={output}",
        "pretraining.windows={32: 1.0}",
        "pretraining.tokens_per_step=256",
        "pretraining.passes=1",
    ]
    assert main(given) == 0
    before, after = (
        AutoModelForMaskedLM.from_pretrained(folder).get_input_embeddings().weight.detach().float().numpy()
        for folder in (phobert_folder, output)
    )
    assert before.shape == after.shape
    assert 0 < np.abs(before - after).max() < 0.1


def test_every_key_of_pre_training_is_read() -> None:
    read = {
        node.attr
        for name in ("pretrain.py", "stream.py", "model.py")
        for node in ast.walk(ast.parse((ROOT / "train" / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    sections = [PretrainConfig, PretrainingConfig]
    assert [key for section in sections for key in section.model_fields if key not in read] == []
    assert read_pretrain_config(ROOT / "configs" / "pretrain-mini.yaml").pretraining.domain is not None
