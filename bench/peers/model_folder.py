"""Reads a model folder: its shape and its weights."""
import json
import pathlib
import struct

import numpy as np


def read_json(folder, name):
    return json.loads((pathlib.Path(folder) / name).read_text(encoding="utf-8"))


def pools_first_token(folder):
    """Whether the vector is that of the first token; else it is the mean over all."""
    return read_json(folder, "1_Pooling/config.json")["pooling_mode_cls_token"]


def read_weights(folder):
    """The float32 tensors of model.safetensors, by name."""
    data = (pathlib.Path(folder) / "model.safetensors").read_bytes()
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
