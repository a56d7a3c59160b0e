"""The relation model: a small RoBERTa that reads an article with its mentions marked, and says what each of them is.

Flows in: a `Scene`. Flows out: an `Opinion`: log chances of the roles of each mention, and scores of a mention with
each candidate for its head. The linker (infer/linker.py) weighs it against its own log-linear models, which know words
and rules by heart; this one has read more text.

What it is given of each subword, added up before the first layer: the subword, its position, the BIO tag of the
mention it belongs to, and what the rules made of that mention. A mention is its first and its last subword in the
window where it has most context. What tells one candidate from another is numpy's work (`heads.safetensors`).

The folder is made by `python -m train.relations`: `relations.json`, `vocab.txt`, `bpe.codes`, `model.onnx`,
`heads.safetensors`.

    python -c "from infer.relations import RelationModel; print(RelationModel.load().settings.max_length)"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from data.bpe import PhobertBPE
from data.encode import Encoder
from data.errors import InputError
from data.files import read_bytes, read_text
from data.schema import LABELS
from data.segment import load_segmenter
from data.windows import Window
from infer.onnx_backend import session_options
from infer.runtime import pad
from infer.scene import Scene

SHIPPED = Path(__file__).parent.parent / "models" / "relations"
SETTINGS_FILE, GRAPH_FILE, HEADS_FILE = "relations.json", "model.onnx", "heads.safetensors"
# what a mention may look for: the issuer of an assignee; the assignee of a quantity, or of a coordinator or recipient
QUESTIONS = ISSUER_OF, OWNER_OF, PARTNER_OF = range(3)
NO_MENTION, TO_NOBODY = -1, -2  # in place of a candidate: no head; told to nobody
# How far a candidate is: mentions on either side, sentences, lines and tokens between; from each figure a step further.
_MENTIONS = np.array((1, 2, 3, 4, 5, 6, 9, 13))
_SENTENCES = np.array((1, 2, 3, 4, 5, 6))
_LINES = np.array((1, 2, 3))
_TOKENS = np.array((1, 2, 3, 4, 6, 8, 12, 20, 40, 80))
# rows of the table of distances that belong to each of the four, the last one for a candidate that is no mention
_STEPS = (2 * (len(_MENTIONS) + 1) + 1, len(_SENTENCES) + 2, len(_LINES) + 2, len(_TOKENS) + 2)
_FIRST = np.cumsum((0, *_STEPS[:-1]))
DISTANCES = sum(_STEPS)
# subwords, padding included, that go through the graph at once: few enough for the caches
_SLICE = 512
# windows of one article that are read at most, the first ones: no news has as many, and memory stays flat
MOST = 500


class RelationSettings(BaseModel):
    """The content of `relations.json`. rules: what the rules may make of a mention (`Scene.roles`), by number."""

    model_config = ConfigDict(extra="forbid")

    max_length: int
    stride: int
    rules: list[str]


class Marked(NamedTuple):
    """An article as the model takes it.

    layers: of each subword its id, tag and rules, int64 [3, subwords]. windows: where it is cut. place: of each mention
    its window and the positions there of its first and last subword, int64 [mentions, 3].
    """

    encoder: Encoder
    layers: np.ndarray
    windows: list[Window]
    place: np.ndarray

    def batch(self, chosen: Iterable[int]) -> list[np.ndarray]:
        """Some of the windows, each with `<s>` and `</s>`: int64 [3, length]."""
        bpe = self.encoder.bpe
        ends = [np.array([[token], [0], [0]], dtype=np.int64) for token in (bpe.bos, bpe.eos)]
        spans = ((self.windows[number].start, self.windows[number].end) for number in chosen)
        return [np.hstack((ends[0], self.layers[:, start:end], ends[1])) for start, end in spans]


def make_encoder(folder: str | PathLike[str], settings: RelationSettings) -> Encoder:
    """The encoder of a relation model whose tokenizer lies in the folder."""
    return Encoder(load_segmenter("rdr"), PhobertBPE.load(folder), settings.max_length, settings.stride)


def mark(scene: Scene, encoder: Encoder, rules: Mapping[str, int]) -> Marked | None:
    """The article with its mentions marked; None where there is no mention, or no word."""
    encoded = encoder.encode(scene.text)
    words, windows = encoded.words, encoded.windows.windows
    if not len(words) or not scene.mentions:
        return None
    firsts = np.append(encoded.firsts, len(encoded.ids))
    # the words that each mention touches; one that touches none (a space, say) is taken for the word behind it
    begins = np.searchsorted(words.ends, [m.start for m in scene.mentions], side="right").clip(max=len(words) - 1)
    ends = np.maximum(np.searchsorted(words.starts, [m.end for m in scene.mentions]), begins + 1)
    owners = np.searchsorted([w.last_word for w in windows], begins, side="right")
    lows, highs = firsts[begins], firsts[ends]
    layers = np.zeros((3, len(encoded.ids)), dtype=np.int64)
    layers[0] = encoded.ids
    for label, role, low, high in zip(scene.labels, scene.roles, lows.tolist(), highs.tolist(), strict=True):
        tag = 1 + 2 * LABELS.index(label)
        layers[1, low:high] = tag + 1
        layers[1, low] = tag
        layers[2, low:high] = rules.get(role, 0)
    starts, stops = np.array([(w.start, w.end) for w in windows])[owners].T
    # + 1 for <s>
    return Marked(encoder, layers, windows, np.stack((owners, lows - starts + 1, np.minimum(highs, stops) - starts), 1))


def stacked(windows: Sequence[np.ndarray], pad_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows of a `Marked` as one batch: int64 [3, windows, longest]; and its attention mask, int64."""
    ids, mask = pad([window[0] for window in windows], pad_id)
    layers = np.zeros((3, *ids.shape), dtype=np.int64)
    layers[0] = ids
    layers[1:, mask > 0] = np.hstack([window[1:] for window in windows])
    return layers, mask


