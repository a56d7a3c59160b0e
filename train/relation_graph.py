"""The relation model's weights → an ONNX graph that holds them, in int8, for onnxruntime on a CPU.

In: the weights of `train.relations.Network` and the shape of its encoder. Out: an `onnx.ModelProto`, as `train.graph`
makes of a tagger, but in one piece: matrices and the table of subwords in int8, a scale for each row, the rest float32.

Inputs, int64: input_ids, attention_mask, tags and rules [windows, longest], padding on the right; ends [mentions, 2],
the rows of first and last subwords, counted through all windows. Output, float32: found [mentions, roles and, for each
question, what the mention seeks and what it is sought for]; the heads' matrices are in the graph, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper

from train.graph import INT8, Builder, int8_steps


def build(values: Mapping[str, np.ndarray], config: dict[str, Any]) -> ModelProto:
    """values: float32 by name. config: that of the encoder, as transformers keeps it."""
    return _Relations(values, config).model()


class _Relations(Builder):
    def __init__(self, values: Mapping[str, np.ndarray], config: dict[str, Any]) -> None:
        super().__init__(config, INT8)
        self._values = values

    def model(self) -> ModelProto:
        ends = self._node("Reshape", "ends", self._ints("flat", [-1]))
        rows = self._encoder(ends)
        both = self._node("Reshape", rows, self._ints("pairs", [-1, 2 * self._config["hidden_size"]]))
        mentions = self._node("Gelu", self._float_linear(both, "mention"))
        heads = {kind: self._values[f"heads.{kind}.weight"] for kind in ("roles", "seeking", "sought")}
        matrix = np.vstack([values.reshape(-1, values.shape[-1]) for values in heads.values()])
        bias = np.concatenate([self._values[f"heads.{kind}.bias"].reshape(-1) for kind in ("roles", "seeking")])
        bias = np.append(bias, np.zeros(len(matrix) - len(bias), dtype=np.float32))
        product = self._node("MatMul", mentions, self._constant("projections", np.ascontiguousarray(matrix.T)))
        self._nodes.append(helper.make_node("Add", [product, self._constant("projections.bias", bias)], ["found"]))
        windows: list[str | int] = ["windows", "longest"]
        inputs = dict.fromkeys(("input_ids", "attention_mask", "tags", "rules"), windows) | {"ends": ["mentions", 2]}
        return self._model("relations", inputs, {"found": ["mentions", len(matrix)]})

    def _embedded(self) -> list[str]:
        name = "roberta.embeddings"
        words = self._value(f"{name}.word_embeddings.weight")
        steps = int8_steps(words)
        table = self._constant("words", _in_steps(words, steps))
        whole = self._node("Cast", self._node("Gather", table, "input_ids"), to=TensorProto.FLOAT)
        scale = self._node("Gather", self._constant("words.scales", steps[:, None]), "input_ids")
        places = self._node("Gather", self._weight(f"{name}.position_embeddings.weight"), self._places())
        marks = [self._node("Gather", self._weight(f"{kind}.weight"), kind) for kind in ("tags", "rules")]
        kind = self._constant("token type", self._value(f"{name}.token_type_embeddings.weight")[0])
        return [self._node("Mul", whole, scale), places, *marks, kind]

    def _value(self, name: str) -> np.ndarray:
        return self._values[name]

    def _weight(self, name: str) -> str:
        return self._constant(name, self._values[name])

    def _rounded(self, name: str, steps: np.ndarray) -> str:
        return self._constant(f"{name} in steps", np.ascontiguousarray(_in_steps(self._values[name], steps).T))


def _in_steps(rows: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Rows of a matrix as whole numbers of their steps, int8."""
    return np.asarray(np.rint(rows / steps[:, None]).clip(-127, 127), dtype=np.int8)
