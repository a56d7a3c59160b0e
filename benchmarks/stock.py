"""transformers' token-classification pipeline as a side, and a tagger of PhoBERT-base's size to run both on.

In: a checkpoint folder. Out: tags of sentences whose words are segmented already, as its users have to give them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sides import ROOT, seconds
from data.bpe import CODES_FILE, VOCAB_FILE, PhobertBPE
from data.encode import bio_tags
from data.schema import LABELS, Article
from data.segment import DEFAULT, segment
from infer import Extractor
from infer.checkpoint import Settings
from infer.runtime import pad

BATCH_SIZES = (1, 8, 16, 32, 64)
SUBWORDS, LAYERS, WIDTH = 64_000, 12, 768  # of PhoBERT-base: lines of vocab.txt, and its shape
EXACT = "torch-float32"  # the backend that computes as the pipeline does

Sentence = list[str]  # word forms, `_` within


class StockPipeline:
    """`pipeline("token-classification")`: float32, its tokenizer, sentences cut off where the model's positions end."""

    def __init__(self, folder: str) -> None:
        import torch
        from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        model = AutoModelForTokenClassification.from_pretrained(folder, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        self._pipe: Any = pipeline("token-classification", model=model, tokenizer=tokenizer, device="cpu")

    def tag(self, sentences: Sequence[Sentence], batch_size: int, **more: Any) -> list[list[dict[str, Any]]]:
        """What it finds in each sentence."""
        found: list[list[dict[str, Any]]] = self._pipe(
            [" ".join(one) for one in sentences], batch_size=batch_size, **more
        )
        return found

    def best_batch_size(self, sentences: Sequence[Sentence]) -> tuple[int, str]:
        """The fastest of BATCH_SIZES, and what all of them reached. The fastest of two runs each."""
        self.tag(sentences[:64], 64)  # warm
        times = {size: min(seconds(partial(self.tag, sentences, size)) for _ in range(2)) for size in BATCH_SIZES}
        told = ", ".join(f"{size}: {len(sentences) / time:.0f}" for size, time in times.items())
        return min(times, key=lambda size: times[size]), told


def sentences(extractor: Extractor, articles: Sequence[Article]) -> list[Sentence]:
    """The words of all sentences."""
    words = [segment(article.text, extractor.encoder.segmenter) for article in articles]
    return [one.forms[a:b] for one in words for a, b in pairwise(one.sentences.tolist()) if b > a]


def agreement(extractor: Extractor, stock: StockPipeline, given: Sequence[Sentence]) -> float:
    """Share of words to which both give the same likeliest tag, each sentence by itself."""
    bpe, number = extractor.encoder.bpe, {tag: k for k, tag in enumerate(bio_tags(extractor.labels))}
    room = extractor.encoder.max_length - 2
    same = total = 0
    theirs = stock.tag(given, 16, ignore_labels=[])
    for start in range(0, len(given), 16):
        encoded = [bpe.encode(words) for words in given[start : start + 16]]
        framed = [np.concatenate(([bpe.bos], ids[:room], [bpe.eos])) for ids, _ in encoded]
        ids, mask = pad(framed, bpe.pad)
        logits = extractor.forward(ids, mask, mask > 0)
        at = 0
        for row, (_, lengths) in enumerate(encoded):
            firsts = np.cumsum(lengths) - lengths + 1
            firsts = firsts[firsts <= room]
            found = {token["index"]: number[token["entity"]] for token in theirs[start + row]}
            ours = logits[at + firsts].argmax(-1).tolist()
            at += len(framed[row])
            same += sum(found[place] == tag for place, tag in zip(firsts.tolist(), ours, strict=True))
            total += len(firsts)
    return same / total


def make_phobert(folder: Path) -> None:
    """A tagger of PhoBERT-base's shape with random weights; its vocabulary is the shipped one, filled up with lines."""
    import torch
    from transformers import RobertaConfig

    from train.checkpoint import library_versions, write_checkpoint
    from train.crf import Tagger
    from train.model import tag_maps

    source = ROOT / "models" / "mini-encoder"
    lines = (source / VOCAB_FILE).read_text(encoding="utf-8").splitlines()
    lines += [f"filler{number} 1" for number in range(SUBWORDS - len(lines))]
    with tempfile.TemporaryDirectory(prefix="giaoban-") as vocabulary:
        Path(vocabulary, VOCAB_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
        Path(vocabulary, CODES_FILE).write_bytes((source / CODES_FILE).read_bytes())
        bpe = PhobertBPE.load(vocabulary)
    config = RobertaConfig(
        vocab_size=bpe.size,
        num_hidden_layers=LAYERS,
        hidden_size=WIDTH,
        num_attention_heads=WIDTH // 64,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=258,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        tokenizer_class="PhobertTokenizer",
        **tag_maps(LABELS),
    )
    torch.manual_seed(0)
    about = Settings(
        labels=list(LABELS),
        segmenter=DEFAULT,
        max_length=256,
        stride=64,
        fingerprints={},
        versions=library_versions(),
        dev={},
    )
    write_checkpoint(folder, Tagger(config), bpe, about, about.max_length, {})


def backends(folder: Path) -> dict[str, Extractor]:
    """The checkpoint on every backend there is, the exact one first."""
    export = [sys.executable, "-m", "train.export", str(folder)]
    done = subprocess.run(export, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        print(f"  no onnx: {(done.stderr.strip() or 'the export failed').splitlines()[-1]}", flush=True)
    names = [EXACT, "torch"] + ["onnx"] * (done.returncode == 0)
    return {name: Extractor.load(folder, device="cpu", backend=name) for name in names}
