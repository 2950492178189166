"""Encoders: text in, vector out, with the argument names of sentence-transformers."""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, List, Optional

import numpy as np

from colvec import _colvec

_PRECISIONS = ("float32", "int8", "uint8", "binary", "ubinary")


class ArrowVectors:
    """Vectors as an Arrow array of fixed-size lists, over the memory of a NumPy matrix.

    PyArrow, Polars, DuckDB and pandas take it as it is, without a copy: `pyarrow.array(vectors)`.

    >>> vectors = Encoder().encode_arrow(["one", "two"])
    >>> len(vectors), vectors.to_numpy().shape
    (2, (2, 384))
    """

    def __init__(self, vectors: np.ndarray):
        self._vectors = np.ascontiguousarray(vectors, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._vectors)

    def to_numpy(self) -> np.ndarray:
        """The matrix itself."""
        return self._vectors

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return _colvec.arrow_of(self._vectors)


class Encoder:
    """A model: a folder of Hugging Face or sentence-transformers, or "builtin:lexical".

    Vectors have length 1, unless `normalize` is False and the model does not do it itself.
    `precision` is how the arithmetic is done: "auto", "f32", "bf16" or "int8".

    >>> encoder = Encoder()
    >>> encoder.encode("one text").shape
    (384,)
    >>> encoder.encode(["a", "b"], precision="ubinary").shape
    (2, 48)
    """

    def __init__(self, model_name_or_path: Any = "builtin:lexical", *,
                 prompt: Optional[str] = None, prompt_name: Optional[str] = None,
                 normalize: bool = True, precision: str = "auto", strip: bool = False,
                 truncate_dim: Optional[int] = None, batch_size: Optional[int] = None):
        self._options = {"prompt": prompt, "prompt_name": prompt_name, "normalize": normalize,
                         "strip": strip or None, "batch_size": batch_size}
        self._encoders = _colvec.Encoders(str(model_name_or_path), precision)
        self._truncate_dim = truncate_dim
        self.info  # Says now what is wrong with the options.

    @classmethod
    def _of(cls, encoders: _colvec.Encoders) -> "Encoder":
        """An encoder that is open already, and has no options."""
        encoder = cls.__new__(cls)
        encoder._options, encoder._encoders, encoder._truncate_dim = {}, encoders, None
        return encoder

    def _chosen(self, truncate_dim: Optional[int] = None, **changes: Any) -> "tuple[str, int]":
        """The options as JSON, and the numbers to keep of each vector."""
        given = {name: value for name, value in changes.items() if value is not None}
        if "prompt" in given or "prompt_name" in given:
            given = {"prompt": None, "prompt_name": None, **given}
        options = {name: value for name, value in {**self._options, **given}.items()
                   if value is not None and not (name == "normalize" and value is True)}
        wanted = truncate_dim or self._truncate_dim
        text = json.dumps(options)
        info = json.loads(self._encoders.info(text))
        keep = min(wanted or info["dimension"], info["dimension"])
        if keep in info["shorter_dimensions"]:
            text = json.dumps({**options, "dimension": keep})
        return text, keep

    @property
    def info(self) -> Dict[str, Any]:
        """What decides the vectors: model, kind, dimension, fingerprint, precision and more."""
        options, keep = self._chosen()
        return {**json.loads(self._encoders.info(options)), "dimension": keep}

    @property
    def dimension(self) -> int:
        return int(self.info["dimension"])

    @property
    def fingerprint(self) -> str:
        """64 hex digits: equal for encoders that give the same vectors, but for the precision."""
        return str(self.info["fingerprint"])

    @property
    def max_seq_length(self) -> Optional[int]:
        """Tokens of a text that count; None: all."""
        return self.info["tokens_max"] or None

    def get_sentence_embedding_dimension(self) -> int:
        return self.dimension

    def encode(self, sentences: Any, prompt_name: Optional[str] = None,
               prompt: Optional[str] = None, batch_size: Optional[int] = None,
               show_progress_bar: Optional[bool] = None, *, precision: str = "float32",
               convert_to_numpy: bool = True, convert_to_tensor: bool = False,
               device: Optional[str] = None, normalize_embeddings: Optional[bool] = None,
               truncate_dim: Optional[int] = None) -> np.ndarray:
        """Encodes texts on all cores, without the GIL: a row of float32 for each, in order.

        `sentences` is a str (then a vector comes back), or texts: a sequence of str, a NumPy array,
        or anything with Arrow's C interface, such as a column of PyArrow, Polars or pandas, whose
        memory is read where it is.

        `batch_size` bounds the texts of a forward pass; without it, it is chosen for the machine.
        `normalize_embeddings` is that of the encoder, unless it is given. `truncate_dim` keeps the
        first numbers. `precision` other than "float32" makes the vectors smaller afterwards, as
        `quantize_embeddings` of sentence-transformers does, over the texts of this call.
        """
        self._check(precision, convert_to_numpy, convert_to_tensor, device)
        is_one = isinstance(sentences, str)
        vectors = self._encode([sentences] if is_one else sentences, prompt_name, prompt,
                               batch_size, show_progress_bar, normalize_embeddings, truncate_dim)
        vectors = _quantized(vectors, precision)
        return vectors[0] if is_one else vectors

    def encode_query(self, sentences: Any, **arguments: Any) -> np.ndarray:
        """With the model's prompt for queries, where it has one."""
        return self.encode(sentences, **{"prompt_name": "query", **arguments})

    def encode_document(self, sentences: Any, **arguments: Any) -> np.ndarray:
        """With the model's prompt for documents, where it has one."""
        return self.encode(sentences, **{"prompt_name": "document", **arguments})

    def encode_arrow(self, sentences: Any, **arguments: Any) -> ArrowVectors:
        """As encode(), for consumers of Arrow's C interface."""
        return ArrowVectors(self.encode(sentences, **arguments))

    def _encode(self, texts: Any, prompt_name: Optional[str], prompt: Optional[str],
                batch_size: Optional[int], show_progress_bar: Optional[bool],
                normalize: Optional[bool], truncate_dim: Optional[int]) -> np.ndarray:
        options, keep = self._chosen(truncate_dim, prompt_name=prompt_name, prompt=prompt,
                                     batch_size=batch_size, normalize=normalize)
        if isinstance(texts, np.ndarray):
            texts = _texts_of(texts)
        bar = _bar(texts) if show_progress_bar else None
        vectors = self._encoders.encode(texts, options, bar)
        if keep == vectors.shape[1]:
            return vectors
        vectors = np.ascontiguousarray(vectors[:, :keep])
        if json.loads(options).get("normalize", True):
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    @staticmethod
    def _check(precision: str, convert_to_numpy: bool, convert_to_tensor: bool,
               device: Optional[str]) -> None:
        if precision not in _PRECISIONS:
            raise ValueError(f"precision: must be one of {', '.join(_PRECISIONS)}: {precision}")
        if convert_to_tensor or not convert_to_numpy:
            raise NotImplementedError("vectors are NumPy arrays: torch.from_numpy() takes them")
        if device not in (None, "cpu", "auto"):
            raise NotImplementedError(f"device: there is the CPU alone: {device}")


def _texts_of(array: np.ndarray) -> List[Any]:
    if array.ndim != 1:
        raise ValueError(f"texts: must have one axis, not {array.ndim}")
    return array.tolist()


def _quantized(vectors: np.ndarray, precision: str) -> np.ndarray:
    if precision == "float32":
        return vectors
    if precision in ("binary", "ubinary"):
        bits = np.packbits(vectors > 0, axis=1)
        return bits if precision == "ubinary" else (bits.astype(np.int16) - 128).astype(np.int8)
    if len(vectors) == 0:
        return vectors.astype(precision)
    starts = vectors.min(axis=0)
    steps = (vectors.max(axis=0) - starts) / 255
    steps[steps == 0] = 1
    levels = (vectors - starts) / steps
    if precision == "uint8":
        return levels.astype(np.uint8)
    return (levels - 128).astype(np.int8)


def _bar(texts: Any) -> Any:
    count = len(texts)

    def show(done: int) -> None:
        filled = 30 * done // max(count, 1)
        end = "\n" if done == count else ""
        print(f"\r[{'=' * filled:<30}] {done} / {count} texts", end=end, file=sys.stderr,
              flush=True)

    return show
