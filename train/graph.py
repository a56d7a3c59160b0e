"""A checkpoint's weights and shape → an ONNX graph of its tagger, of operators that are fast in onnxruntime on a CPU.

In: `config.json` and `model.safetensors` of a RoBERTa token classifier (PhoBERT's format). Out: an `onnx.ModelProto`,
some 100 KB: it holds no weights but points into `model.safetensors` beside it (ONNX external data: file, offset,
length; https://onnx.ai/onnx/repo-docs/ExternalData.html). onnxruntime maps that file and, when a session starts, folds
what stands between a stored float16 tensor and an operator: the cast, the transposition, and for int8 the rounding by
the scales kept in the graph. So weights are stored once, for both backends.

Inputs: input_ids and attention_mask, int64 [batch, longest], padding on the right. Output: logits, float32 [batch,
longest, tags]. Operators of the domain com.microsoft: docs/ContribOperators.md of onnxruntime.

int8: weights have a scale for each output, and activations one for each row, that is each subword, found anew each
time. So a window's scores do not depend on what else is in its batch, and the parity with float32 is better than with
one scale for all rows.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from infer.checkpoint import check_kind

PRECISIONS = INT8, FLOAT32 = ("int8", "float32")

_OPSET, _IR = 17, 8
_TYPES: dict[str, tuple[int, np.dtype[Any]]] = {
    "F16": (TensorProto.FLOAT16, np.dtype("<f2")),
    "F32": (TensorProto.FLOAT, np.dtype("<f4")),
}
# zero points of activations in uint8: in the middle, and for what GELU gives, which is never below -0.17, near the end
_CENTRE, _LOW = 128, 16
_FAR = 1e4  # taken from the attention scores of padding; exp(-1e4) is 0


class Stored(NamedTuple):
    """Where a tensor lies in the weights' file: its type there, shape, first byte, number of bytes."""

    dtype: str
    shape: list[int]
    offset: int
    length: int


def stored_tensors(file: Path) -> dict[str, Stored]:
    """The table of contents of a safetensors file (https://github.com/huggingface/safetensors#format)."""
    with open(file, "rb") as raw:
        size = int.from_bytes(raw.read(8), "little")
        header = json.loads(raw.read(size))
    return {
        name: Stored(value["dtype"], value["shape"], 8 + size + begin, end - begin)
        for name, value in header.items()
        if name != "__metadata__"
        for begin, end in [value["data_offsets"]]
    }


def build(weights: Path, config: dict[str, Any], precision: str) -> ModelProto:
    """The graph of a checkpoint.

    Args:
        weights: its `model.safetensors`. config: its `config.json`. precision: one of PRECISIONS.
    Raises: InputError for a model of another kind than the graph computes.
    """
    check_kind(config, weights.parent, mend="fine-tune PhoBERT, or models/mini-encoder")
    return _Tagger(weights, config, precision).model()


