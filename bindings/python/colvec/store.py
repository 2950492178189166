"""Stores of embeddings: vectors that were computed once."""

from __future__ import annotations

import json
import pathlib
import tempfile
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from colvec import _colvec

_CONDITIONS = ("model", "precision", "keys", "keys_file", "keys_text_column", "hashes", "texts",
               "where", "limit", "latest", "version", "at")


@dataclass
class StoreRows:
    """Rows of a store: their columns but the vectors, and the vectors as a matrix."""

    rows: List[Dict[str, Any]]
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


class Store:
    """The store in a folder; docs/store.md says what that is.

    Conditions of query(), rows() and export() are `keys` (values of the key column, or lists like
    "17,2024-01-01"), `keys_file`, `hashes`, `texts`, `where` (one SQL expression), `limit`,
    `latest`, `model`, `precision`, `version` and `at`; all that are given must hold. Threads may
    share a store: its calls wait for each other.
    """

    def __init__(self, folder: Any, *, memory_limit: str = "1GB", threads: int = 0):
        self.folder = pathlib.Path(folder)
        self._store = _colvec.Store(self.folder, memory_limit, threads)

    def info(self) -> Dict[str, Any]:
        """Keys, versions, bytes, and the models whose vectors it has."""
        return json.loads(self._store.info())

    def files(self, version: Optional[int] = None, at: str = "") -> List[Dict[str, Any]]:
        """The live Parquet files: table, path, rows, bytes."""
        return self._store.files(version, at)

    def history(self) -> List[Dict[str, Any]]:
        """The commits, oldest first."""
        return self._store.history()

    def query(self, **conditions: Any) -> StoreRows:
        """Rows with their vectors. Holds all of them in memory; export() does not."""
        with tempfile.TemporaryDirectory(prefix="colvec_") as folder:
            path = pathlib.Path(folder) / "rows.npy"
            self.export(path, **conditions)
            # Line by line as JSON lines has it: texts may hold other line ends.
            with open(path.with_name("rows.npy.jsonl"), encoding="utf-8", newline="\n") as lines:
                return StoreRows([json.loads(line) for line in lines], np.load(path))

    def rows(self, **conditions: Any) -> List[Dict[str, Any]]:
        """Rows without their vectors."""
        asked = {**_checked(conditions), "with_vectors": False}
        return [json.loads(line) for line in self._store.lines(asked)]

    def export(self, path: Any, format: Optional[str] = None, *, table: str = "embeddings",
               **conditions: Any) -> Tuple[int, int]:
        """Writes rows to a file: csv, jsonl, parquet, npy or duckdb, as its ending says.

        Returns the rows, and how many of the keys, hashes and texts asked for are not there.
        """
        path = pathlib.Path(path)
        asked = {**_checked(conditions), "table": table}
        return self._store.write_rows(path, format or path.suffix[1:], asked)

    def select_sql(self, version: Optional[int] = None, at: str = "", model: str = "",
                   precision: str = "") -> str:
        """A query of all rows over the live files, for any DuckDB."""
        return self._store.select_sql(version, at, model, precision)

    def verify(self) -> Tuple[List[str], List[str]]:
        """Looks at every file and row: what is wrong, and what is worth knowing."""
        return _colvec.verify_store(self.folder)


def _checked(conditions: Dict[str, Any]) -> Dict[str, Any]:
    for name, value in conditions.items():
        if name not in _CONDITIONS:
            raise TypeError(f"no such condition: {name} (there are {', '.join(_CONDITIONS)})")
        if name in ("keys", "hashes", "texts") and isinstance(value, (str, bytes)):
            raise TypeError(f"{name}: must be a list: {value!r}")
    checked = dict(conditions)
    for name in ("keys", "hashes", "texts"):
        if checked.get(name) is None:
            continue
        checked[name] = [_key_text(value) if name == "keys" else value for value in checked[name]]
        if not checked[name]:
            checked["where"] = "false"  # None is asked for, which is not the same as all.
    return checked


def _key_text(key: Any) -> str:
    if isinstance(key, Sequence) and not isinstance(key, str):
        return ",".join(str(value) for value in key)
    return str(key)
