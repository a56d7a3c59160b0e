"""The chain over words: its loss is the definition's, it begins anew at lines, and it stays out of stock weights."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from data.encode import IGNORED
from data.errors import InputError
from infer.checkpoint import CHAIN_FILE, read_chain, read_settings
from infer.decode import legal_chain
from train.crf import ChainLoss

PROPERTY = settings(derandomize=True, deadline=None, max_examples=60)


def _likelihood(scores: np.ndarray, tags: list[int], begins: list[bool], chain: ChainLoss) -> float:
    """Negative log likelihood of one window's tags by enumeration."""
    transitions, start = (part.detach().double().numpy() for part in chain.scores())

    def total(sequence: tuple[int, ...]) -> float:
        value = 0.0
        for place, tag in enumerate(sequence):
            if begins[place]:
                value += start[tag]
            elif place:
                value += transitions[sequence[place - 1], tag]
            value += scores[place, tag]
        return float(value)

    all_totals = [total(sequence) for sequence in itertools.product(range(scores.shape[1]), repeat=len(tags))]
    return float(np.logaddexp.reduce(all_totals) - total(tuple(tags)))


@PROPERTY
@given(seed=st.integers(0, 2**32), windows=st.integers(1, 3))
def test_the_loss_is_the_likelihood_of_the_words_tags(seed: int, windows: int) -> None:
    chance = np.random.default_rng(seed)
    chain = ChainLoss(3)
    for part in (chain.transitions, chain.start):
        part.data = torch.from_numpy(chance.normal(size=tuple(part.shape))).float()
    longest = 9
    logits = chance.normal(scale=2.0, size=(windows, longest, 3)).astype(np.float32)
    labels = np.full((windows, longest), IGNORED)
    begins = chance.random((windows, longest)) < 0.3
    expected, words = 0.0, 0
    for row in range(windows):
        places = np.sort(chance.choice(longest, int(chance.integers(1, 5)), replace=False))
        tags: list[int] = []
        for place in places:
            before = tags[-1] if tags and not begins[row, place] else 0
            legal = [0, 1, 2] if (tags and before) or not (tags or begins[row, place]) else [0, 1]
            tags.append(int(chance.choice(legal)))
        labels[row, places] = tags
        expected += _likelihood(logits[row, places].astype(np.float64), tags, begins[row, places].tolist(), chain)
        words += len(tags)
    loss = chain(torch.from_numpy(logits), torch.from_numpy(labels), torch.from_numpy(begins))
    assert float(loss.detach()) == pytest.approx(expected / words, rel=1e-4, abs=1e-4)


def test_what_bio_forbids_is_learned_by_nobody() -> None:
    chain = ChainLoss(9)
    chain.transitions.data += 3.0
    chain.start.data += 3.0
    learned = chain.learned()
    legal = legal_chain(9)
    assert set(learned["transitions"][legal.transitions < 0].tolist()) == {0.0}
    assert set(learned["transitions"][legal.transitions == 0].tolist()) == {3.0}
    assert set(learned["start"][legal.start < 0].tolist()) == {0.0}


def test_a_checkpoint_keeps_the_chain_beside_weights_that_stock_transformers_load(trained: Path) -> None:
    from transformers import AutoModelForTokenClassification

    model, loading = AutoModelForTokenClassification.from_pretrained(trained, output_loading_info=True)
    assert not loading["unexpected_keys"]
    assert not loading["missing_keys"]
    assert type(model).__name__ == "RobertaForTokenClassification"
    chain = read_chain(trained, read_settings(trained))
    legal = legal_chain(9)
    assert np.abs((chain.transitions - legal.transitions)[legal.transitions == 0]).max() > 0


@pytest.mark.parametrize(
    "change",
    [
        lambda values: {"transitions": values["transitions"]},
        lambda values: {**values, "start": values["start"][:3]},
        lambda values: {**values, "start": values["start"] * np.float32("nan")},
        lambda values: {**values, "more": values["start"]},
    ],
)
def test_a_chain_of_other_labels_is_refused(trained: Path, tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    save_file(change(load_file(trained / CHAIN_FILE)), tmp_path / CHAIN_FILE)
    with pytest.raises(InputError, match=r"transitions \[9, 9\] and start \[9\]"):
        read_chain(tmp_path, read_settings(trained))


def test_a_checkpoint_without_its_chain_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"crf\.safetensors"):
        read_chain(tmp_path, read_settings(trained))
