"""Writes a BERT model folder as ONNX, in the operators that ONNX Runtime runs fastest.

The graph is what its own optimiser makes of an exported model: fused embedding, attention, skip and
layer normalisation, bias and GELU; then the mean over the tokens or the first one, scaled to length
1. Inputs: input_ids, attention_mask, token_type_ids (batch, tokens), int64. Output: vectors (batch,
hidden), or last_hidden_state (batch, tokens, hidden) for programs that pool themselves.

In int8, weights are signed bytes with one scale a column, and rows are quantised as they come, as
ONNX Runtime's own tool for dynamic quantisation would have it.

    make_onnx.py MODEL_FOLDER TARGET.onnx f32|int8 [unpooled]

Needs python3-numpy and python3-onnx.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model_folder import pools_first_token, read_json, read_weights

MICROSOFT = "com.microsoft"


def quantise(weight):
    """Signed bytes and the scale of each column."""
    scales = np.abs(weight).max(0) / 127
    return np.round(weight / scales).astype(np.int8), scales.astype(np.float32)


class Graph:
    def __init__(self, weights, config, int8):
        self.weights, self.config, self.int8 = weights, config, int8
        self.nodes, self.constants = [], []

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def quantised(self, name, weight):
        """Constants of a quantised weight: its bytes, scales and zeros."""
        values, scales = quantise(weight)
        return (
            self.constant(name, values),
            self.constant(name + ".scales", scales),
            self.constant(name + ".zeros", np.zeros(len(scales), np.int8)),
        )

    def node(self, kind, inputs, outputs, domain=MICROSOFT, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def embed(self):
        ids, mask, types = (
            self.node("Cast", [name], [name + "_32"], "", to=TensorProto.INT32)
            for name in ("input_ids", "attention_mask", "token_type_ids")
        )
        names = ["word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm"]
        tables = [self.weight(f"embeddings.{name}.weight") for name in names]
        inputs = [ids, types, *tables, self.weight("embeddings.LayerNorm.bias"), mask]
        return self.node(
            "EmbedLayerNormalization",
            inputs,
            ["embedded", "lengths"],
            epsilon=self.config["layer_norm_eps"],
        )

    def attention(self, x, at):
        parts = [at + f"attention.self.{part}." for part in ("query", "key", "value")]
        weight = np.concatenate([self.weights[part + "weight"].T for part in parts], 1)
        bias = self.constant(
            at + "qkv_bias", np.concatenate([self.weights[part + "bias"] for part in parts])
        )
        heads = {"num_heads": self.config["num_attention_heads"]}
        if not self.int8:
            inputs = [x, self.constant(at + "qkv", weight), bias, "attention_mask_32"]
            return self.node("Attention", inputs, [at + "context"], **heads)
        bytes_x, scale_x, zero_x = (at + name for name in ("bytes_x", "scale_x", "zero_x"))
        self.node("DynamicQuantizeLinear", [x], [bytes_x, scale_x, zero_x], "")
        values, scales, zeros = self.quantised(at + "qkv", weight)
        inputs = [bytes_x, values, bias, scale_x, scales, "attention_mask_32", zero_x, zeros]
        return self.node("QAttention", inputs, [at + "context"], **heads)

    def product(self, x, name, output):
        """x times a weight of the folder, which stores weights transposed."""
        weight = self.weights[name].T
        if self.int8:
            inputs = [x, *self.quantised(name, weight)]
            return self.node("DynamicQuantizeMatMul", inputs, [output])
        return self.node("MatMul", [x, self.constant(name, weight)], [output], "")

    def layer(self, x, index):
        at = f"encoder.layer.{index}."
        x = self.dense_and_norm(self.attention(x, at), x, at + "attention.output")
        up = self.product(x, at + "intermediate.dense.weight", at + "up")
        inner = self.node(
            "BiasGelu", [up, self.weight(at + "intermediate.dense.bias")], [at + "gelu"]
        )
        return self.dense_and_norm(inner, x, at + "output")

    def dense_and_norm(self, x, skip, name):
        product = self.product(x, name + ".dense.weight", name + ".product")
        norm = [self.weight(name + ".LayerNorm.weight"), self.weight(name + ".LayerNorm.bias")]
        return self.node(
            "SkipLayerNormalization",
            [product, skip, *norm, self.weight(name + ".dense.bias")],
            [name + ".normed"],
            epsilon=self.config["layer_norm_eps"],
        )

    def pool_mean(self, x):
        self.node("Cast", ["attention_mask"], ["mask"], "", to=TensorProto.FLOAT)
        one = self.constant("axis_1", np.array([1], np.int64))
        two = self.constant("axis_2", np.array([2], np.int64))
        self.node("Unsqueeze", ["mask", two], ["mask_3d"], "")
        self.node("Mul", [x, "mask_3d"], ["masked"], "")
        self.node("ReduceSum", ["masked", one], ["sums"], "", keepdims=0)
        self.node("ReduceSum", ["mask_3d", one], ["counts"], "", keepdims=0)
        return self.node("Div", ["sums", "counts"], ["pooled"], "")

    def pool_first(self, x):
        zero = self.constant("token_0", np.array([0], np.int64))
        one = self.constant("axis_1", np.array([1], np.int64))
        self.node("Gather", [x, zero], ["first"], "", axis=1)
        return self.node("Squeeze", ["first", one], ["pooled"], "")


def make_onnx(folder, target, int8=False, pooled=True):
    config = read_json(folder, "config.json")
    graph = Graph(read_weights(folder), config, int8)
    x = graph.embed()
    for index in range(config["num_hidden_layers"]):
        x = graph.layer(x, index)
    shape = ["batch", config["hidden_size"]]
    if pooled:
        x = graph.pool_first(x) if pools_first_token(folder) else graph.pool_mean(x)
        name = graph.node("LpNormalization", [x], ["vectors"], "", axis=1, p=2)
    else:
        name = graph.node("Identity", [x], ["last_hidden_state"], "")
        shape.insert(1, "tokens")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    model = helper.make_model(
        helper.make_graph(graph.nodes, "bert", inputs, [output], graph.constants),
        opset_imports=[helper.make_opsetid("", 14), helper.make_opsetid(MICROSOFT, 1)],
    )
    model.ir_version = 8
    onnx.save(model, str(target))


if __name__ == "__main__":
    make_onnx(sys.argv[1], sys.argv[2], sys.argv[3] == "int8", sys.argv[4:] != ["unpooled"])
