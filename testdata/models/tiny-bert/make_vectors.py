#!/usr/bin/env python3
"""Computes vectors.npy for the model beside it, in float64 and plain Python: slow, obvious, and not our engine.

Reads token_ids.jsonl (ids of prompt + text, special tokens included). Needs nothing but Python 3.8.
"""
import json
import math
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def read_tensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = struct.unpack("<%df" % ((end - begin) // 4), data[begin:end])
        if len(entry["shape"]) == 2:
            cols = entry["shape"][1]
            flat = [flat[i : i + cols] for i in range(0, len(flat), cols)]
        tensors[name] = flat
    return tensors


def linear(rows, weights, name):
    matrix, bias = weights[name + ".weight"], weights[name + ".bias"]
    return [[sum(a * b for a, b in zip(row, out)) + bias[i] for i, out in enumerate(matrix)] for row in rows]


def layer_norm(rows, weights, name, eps):
    gamma, beta = weights[name + ".weight"], weights[name + ".bias"]
    result = []
    for row in rows:
        mean = sum(row) / len(row)
        variance = sum((x - mean) ** 2 for x in row) / len(row)
        scale = 1 / math.sqrt(variance + eps)
        result.append([(x - mean) * scale * g + b for x, g, b in zip(row, gamma, beta)])
    return result


def add(a, b):
    return [[x + y for x, y in zip(p, q)] for p, q in zip(a, b)]


def attention(query, key, value, heads):
    width = len(query[0]) // heads
    context = [[] for _ in query]
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        for i, q in enumerate(query):
            scores = [sum(a * b for a, b in zip(q[part], k[part])) / math.sqrt(width) for k in key]
            top = max(scores)
            weights = [math.exp(s - top) for s in scores]
            total = sum(weights)
            context[i] += [
                sum(w * v[part][j] for w, v in zip(weights, value)) / total for j in range(width)
            ]
    return context


def encode(ids, config, weights, dense):
    eps = config["layer_norm_eps"]
    x = [
        [
            w + p + t
            for w, p, t in zip(
                weights["embeddings.word_embeddings.weight"][token],
                weights["embeddings.position_embeddings.weight"][position],
                weights["embeddings.token_type_embeddings.weight"][0],
            )
        ]
        for position, token in enumerate(ids)
    ]
    x = layer_norm(x, weights, "embeddings.LayerNorm", eps)
    for i in range(config["num_hidden_layers"]):
        layer = "encoder.layer.%d." % i
        q, k, v = (linear(x, weights, layer + "attention.self." + n) for n in ("query", "key", "value"))
        context = attention(q, k, v, config["num_attention_heads"])
        x = layer_norm(
            add(linear(context, weights, layer + "attention.output.dense"), x),
            weights, layer + "attention.output.LayerNorm", eps)
        up = linear(x, weights, layer + "intermediate.dense")
        up = [[0.5 * u * (1 + math.erf(u / math.sqrt(2))) for u in row] for row in up]
        x = layer_norm(
            add(linear(up, weights, layer + "output.dense"), x), weights, layer + "output.LayerNorm", eps)
    mean = [sum(column) / len(x) for column in zip(*x)]
    vector = [math.tanh(value) for value in linear([mean], dense, "linear")[0]]
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector]


def main():
    config = json.load(open(os.path.join(HERE, "model", "config.json")))
    weights = read_tensors(os.path.join(HERE, "model", "model.safetensors"))
    dense = read_tensors(os.path.join(HERE, "model", "2_Dense", "model.safetensors"))
    vectors = []
    for line in open(os.path.join(HERE, "token_ids.jsonl")):
        vectors.append(encode(json.loads(line)["ids"], config, weights, dense))
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (len(vectors), len(vectors[0]))
    header = header.ljust(117) + "\n"
    with open(os.path.join(HERE, "vectors.npy"), "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        for vector in vectors:
            file.write(struct.pack("<%df" % len(vector), *vector))


if __name__ == "__main__":
    main()