class Builder(ABC):
    """Nodes and constants of one graph; every method that makes a node gives the name of its output.

    Hidden states are [batch x longest, size]: rows, each of which is one subword. Where weights come from, and what
    the graph makes of the last layer's rows, its kinds say.
    """

    def __init__(self, config: dict[str, Any], precision: str) -> None:
        self._config = config
        self._int8 = precision == INT8
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    @abstractmethod
    def _value(self, name: str) -> np.ndarray:
        """A weight, float32."""

    @abstractmethod
    def _weight(self, name: str) -> str:
        """A weight as float32, in the graph."""

    @abstractmethod
    def _rounded(self, name: str, steps: np.ndarray) -> str:
        """A matrix [out, in] in steps of so much for each output, turned: int8 [in, out], in the graph."""

    @abstractmethod
    def _embedded(self) -> list[str]:
        """What is added up for each subword, float32 [batch, longest, size] or [size] each."""

    # -------------------------------------------------------------- the model

    def _encoder(self, wanted: str | None = None) -> str:
        """Rows of the last layer: all, or those whose numbers are `wanted`, int64 [rows]."""
        mask, heads, merged = self._shapes()
        total, *others = self._embedded()
        for other in others:
            total = self._node("Add", total, other)
        rows = self._norm(self._node("Reshape", total, merged), "roberta.embeddings.LayerNorm")
        for layer in range(self._config["num_hidden_layers"]):
            name = f"roberta.encoder.layer.{layer}"
            context = self._attention(rows, f"{name}.attention.self", mask, heads, merged)
            if wanted and layer == self._config["num_hidden_layers"] - 1:
                # behind the last attention no row needs another
                context, rows = (self._node("Gather", every, wanted, axis=0) for every in (context, rows))
            (out,) = self._linear(context, [f"{name}.attention.output.dense"], _CENTRE)
            rows = self._norm(self._node("Add", out, rows), f"{name}.attention.output.LayerNorm")
            (wide,) = self._linear(rows, [f"{name}.intermediate.dense"], _CENTRE)
            (out,) = self._linear(self._node("Gelu", wide), [f"{name}.output.dense"], _LOW)
            rows = self._norm(self._node("Add", out, rows), f"{name}.output.LayerNorm")
        return rows

    def _model(self, name: str, inputs: dict[str, list[str | int]], outputs: dict[str, list[str | int]]) -> ModelProto:
        """The finished graph; inputs, int64, and outputs, float32, by name with their shapes."""
        entries = [helper.make_tensor_value_info(n, TensorProto.INT64, shape) for n, shape in inputs.items()]
        exits = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in outputs.items()]
        graph = helper.make_graph(self._nodes, name, entries, exits, list(self._constants.values()))
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="giaoban")

    def _places(self) -> str:
        """The row of each subword in the table of positions."""
        # RoBERTa counts positions from behind the padding's id; padding itself has that id
        pad = self._constant("pad", np.array(self._config["pad_token_id"], dtype=np.int64))
        count = self._node("CumSum", "attention_mask", self._constant("axis 1", np.array(1, dtype=np.int64)))
        return self._node("Add", self._node("Mul", count, "attention_mask"), pad)

    def _shapes(self) -> tuple[str, str, str]:
        """What padding takes from scores, [batch, 1, 1, longest]; shapes of states by head, and of rows."""
        width, heads = self._config["hidden_size"], self._config["num_attention_heads"]
        mask = self._node("Unsqueeze", "attention_mask", self._ints("axes 1 2", [1, 2]))
        real = self._node("Cast", mask, to=TensorProto.FLOAT)
        taken = self._node("Mul", self._node("Sub", real, self._float("one", 1)), self._float("far", _FAR))
        sizes = self._ints("heads", [heads, width // heads])
        by_head = self._node("Concat", self._node("Shape", "input_ids"), sizes, axis=0)
        return taken, by_head, self._ints("rows", [-1, width])

    def _attention(self, rows: str, name: str, mask: str, heads: str, merged: str) -> str:
        width, number = self._config["hidden_size"], self._config["num_attention_heads"]
        states = self._linear(rows, [f"{name}.{part}" for part in ("query", "key", "value")], _CENTRE)
        query, key, value = (
            self._node("Transpose", self._node("Reshape", state, heads), perm=[0, 2, 1, 3]) for state in states
        )
        scores = self._node("FusedMatMul", query, key, transB=1, alpha=(width // number) ** -0.5)
        shares = self._node("Softmax", self._node("Add", scores, mask), axis=-1)
        context = self._node("Transpose", self._node("MatMul", shares, value), perm=[0, 2, 1, 3])
        return self._node("Reshape", context, merged)

    def _norm(self, rows: str, name: str) -> str:
        # (Skip)LayerNormalization of onnxruntime is scalar code; without the mean it is vectorised: 4 times faster
        centred = self._node("Sub", rows, self._node("ReduceMean", rows, axes=[-1]))
        epsilon = self._config["layer_norm_eps"]
        scale = self._weight(f"{name}.weight")
        scaled = self._node("SimplifiedLayerNormalization", centred, scale, epsilon=epsilon, axis=-1)
        return self._node("Add", scaled, self._weight(f"{name}.bias"))

    # -------------------------------------------------------------- matrices

    def _linear(self, rows: str, names: Sequence[str], zero: int) -> list[str]:
        """Linear layers of the same rows. zero: the zero point of the rows in uint8."""
        if not self._int8:
            return [self._float_linear(rows, name) for name in names]
        whole, scales = self._quantized(rows, zero)
        return [self._int8_linear(whole, scales, name, zero) for name in names]

    def _float_linear(self, rows: str, name: str) -> str:
        weight = self._node("Transpose", self._weight(f"{name}.weight"), perm=[1, 0])
        return self._node("Add", self._node("MatMul", rows, weight), self._weight(f"{name}.bias"))

    def _quantized(self, rows: str, zero: int) -> tuple[str, str]:
        """Rows as uint8, and the scale of each, [rows, 1]: the smallest that neither end leaves the range with."""
        ends = [
            self._node("Mul", self._node(reduce, rows, axes=[-1], keepdims=1), self._float(f"1/{steps}", 1 / steps))
            for reduce, steps in (("ReduceMax", 255 - zero), ("ReduceMin", -zero))
        ]
        scales = self._node("Max", *ends, self._float("tiny", 1e-12))
        each = self._node("Squeeze", scales, self._ints("axes 1", [1]))
        byte = numpy_helper.from_array(np.array([zero], dtype=np.uint8))
        zeros = self._node("ConstantOfShape", self._node("Shape", each), value=byte)
        return self._node("QuantizeLinear", rows, each, zeros, axis=0), scales

    def _int8_linear(self, rows: str, scales: str, name: str, zero: int) -> str:
        scale = int8_steps(self._value(f"{name}.weight"))
        steps = self._constant(f"{name}.scales", scale)
        weight = self._rounded(f"{name}.weight", scale)
        point = self._constant(f"zero {zero}", np.array(zero, dtype=np.uint8))
        product = self._node("MatMulIntegerToFloat", rows, weight, self._float("one", 1), steps, point)
        return self._node("Add", self._node("Mul", product, scales), self._weight(f"{name}.bias"))

    # -------------------------------------------------------------- nodes and constants

    def _node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"{operator} {len(self._nodes)}"
        domain = "com.microsoft" if operator in ("FusedMatMul", "Gelu", "MatMulIntegerToFloat") else ""
        self._nodes.append(helper.make_node(operator, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def _constant(self, name: str, value: np.ndarray) -> str:
        self._constants.setdefault(name, numpy_helper.from_array(value, name))
        return name

    def _float(self, name: str, value: float) -> str:
        return self._constant(name, np.array(value, dtype=np.float32))

    def _ints(self, name: str, values: Sequence[int]) -> str:
        return self._constant(name, np.array(values, dtype=np.int64))


def int8_steps(rows: np.ndarray) -> np.ndarray:
    """The steps in which each row of a matrix fits int8: float32 [rows]."""
    return np.asarray(np.maximum(np.abs(rows).max(axis=1) / 127, 1e-12), dtype=np.float32)


class _Tagger(Builder):
    """The tagger of a checkpoint: its graph points into `model.safetensors`."""

    def __init__(self, weights: Path, config: dict[str, Any], precision: str) -> None:
        super().__init__(config, precision)
        self._file = weights
        self._stored = stored_tensors(weights)
        self._raw = np.memmap(weights, dtype=np.uint8, mode="r")

    def model(self) -> ModelProto:
        scores = self._float_linear(self._encoder(), "classifier")
        tags = len(self._config["id2label"])
        shape = self._node("Concat", self._node("Shape", "input_ids"), self._ints("tags", [tags]), axis=0)
        self._nodes.append(helper.make_node("Reshape", [scores, shape], ["logits"]))
        names: list[str | int] = ["batch", "longest"]
        return self._model("tagger", {"input_ids": names, "attention_mask": names}, {"logits": [*names, tags]})

    def _embedded(self) -> list[str]:
        name = "roberta.embeddings"
        kind = self._constant("token type", self._value(f"{name}.token_type_embeddings.weight")[0])
        # looked up in float16: the table itself is never cast
        parts = [
            self._node(
                "Cast", self._node("Gather", self._tensor(f"{name}.{table}.weight"), where), to=TensorProto.FLOAT
            )
            for table, where in (("word_embeddings", "input_ids"), ("position_embeddings", self._places()))
        ]
        return [*parts, kind]

    def _rounded(self, name: str, steps: np.ndarray) -> str:
        zeros = self._constant(f"zeros {len(steps)}", np.zeros(len(steps), dtype=np.int8))
        # by output before the transposition: blocks of one scale are rounded by vector code
        steps_name = self._constant(f"{name.removesuffix('.weight')}.scales", steps)
        weight = self._node("QuantizeLinear", self._weight(name), steps_name, zeros, axis=0)
        return self._node("Transpose", weight, perm=[1, 0])

    def _tensor(self, name: str) -> str:
        """A tensor of the weights' file, as it is stored there."""
        if name not in self._constants:
            stored = self._stored[name]
            tensor = TensorProto(name=name, data_type=_TYPES[stored.dtype][0], dims=stored.shape)
            tensor.data_location = TensorProto.EXTERNAL
            place = {"location": self._file.name, "offset": stored.offset, "length": stored.length}
            for key, value in place.items():
                tensor.external_data.add(key=key, value=str(value))
            self._constants[name] = tensor
        return name

    def _weight(self, name: str) -> str:
        """A tensor of the weights' file as float32."""
        return self._node("Cast", self._tensor(name), to=TensorProto.FLOAT)

    def _value(self, name: str) -> np.ndarray:
        stored = self._stored[name]
        raw = self._raw[stored.offset : stored.offset + stored.length]
        return np.frombuffer(raw, dtype=_TYPES[stored.dtype][1]).reshape(stored.shape).astype(np.float32)
