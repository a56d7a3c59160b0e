"""RoBERTa's token classifier on torch, for inference alone: scores of subwords from `model.safetensors`.

In: a checkpoint folder, a device and a type of number. Out: a `Roberta`, which turns batches of windows into scores as
transformers' RobertaForTokenClassification does (tests/test_roberta.py compares them), without importing transformers,
which takes as long to import as torch. What is the same for every window is computed once: query, key and value are one
product, positions and the token type one table, and on a CPU in bfloat16 the weights are laid out for its matrix units.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.nn.functional import embedding, gelu, layer_norm, linear, scaled_dot_product_attention

from data.errors import InputError
from data.files import read_text
from infer.checkpoint import CONFIG_FILE, WEIGHTS_FILE, check_kind
from infer.runtime import round_up

# subwords that go through the layers of a CPU together: what lies between them stays in its caches
SLICE = 2048
# rows whose scores are wanted are filled up to a multiple of this, so that kernels are compiled for few shapes
ROWS = 256

# hidden states, float [rows, size] → float [rows, other size]; `Sum` adds other rows of that size
Product = Callable[[Tensor], Tensor]
Sum = Callable[[Tensor, Tensor], Tensor]


class Norm(NamedTuple):
    """A layer norm: weight and bias, and what is added to the variance."""

    weight: Tensor
    bias: Tensor
    epsilon: float

    def __call__(self, rows: Tensor) -> Tensor:
        return layer_norm(rows, self.bias.shape, self.weight, self.bias, self.epsilon)


class Layer(NamedTuple):
    """One layer: products of query, key and value in one; of the attention's result; to GELU's width and back."""

    attend: Product
    merge: Sum
    merge_norm: Norm
    widen: Product
    narrow: Sum
    narrow_norm: Norm


class Roberta:
    """A token classifier. Make one with `Roberta.load`."""

    def __init__(self, weights: dict[str, Tensor], config: dict[str, Any]) -> None:
        """weights: all of one type, on one device, under the names that transformers gives them. config: config.json.

        Raises: KeyError for a tensor or a key that is missing.
        """
        self._weights = weights
        self._epsilon: float = config["layer_norm_eps"]
        self._heads: int = config["num_attention_heads"]
        self.device = weights["classifier.bias"].device
        self._type = weights["classifier.bias"].dtype
        self._on_cpu = self.device.type == "cpu"
        self._packs = self._on_cpu and self._type == torch.bfloat16 and torch.backends.mkldnn.is_available()
        self._pad: int = config["pad_token_id"]
        names = [f"roberta.embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type")]
        self._words, positions, types = (weights[name] for name in names)
        # RoBERTa counts positions from behind the padding's id
        self._places = (positions[self._pad + 1 :].float() + types[0].float()).to(self._type)
        self._first_norm = self._norm("roberta.embeddings.LayerNorm")
        self._layers = [self._layer(f"roberta.encoder.layer.{n}") for n in range(config["num_hidden_layers"])]
        self._classify = self._product("classifier")

    @classmethod
    def load(cls, folder: str | PathLike[str], device: str, dtype: torch.dtype) -> Roberta:
        """A checkpoint's model.

        Raises: InputError for a model of another kind, or weights that are not there; RuntimeError, AssertionError for
            a device that is not (torch's own).
        """
        config = json.loads(read_text(Path(folder, CONFIG_FILE)))
        check_kind(config, folder, mend="fine-tune PhoBERT, or models/mini-encoder")
        file = Path(folder, WEIGHTS_FILE)
        torch.zeros(1, device=device)  # a device that is not there shows before weights are read
        try:
            with safe_open(file, framework="pt") as stored:
                weights = {name: stored.get_tensor(name).to(device, dtype) for name in stored.keys()}  # noqa: SIM118
            with torch.inference_mode():
                return cls(weights, config)
        except (SafetensorError, KeyError) as error:
            raise InputError(
                f"weights that cannot be read ({error})",
                expected="all of a RoBERTa token classifier's",
                mend="copy the whole checkpoint folder anew",
                path=file,
            ) from None

    # -------------------------------------------------------------- from weights to functions

    def _pair(self, *names: str) -> tuple[Tensor, Tensor]:
        """Weight and bias of linear layers, one below the other."""
        weight, bias = (torch.cat([self._weights[f"{name}.{part}"] for name in names]) for part in ("weight", "bias"))
        return weight, bias

    def _norm(self, name: str) -> Norm:
        return Norm(*self._pair(name), self._epsilon)

    def _layer(self, name: str) -> Layer:
        attention = f"{name}.attention"
        return Layer(
            attend=self._product(*(f"{attention}.self.{part}" for part in ("query", "key", "value"))),
            merge=self._sum(f"{attention}.output.dense"),
            merge_norm=self._norm(f"{attention}.output.LayerNorm"),
            widen=self._product(f"{name}.intermediate.dense", activation="gelu"),
            narrow=self._sum(f"{name}.output.dense"),
            narrow_norm=self._norm(f"{name}.output.LayerNorm"),
        )

    def _product(self, *names: str, activation: str = "none") -> Product:
        weight, bias = self._pair(*names)
        if self._packs:
            # oneDNN's product, with what follows in the same pass; inductor calls it so, too
            packed, fused = torch.ops.mkldnn._reorder_linear_weight(weight, SLICE), torch.ops.mkldnn._linear_pointwise
            return lambda rows: fused(rows, packed, bias, activation, [], "none")
        if activation == "gelu":
            return lambda rows: gelu(linear(rows, weight, bias))
        return lambda rows: linear(rows, weight, bias)

    def _sum(self, name: str) -> Sum:
        weight, bias = self._pair(name)
        if self._packs:
            packed = torch.ops.mkldnn._reorder_linear_weight(weight, SLICE)
            fused = torch.ops.mkldnn._linear_pointwise.binary
            return lambda rows, other: fused(rows, other, packed, bias, "add")
        return lambda rows, other: linear(rows, weight, bias) + other

    # -------------------------------------------------------------- scores

    @torch.inference_mode()
    def __call__(self, ids: Tensor, mask: Tensor, wanted: Tensor) -> Tensor:
        """Scores of subwords.

        Args:
            ids, mask: int64 [windows, longest] on the CPU, padding on the right. wanted: bool [windows, longest].
        Returns: float32 [wanted, tags] on the CPU, row by row.
        """
        count, longest = ids.shape
        length = min(round_up(longest), len(self._places))
        slices = [
            self._scores(
                pad_to(ids[at : at + rows], rows, length, self._pad),
                pad_to(mask[at : at + rows], rows, length, 0),
                pad_to(wanted[at : at + rows], rows, length, 0).flatten().nonzero()[:, 0],
            )
            for at, rows in cut(count, SLICE // length if self._on_cpu else count)
        ]
        return torch.cat(slices).float().cpu()

    def _scores(self, ids: Tensor, mask: Tensor, wanted: Tensor) -> Tensor:
        """As `__call__`, of all windows at once; `wanted` are the numbers of rows."""
        windows, length = ids.shape
        hidden = torch.zeros(mask.shape, dtype=self._type).masked_fill_(mask == 0, -math.inf)
        hidden = hidden.to(self.device)[:, None, None, :]
        count = len(wanted)
        wanted = torch.cat((wanted, wanted.new_zeros(round_up(max(1, count), ROWS) - count))).to(self.device)
        rows = embedding(ids.to(self.device), self._words) + self._places[:length]
        rows = self._first_norm(rows).view(windows * length, -1)
        for layer in self._layers:
            split = layer.attend(rows).view(windows, length, 3, self._heads, -1)
            query, key, value = split.permute(2, 0, 3, 1, 4)
            context = scaled_dot_product_attention(query, key, value, hidden).transpose(1, 2).reshape(rows.shape)
            if layer is self._layers[-1]:  # nothing looks at the other rows any more
                rows, context = rows[wanted], context[wanted]
            rows = layer.merge_norm(layer.merge(context, rows))
            rows = layer.narrow_norm(layer.narrow(layer.widen(rows), rows))
        return self._classify(rows)[:count]


def cut(count: int, most: int) -> Iterator[tuple[int, int]]:
    """Where slices of `count` windows begin, and how many windows each is filled up to.

    Numbers other than `most` are powers of two: for each shape oneDNN compiles kernels, some 30 ms of them.
    """
    most = max(1, most)
    for at in range(0, count, most):
        left = count - at
        yield at, min(most, 1 << (left - 1).bit_length())


def pad_to(part: Tensor, windows: int, length: int, fill: int) -> Tensor:
    """A batch filled up to [windows, length]."""
    full = part.new_full((windows, length), fill)
    full[: part.shape[0], : part.shape[1]] = part
    return full
