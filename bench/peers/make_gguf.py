"""Writes a BERT model folder as GGUF, the format of llama.cpp.

As its own converter has it: weights of products and the word table in the arithmetic asked for, all
the rest in f32. int8 is Q8_0: each 32 numbers of a row have a scale of their own. There is no
vocabulary in the file, as token ids come ready made.

    make_gguf.py MODEL_FOLDER TARGET.gguf f32|bf16|int8

Needs python3-numpy.
"""
import struct
import sys

import numpy as np

from model_folder import pools_first_token, read_json, read_weights

VERSION = 3
ALIGNMENT = 32
BLOCK = 32  # Numbers that share a scale in Q8_0.

# What the format calls them: of a tensor, of the whole file, of a value, of a pooling.
TENSOR_TYPES = {"f32": 0, "int8": 8, "bf16": 30}
FILE_TYPES = {"f32": 0, "int8": 7, "bf16": 32}
VALUE_TYPES = {"uint32": (4, "<I"), "float32": (6, "<f"), "bool": (7, "<?")}
STRING_TYPE = 8
POOLING_MEAN, POOLING_FIRST = 1, 2

TABLES = {
    "token_embd": "embeddings.word_embeddings",
    "position_embd": "embeddings.position_embeddings",
    "token_types": "embeddings.token_type_embeddings",
    "token_embd_norm": "embeddings.LayerNorm",
}
LAYER = {
    "attn_q": "attention.self.query",
    "attn_k": "attention.self.key",
    "attn_v": "attention.self.value",
    "attn_output": "attention.output.dense",
    "attn_output_norm": "attention.output.LayerNorm",
    "ffn_up": "intermediate.dense",
    "ffn_down": "output.dense",
    "layer_output_norm": "output.LayerNorm",
}
# They are added as they are, which llama.cpp does in f32 only.
ALWAYS_F32 = {"position_embd.weight", "token_types.weight"}


def padded(data):
    return data + bytes(-len(data) % ALIGNMENT)


def string(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def entry(key, kind, value):
    """One entry of the file's description."""
    if kind == "string":
        return string(key) + struct.pack("<I", STRING_TYPE) + string(value)
    number, layout = VALUE_TYPES[kind]
    return string(key) + struct.pack("<I", number) + struct.pack(layout, value)


def to_bf16(values):
    """The upper halves of float32 numbers, rounded to the nearest, ties to even."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def to_q8_0(values):
    """Blocks of a float16 scale and signed bytes."""
    blocks = values.reshape(-1, BLOCK)
    scales = np.abs(blocks).max(1, keepdims=True) / 127
    whole = np.round(blocks / np.where(scales > 0, scales, 1)).astype(np.int8)
    return np.concatenate([scales.astype("<f2").view(np.int8), whole], 1)


CONVERT = {"f32": lambda values: values, "bf16": to_bf16, "int8": to_q8_0}


def describe(folder, config, arithmetic):
    """The entries, one behind the other, and how many."""
    pooling = POOLING_FIRST if pools_first_token(folder) else POOLING_MEAN
    entries = [
        ("general.architecture", "string", "bert"),
        ("general.file_type", "uint32", FILE_TYPES[arithmetic]),
        ("bert.vocab_size", "uint32", config["vocab_size"]),
        ("bert.context_length", "uint32", config["max_position_embeddings"]),
        ("bert.embedding_length", "uint32", config["hidden_size"]),
        ("bert.feed_forward_length", "uint32", config["intermediate_size"]),
        ("bert.block_count", "uint32", config["num_hidden_layers"]),
        ("bert.attention.head_count", "uint32", config["num_attention_heads"]),
        ("bert.attention.layer_norm_epsilon", "float32", config["layer_norm_eps"]),
        ("bert.attention.causal", "bool", False),
        ("bert.pooling_type", "uint32", pooling),
        ("tokenizer.ggml.model", "string", "no_vocab"),
        ("tokenizer.ggml.token_type_count", "uint32", config["type_vocab_size"]),
    ]
    return b"".join(entry(*each) for each in entries), len(entries)


def tensors(folder, layers):
    """(name in the file, values) of all that llama.cpp wants."""
    weights = read_weights(folder)
    names = dict(TABLES)
    for index in range(layers):
        at = f"encoder.layer.{index}."
        names |= {f"blk.{index}.{ours}": at + theirs for ours, theirs in LAYER.items()}
    for ours, theirs in names.items():
        for part in (".weight", ".bias"):
            if theirs + part in weights:
                yield ours + part, weights[theirs + part]


def make_gguf(folder, target, arithmetic):
    config = read_json(folder, "config.json")
    if arithmetic == "int8" and any(
        config[key] % BLOCK for key in ("hidden_size", "intermediate_size")
    ):
        sys.exit(f"Q8_0 needs rows of a multiple of {BLOCK} numbers, which this model has not")
    table, data = [], []
    size = 0
    for name, values in tensors(folder, config["num_hidden_layers"]):
        is_f32 = values.ndim == 1 or name in ALWAYS_F32
        kept_as = "f32" if is_f32 else arithmetic
        shape = values.shape[::-1]  # The format names the innermost first.
        table.append(string(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape))
        table.append(struct.pack("<IQ", TENSOR_TYPES[kept_as], size))
        data.append(padded(CONVERT[kept_as](values).tobytes()))
        size += len(data[-1])
    entries, count = describe(folder, config, arithmetic)
    head = b"GGUF" + struct.pack("<IQQ", VERSION, len(data), count)
    with open(target, "wb") as file:
        file.write(padded(head + entries + b"".join(table)))
        file.writelines(data)


if __name__ == "__main__":
    make_gguf(*sys.argv[1:])