def distances(scene: Scene, mentions: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """How far each head is from its mention, as four rows of the table of distances: int64 [pairs, 4].

    mentions, heads: numbers of mentions, int64 [pairs]; a head may be NO_MENTION or TO_NOBODY.
    """
    there = np.maximum(heads, 0)
    apart = mentions - there
    steps = [np.searchsorted(_MENTIONS, abs(apart), side="right") + (apart > 0) * (len(_MENTIONS) + 1)]
    for edges, values in ((_SENTENCES, scene.sentence), (_LINES, scene.line), (_TOKENS, scene.place)):
        where = np.array(values, dtype=np.int64)
        steps.append(np.searchsorted(edges, abs(where[mentions] - where[there]), side="right"))
    found = np.stack(steps, axis=1)
    found[heads < 0] = np.array(_STEPS) - 1
    return np.asarray(found + _FIRST)


# ------------------------------------------------------------------ the model


class Opinion:
    """What the model makes of one article, or of a part of it; `there` says of each mention whether it was read."""

    def __init__(self, scene: Scene, found: np.ndarray, there: np.ndarray, heads: Mapping[str, np.ndarray]) -> None:
        """there: bool [mentions]. found: of those there, float32 [read, …], as the graph gives it. heads: of the file,
        float32."""
        self._scene = scene
        self.there: list[bool] = there.tolist()
        self._row = np.cumsum(there) - 1
        self._far, self._weigh = heads["far"], heads["weigh"]
        roles, ties = np.split(found, (9,), axis=1)
        actor, issuer, quantity = np.split(roles, (4, 6), axis=1)
        # log chances of each mention that was read, in the order of the linker's classes: 4, 2 and 3 of them
        read = np.flatnonzero(there).tolist()
        self.actor, self.issuer, self.quantity = (
            dict(zip(read, log_softmax(part).tolist(), strict=True)) for part in (actor, issuer, quantity)
        )
        # what each mention seeks, and what it and those that are no mention are sought for: [questions, mentions, size]
        seeking, sought = ties.reshape(len(found), 2, *self._weigh.shape).transpose(1, 2, 0, 3)
        self._seeking, self._sought = seeking, np.concatenate((sought, heads["nobody"]), axis=1)

    def scores(self, question: int, mentions: Sequence[int], heads: Sequence[int]) -> np.ndarray:
        """Of each mention with a candidate, all of them there: float32 [pairs]; the higher, the likelier."""
        own, other = np.array(mentions, dtype=np.int64), np.array(heads, dtype=np.int64)
        sought = np.where(other < 0, len(self.actor) - 1 - other, self._row[other])
        total = self._seeking[question, self._row[own]] + self._sought[question, sought]
        total += self._far[question, distances(self._scene, own, other)].sum(axis=1)
        # no product of numpy's library: its threads would spin behind it, and take another process's core
        return np.asarray((np.maximum(total, 0) * self._weigh[question]).sum(axis=1))


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Logarithms of the softmax of each row."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


class RelationModel:
    """Make one with `RelationModel.load`."""

    def __init__(self, settings: RelationSettings, encoder: Encoder, session: Any, heads: Mapping[str, np.ndarray]):
        """session: an onnxruntime session of the graph."""
        self.settings = settings
        self._encoder = encoder
        self._rules = {rule: number for number, rule in enumerate(settings.rules, 1)}
        self._session = session
        self._heads = heads

    @classmethod
    def load(cls, folder: str | PathLike[str] = SHIPPED) -> RelationModel:
        """Read a folder. Raises InputError for one that lacks a file, or has one that cannot be read."""
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, InvalidProtobuf
        from safetensors import SafetensorError
        from safetensors.numpy import load

        path = Path(folder)
        # articles go through one by one, and several processes share the cores
        options = session_options(1)
        try:
            settings = RelationSettings.model_validate_json(read_text(path / SETTINGS_FILE))
            tensors = load(read_bytes(path / HEADS_FILE))
            graph = read_bytes(path / GRAPH_FILE)
            session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except (SafetensorError, ValidationError, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf) as error:
            raise InputError(
                f"a relation model that cannot be read ({str(error).splitlines()[0]})",
                expected="the folder as `python -m train.relations` wrote it",
                mend="copy the whole folder anew",
                path=path,
            ) from None
        heads = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
        return cls(settings, make_encoder(path, settings), session, heads)

    def read(self, scene: Scene, doubtful: Sequence[int]) -> Opinion | None:
        """What the model makes of the windows in which the doubtful mentions are; None where there is none."""
        marked = mark(scene, self._encoder, self._rules) if doubtful else None
        if marked is None:
            return None
        windows = np.unique(marked.place[doubtful, 0])[:MOST]
        there = np.isin(marked.place[:, 0], windows)
        return Opinion(scene, self._run(marked.batch, marked.place[there], windows), there, self._heads)

    def _run(
        self, batch: Callable[[Iterable[int]], list[np.ndarray]], place: np.ndarray, windows: np.ndarray
    ) -> np.ndarray:
        """What the graph finds of the mentions at `place`, all of them in the windows: float32 [mentions, …]."""
        found = []
        rows = max(1, _SLICE // self.settings.max_length)
        for part in (windows[at : at + rows] for at in range(0, len(windows), rows)):
            layers, mask = stacked(batch(part), self._encoder.bpe.pad)
            low, high = np.searchsorted(place[:, 0], (part[0], part[-1] + 1))
            here = place[low:high]  # windows never fall from mention to mention
            ends = np.searchsorted(part, here[:, :1]) * mask.shape[1] + here[:, 1:]
            inputs = dict(zip(("input_ids", "tags", "rules"), layers, strict=True))
            found.append(self._session.run(None, inputs | {"attention_mask": mask, "ends": ends})[0])
        return np.concatenate(found)
