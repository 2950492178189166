"""The few calls of llama.cpp's own library that the comparison needs, through ctypes.

The library comes in an npm package, whose JavaScript takes one text at a time; the library itself
takes many, told apart by sequence numbers. The package has no header: settings are taken as plain
bytes, and fields are set by offset. Another version may have moved them, so they are checked: the
values that the library fills in, before; what it says of the context that it made, after.
"""
import ctypes
import platform
import struct
import sys

import numpy as np

FOLDERS = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}
LOG_ERROR = 4
CONTEXT_STEP = 256  # It rounds the length of a context up to a multiple of this.

# Offsets in llama_context_params.
SIZES = 0  # n_ctx, n_batch, n_ubatch, n_seq_max.
THREADS = 28  # n_threads, n_threads_batch.
EMBEDDINGS = 128
KV_UNIFIED = 133
DEFAULTS = [
    (SIZES, "<4I", (512, 2048, 512, 1)),
    (THREADS, "<2i", (4, 4)),
    (EMBEDDINGS, "<6?", (False, True, True, True, True, False)),  # The last is kv_unified.
]


class Settings(ctypes.Structure):
    """Of a model or a context. It has more bytes than the library's own, which harms no call."""

    _fields_ = [("bytes", ctypes.c_ubyte * 512)]

    def get(self, offset, layout):
        return struct.unpack_from(layout, self.bytes, offset)

    def set(self, offset, layout, *values):
        struct.pack_into(layout, self.bytes, offset, *values)


class Batch(ctypes.Structure):
    """llama_batch: arrays with an element a token."""

    _fields_ = [("n_tokens", ctypes.c_int32)] + [
        (name, ctypes.c_void_p)
        for name in ("token", "embd", "pos", "n_seq_id", "seq_id", "logits")
    ]


POINTER, INT, UNSIGNED = ctypes.c_void_p, ctypes.c_int32, ctypes.c_uint32
LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, POINTER)
# Name: what it returns, what it takes.
SIGNATURES = {
    "llama_log_set": (None, LOG, POINTER),
    "llama_backend_init": (None,),
    "llama_max_parallel_sequences": (ctypes.c_size_t,),
    "llama_model_default_params": (Settings,),
    "llama_model_load_from_file": (POINTER, ctypes.c_char_p, Settings),
    "llama_model_n_embd": (INT, POINTER),
    "llama_context_default_params": (Settings,),
    "llama_init_from_model": (POINTER, POINTER, Settings),
    "llama_free": (None, POINTER),
    "llama_n_ctx": (UNSIGNED, POINTER),
    "llama_n_ctx_seq": (UNSIGNED, POINTER),
    "llama_n_batch": (UNSIGNED, POINTER),
    "llama_n_ubatch": (UNSIGNED, POINTER),
    "llama_n_seq_max": (UNSIGNED, POINTER),
    "llama_n_threads": (INT, POINTER),
    "llama_n_threads_batch": (INT, POINTER),
    "llama_encode": (INT, POINTER, Batch),
    "llama_get_embeddings_seq": (POINTER, POINTER, INT),
}


@LOG
def print_errors(level, text, _):
    if level == LOG_ERROR:
        print(text.decode(errors="replace"), end="", file=sys.stderr)


def load_library(work):
    """The library of the npm package that is installed in `work`."""
    machine = FOLDERS.get(platform.machine(), platform.machine())
    folder = work / "node_modules" / "@node-llama-cpp" / machine / "bins" / machine
    found = [next(folder.glob(f"lib{name}.*so"), None) for name in ("llama", "ggml")]
    if None in found:
        sys.exit(f"no library of llama.cpp in {folder}")
    library, backends = (ctypes.CDLL(str(path)) for path in found)
    for name, (result, *arguments) in SIGNATURES.items():
        call = getattr(library, name)
        call.restype, call.argtypes = result, arguments
    library.llama_log_set(print_errors, None)
    # Of the kernels for several processors it takes the best that this one can run.
    backends.ggml_backend_load_all_from_path(str(folder).encode())
    library.llama_backend_init()
    return library


class Model:
    def __init__(self, work, path):
        self.library = load_library(work)
        settings = self.library.llama_model_default_params()
        self.handle = self.library.llama_model_load_from_file(str(path).encode(), settings)
        if not self.handle:
            sys.exit(f"llama.cpp cannot load {path}")
        self.width = self.library.llama_model_n_embd(self.handle)
        self.texts_max = self.library.llama_max_parallel_sequences()


class Context:
    """Turns up to `tokens_max` tokens into vectors in one call."""

    def __init__(self, model, tokens_max, threads):
        self.model, self.library = model, model.library
        tokens_max = -(-tokens_max // CONTEXT_STEP) * CONTEXT_STEP
        sizes = (tokens_max, tokens_max, tokens_max, min(tokens_max, model.texts_max))
        settings = self.library.llama_context_default_params()
        if any(settings.get(offset, layout) != values for offset, layout, values in DEFAULTS):
            sys.exit("this version of llama.cpp has other settings: llama_library.py must follow")
        settings.set(SIZES, "<4I", *sizes)
        settings.set(THREADS, "<2i", threads, threads)
        settings.set(EMBEDDINGS, "<?", True)
        settings.set(KV_UNIFIED, "<?", True)
        self.handle = self.library.llama_init_from_model(model.handle, settings)
        if not self.handle:
            sys.exit("llama.cpp makes no context")
        self.check(sizes, threads)
        # The same for every call: each token has one sequence number, and counts.
        self.ones = np.ones(tokens_max, np.int32)
        self.counts = np.ones(tokens_max, np.int8)
        self.sequences = np.empty(tokens_max, np.int32)
        at = self.sequences.ctypes.data
        self.pointers = at + self.sequences.itemsize * np.arange(tokens_max, dtype=np.uint64)

    def check(self, sizes, threads):
        # With kv_unified each sequence has the whole context, without it a share.
        names = ("ctx", "batch", "ubatch", "seq_max", "threads", "threads_batch", "ctx_seq")
        said = tuple(getattr(self.library, f"llama_n_{name}")(self.handle) for name in names)
        if said != (*sizes, threads, threads, sizes[0]):
            sys.exit(f"llama.cpp took other settings than it was given: {dict(zip(names, said))}")

    def encode(self, texts):
        """Pooled vectors of arrays of token ids, one row a text."""
        lengths = [len(ids) for ids in texts]
        tokens = np.concatenate(texts)
        positions = np.concatenate([np.arange(length, dtype=np.int32) for length in lengths])
        self.sequences[: len(tokens)] = np.repeat(np.arange(len(texts)), lengths)
        arrays = (self.ones, self.pointers, self.counts)
        batch = Batch(
            len(tokens),
            tokens.ctypes.data,
            None,
            positions.ctypes.data,
            *(array.ctypes.data for array in arrays),
        )
        if code := self.library.llama_encode(self.handle, batch):
            sys.exit(f"llama_encode: {code}")
        vectors = np.empty((len(texts), self.model.width), np.float32)
        for row, vector in enumerate(vectors):
            pooled = self.library.llama_get_embeddings_seq(self.handle, row)
            if not pooled:
                sys.exit("llama.cpp gives no vectors")
            ctypes.memmove(vector.ctypes.data, pooled, vector.nbytes)
        return vectors

    def close(self):
        self.library.llama_free(self.handle)
