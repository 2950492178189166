"""colvec turns text columns into embedding columns.

>>> import colvec
>>> encoder = colvec.Encoder("builtin:lexical")
>>> encoder.encode(["a small library", "a tiny library"]).shape
(2, 384)

`Encoder` gives vectors for texts, `process_duckdb_for_embeddings` embeds the text column of a table
with it or with any object that has `encode`, `Store` reads what was embedded once, `Dataset` keeps
columns embedded, and `Bundle` takes their vectors and models to another host.
"""

from colvec._colvec import (ConflictError, CorruptionError, PolicyError, make_example,
                            version as __version__)
from colvec.dataset import Bundle, Dataset
from colvec.encoder import ArrowVectors, Encoder
from colvec.store import Store, StoreRows
from colvec.table_job import process_duckdb_for_embeddings

__all__ = ["ArrowVectors", "Bundle", "ConflictError", "CorruptionError", "Dataset", "Encoder",
           "PolicyError", "Store", "StoreRows", "__version__", "make_example",
           "process_duckdb_for_embeddings"]
