"""Writes a BERT model folder as ONNX, in the operators that ONNX Runtime runs fastest.

The graph is what its own optimiser makes of an exported model: fused embedding, attention, skip and
layer normalisation, bias and GELU; then the mean over the tokens, scaled to length 1. Inputs:
input_ids, attention_mask, token_type_ids (batch, tokens), int64. Output: vectors (batch, hidden).

Needs python3-numpy and python3-onnx.
"""
import json
import pathlib
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"


def read_safetensors(path):
    """The float32 tensors of a file, by name."""
    data = path.read_bytes()
    (header_bytes,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + header_bytes])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            continue
        begin, end = (8 + header_bytes + offset for offset in entry["data_offsets"])
        tensors[name.removeprefix("bert.")] = np.frombuffer(data[begin:end], "<f4").reshape(
            entry["shape"]
        )
    return tensors


class Graph:
    def __init__(self, weights, config):
        self.weights, self.config = weights, config
        self.nodes, self.constants = [], []

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, name, transposed=False):
        values = self.weights[name]
        return self.constant(name, values.T if transposed else values)

    def node(self, kind, inputs, outputs, domain=MICROSOFT, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def embed(self):
        ids, mask, types = (
            self.node("Cast", [name], [name + "_32"], "", to=TensorProto.INT32)
            for name in ("input_ids", "attention_mask", "token_type_ids")
        )
        tables = [
            self.weight(f"embeddings.{name}.weight")
            for name in (
                "word_embeddings",
                "position_embeddings",
                "token_type_embeddings",
                "LayerNorm",
            )
        ]
        inputs = [ids, types, *tables, self.weight("embeddings.LayerNorm.bias"), mask]
        return self.node(
            "EmbedLayerNormalization",
            inputs,
            ["embedded", "lengths"],
            epsilon=self.config["layer_norm_eps"],
        )

    def layer(self, x, index):
        at = f"encoder.layer.{index}."
        parts = [at + f"attention.self.{part}." for part in ("query", "key", "value")]
        qkv = self.constant(
            at + "qkv", np.concatenate([self.weights[p + "weight"].T for p in parts], 1)
        )
        qkv_bias = self.constant(
            at + "qkv_bias", np.concatenate([self.weights[p + "bias"] for p in parts])
        )
        context = self.node(
            "Attention",
            [x, qkv, qkv_bias, "attention_mask_32"],
            [at + "context"],
            num_heads=self.config["num_attention_heads"],
        )
        x = self.dense_and_norm(context, x, at + "attention.output")
        up = self.node(
            "MatMul", [x, self.weight(at + "intermediate.dense.weight", True)], [at + "up"], ""
        )
        inner = self.node(
            "BiasGelu", [up, self.weight(at + "intermediate.dense.bias")], [at + "gelu"]
        )
        return self.dense_and_norm(inner, x, at + "output")

    def dense_and_norm(self, x, skip, name):
        product = self.node(
            "MatMul", [x, self.weight(name + ".dense.weight", True)], [name + ".product"], ""
        )
        norm = [self.weight(name + ".LayerNorm.weight"), self.weight(name + ".LayerNorm.bias")]
        return self.node(
            "SkipLayerNormalization",
            [product, skip, *norm, self.weight(name + ".dense.bias")],
            [name + ".normed"],
            epsilon=self.config["layer_norm_eps"],
        )

    def pool(self, x):
        self.node("Cast", ["attention_mask"], ["mask"], "", to=TensorProto.FLOAT)
        one = self.constant("axis_1", np.array([1], np.int64))
        two = self.constant("axis_2", np.array([2], np.int64))
        self.node("Unsqueeze", ["mask", two], ["mask_3d"], "")
        self.node("Mul", [x, "mask_3d"], ["masked"], "")
        self.node("ReduceSum", ["masked", one], ["sums"], "", keepdims=0)
        self.node("ReduceSum", ["mask_3d", one], ["counts"], "", keepdims=0)
        self.node("Div", ["sums", "counts"], ["means"], "")
        return self.node("LpNormalization", ["means"], ["vectors"], "", axis=1, p=2)


def make_onnx(folder, target):
    folder = pathlib.Path(folder)
    config = json.loads((folder / "config.json").read_text())
    graph = Graph(read_safetensors(folder / "model.safetensors"), config)
    x = graph.embed()
    for index in range(config["num_hidden_layers"]):
        x = graph.layer(x, index)
    graph.pool(x)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info(
        "vectors", TensorProto.FLOAT, ["batch", config["hidden_size"]]
    )
    model = helper.make_model(
        helper.make_graph(graph.nodes, "bert", inputs, [output], graph.constants),
        opset_imports=[helper.make_opsetid("", 14), helper.make_opsetid(MICROSOFT, 1)],
    )
    model.ir_version = 8
    onnx.save(model, str(target))


if __name__ == "__main__":
    make_onnx(sys.argv[1], sys.argv[2])
