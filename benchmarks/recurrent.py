"""Two of the peers of benchmarks/peers.py, on torch: a plain BiLSTM-CRF, and the stock recipe on a pre-trained encoder.

In: lists of words with their tag numbers. Out: models with `train_epoch(rows, epoch)` and `tag(lines)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from data.bpe import PhobertBPE
from data.encode import IGNORED
from infer.decode import Chain, legal_chain, viterbi
from infer.runtime import pad
from train.crf import ChainLoss

Row = tuple[list[str], list[int]]
_BATCH = 32
# few different lengths of batches: CPU kernels are compiled, and kept, for each one that they meet
_ROUND = 32


def _batches(count: int, lengths: Sequence[int], epoch: int | None, size: int) -> list[np.ndarray]:
    """Indices in batches of like length; in random order where an epoch is given."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    batches = [order[start : start + size] for start in range(0, count, size)]
    if epoch is None:
        return batches
    return [batches[index] for index in np.random.default_rng(epoch).permutation(len(batches))]


class BiLstmCrf(nn.Module):
    """Words seen twice and more have an embedding; all have their character trigrams' (hashed, summed); Adam, 2e-3."""

    def __init__(self, lines: Sequence[Sequence[str]], tags: int) -> None:
        super().__init__()
        torch.manual_seed(13)
        counts = Counter(word.lower() for line in lines for word in line)
        self.known = {word: number for number, word in enumerate((w for w, n in counts.items() if n > 1), 2)}
        self.words = nn.Embedding(len(self.known) + 2, 100, padding_idx=0)
        self.trigrams = nn.EmbeddingBag(20_000, 50, mode="sum")
        self.shapes = nn.Embedding(8, 10)
        self.lstm = nn.LSTM(160, 128, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.4)
        self.out = nn.Linear(256, tags)
        self.crf = ChainLoss(tags)
        self.tags = tags
        self.optimizer = torch.optim.Adam(self.parameters(), lr=2e-3)

    def _scores(self, lines: Sequence[Sequence[str]]) -> torch.Tensor:
        longest = max(map(len, lines))
        ids = torch.zeros(len(lines), longest, dtype=torch.long)
        shapes = torch.zeros(len(lines), longest, dtype=torch.long)
        flat: list[int] = []
        offsets: list[int] = []
        for row, line in enumerate(lines):
            for place in range(longest):
                offsets.append(len(flat))
                if place < len(line):
                    word = line[place]
                    ids[row, place] = self.known.get(word.lower(), 1)
                    shapes[row, place] = (
                        1 + word[0].isupper() + 2 * word.isupper() + 4 * word[0].isdigit() * (len(word) < 3)
                    )
                    text = f"<{word}>"
                    flat += [_hash(text[i : i + 3]) % 20_000 for i in range(max(1, len(text) - 2))]
        grams = self.trigrams(torch.tensor(flat), torch.tensor(offsets)).view(len(lines), longest, -1)
        shapes = shapes.clamp(max=7)
        hidden, _ = self.lstm(self.dropout(torch.cat((self.words(ids), grams, self.shapes(shapes)), -1)))
        scores: torch.Tensor = self.out(self.dropout(hidden))
        return scores

    def train_epoch(self, rows: Sequence[Row], epoch: int) -> None:
        self.train()
        rows = [row for row in rows if row[0]]
        for batch in _batches(len(rows), [len(words) for words, _ in rows], epoch, _BATCH):
            labels, _ = pad([np.array(rows[index][1]) for index in batch], IGNORED)
            begins = torch.zeros(labels.shape, dtype=torch.bool)
            begins[:, 0] = True
            loss = self.crf(self._scores([rows[index][0] for index in batch]), torch.from_numpy(labels), begins)
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 5.0)
            self.optimizer.step()

    @torch.no_grad()
    def tag(self, lines: list[list[str]]) -> list[list[int]]:
        """The best legal tags of each line."""
        self.eval()
        learned = Chain(*self.crf.learned().values())
        legal = legal_chain(self.tags)
        chain = Chain(legal.transitions + learned.transitions, legal.start + learned.start)
        out: list[list[int]] = [[] for _ in lines]
        filled = [number for number, line in enumerate(lines) if line]
        for batch in _batches(len(filled), [len(lines[number]) for number in filled], None, 64):
            chosen = [filled[index] for index in batch]
            scores = self._scores([lines[number] for number in chosen]).double().numpy()
            bounds = np.cumsum([0] + [len(lines[number]) for number in chosen])
            words = np.concatenate([row[: len(lines[number])] for number, row in zip(chosen, scores, strict=True)])
            best = viterbi(words, bounds, chain)
            for number, tags in zip(chosen, np.split(best, bounds[1:-1]), strict=True):
                out[number] = tags.tolist()
        return out


def _hash(text: str) -> int:
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


class StockClassifier:
    """transformers' AutoModelForTokenClassification as its example fine-tunes it: labels on first subwords, softmax."""

    EPOCHS, LENGTH, RATE, BATCH = 8, 256, 3e-4, 16

    def __init__(self, encoder: str, tags: int) -> None:
        from transformers import AutoModelForTokenClassification
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        torch.manual_seed(13)
        self.bpe = PhobertBPE.load(encoder)
        self.model: Any = AutoModelForTokenClassification.from_pretrained(encoder, num_labels=tags).float()
        self.longest = min(self.LENGTH, self.model.config.max_position_embeddings - 2)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.RATE, weight_decay=0.01, fused=True)

    def _encode(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Ids with special tokens, cut off; positions of first subwords that are left."""
        ids, lengths = self.bpe.encode(words)
        firsts = np.cumsum(lengths) - lengths
        room = self.longest - 2
        framed = np.concatenate(([self.bpe.bos], ids[:room], [self.bpe.eos]))
        return framed, firsts[firsts < room] + 1

    def train_epoch(self, rows: Sequence[Row], epoch: int) -> None:
        self.model.train()
        made = []
        for words, tags in rows:
            if words:
                ids, firsts = self._encode(words)
                labels = np.full(len(ids), IGNORED)
                labels[firsts] = tags[: len(firsts)]
                made.append((ids, labels))
        batches = _batches(len(made), [len(ids) for ids, _ in made], epoch, self.BATCH)
        total = self.EPOCHS * len(batches)
        for step, batch in enumerate(batches, epoch * len(batches)):
            for group in self.optimizer.param_groups:
                group["lr"] = self.RATE * min(1.0, (step + 1) / (0.1 * total), (total - step) / (0.9 * total))
            ids, mask = pad([made[index][0] for index in batch], self.bpe.pad, _ROUND)
            labels, _ = pad([made[index][1] for index in batch], IGNORED, _ROUND)
            loss = self.model(
                input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask), labels=torch.from_numpy(labels)
            ).loss
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()

    @torch.no_grad()
    def tag(self, lines: list[list[str]]) -> list[list[int]]:
        """The likeliest tag of each word by itself; O beyond the first subwords that fit."""
        self.model.eval()
        out: list[list[int]] = [[0] * len(line) for line in lines]
        filled = [number for number, line in enumerate(lines) if line]
        encoded = {number: self._encode(lines[number]) for number in filled}
        for batch in _batches(len(filled), [len(encoded[number][0]) for number in filled], None, 32):
            chosen = [filled[index] for index in batch]
            ids, mask = pad([encoded[number][0] for number in chosen], self.bpe.pad, _ROUND)
            logits = self.model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits
            best = logits.argmax(-1).numpy()
            for row, number in enumerate(chosen):
                firsts = encoded[number][1]
                out[number][: len(firsts)] = best[row, firsts].tolist()
        return out
