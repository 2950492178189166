"""Datasets: tables whose columns stay embedded; bundles: their vectors and models elsewhere."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any, Dict, List, Optional, Sequence

from colvec import _colvec
from colvec.encoder import Encoder
from colvec.store import Store


def _home_of(home: Any) -> pathlib.Path:
    """As the program has it: `home`, else COLVEC_HOME, else ./colvec."""
    return pathlib.Path(home or os.environ.get("COLVEC_HOME") or "colvec").absolute()


def _source_of(source: Any) -> str:
    text = os.fspath(source)
    return text if "://" in text else os.path.abspath(text)


class Dataset:
    """A dataset of the home; docs/datasets.md says what that is."""

    def __init__(self, name: str, *, home: Any = None):
        self.name = name
        self.home = _home_of(home)
        self.definition  # Says now that there is none.

    @staticmethod
    def list(home: Any = None) -> List[str]:
        """The names of all datasets."""
        return _colvec.list_datasets(_home_of(home))

    @classmethod
    def add(cls, name: str, source: Any, *, table: str = "",
            key: Optional[Sequence[str]] = None, remote: str = "", home: Any = None) -> "Dataset":
        """Makes a dataset of a DuckDB file's `table`, or of Parquet, CSV or JSON lines.

        `key` names the primary-key columns, in the place of those that are proposed.
        """
        columns = [key] if isinstance(key, str) else None if key is None else [*key]
        _colvec.add_dataset(_home_of(home), name, _source_of(source), table, columns, remote)
        return cls(name, home=home)

    @property
    def definition(self) -> Dict[str, Any]:
        """dataset.json."""
        return json.loads(_colvec.read_dataset(self.home, self.name))

    @property
    def processed(self) -> pathlib.Path:
        """The folder with the table and its vectors, as Parquet, once it was refreshed."""
        return pathlib.Path(_colvec.processed_folder(self.home, self.name))

    def set_embedding(self, column: str, **fields: Any) -> "Dataset":
        """Gives a column an embedding step, or changes fields of it: `model`, `dimension`,
        `prompt`, `compression` and the policies; None is a field's default."""
        if not fields:
            raise TypeError("set_embedding: needs fields, such as model=...")
        _colvec.set_column(self.home, self.name, column,
                           [(field, json.dumps(value)) for field, value in fields.items()], False)
        return self

    def unset_embedding(self, column: str) -> "Dataset":
        """Takes the embedding step away; the vectors stay in the store."""
        _colvec.set_column(self.home, self.name, column, [], True)
        return self

    def refresh(self, columns: Sequence[str] = (), *, memory_limit: str = "1GB", threads: int = 0,
                batch_size: int = 0) -> Dict[str, Any]:
        """Embeds what is new or changed, and writes the table with its vectors. Ctrl-C ends it;
        what was embedded is kept."""
        return json.loads(_colvec.refresh_dataset(self.home, self.name, [*columns], memory_limit,
                                                  threads, batch_size))

    def status(self) -> Dict[str, Any]:
        """How far the vectors of each column are."""
        return json.loads(_colvec.dataset_status(self.home, self.name))

    def runs(self) -> List[Dict[str, Any]]:
        """Past refreshes, the newest first."""
        return [json.loads(run) for run in _colvec.list_runs(self.home, self.name)]

    def search(self, column: str, text: str, k: int = 10, *, where: str = "",
               prompt: Optional[str] = None) -> List[Dict[str, Any]]:
        """The rows whose vectors are nearest to that of `text`: their columns as text, and
        `score`, the nearest first."""
        found = json.loads(_colvec.search_dataset(self.home, self.name, column, text, k, where,
                                                  prompt))
        return [_row_of(found["columns"], hit) for hit in found["hits"]]

    def store(self, column: str) -> Store:
        """The store of a column."""
        return Store(_colvec.store_folder(self.home, self.name, column))

    def deploy(self, to: Any) -> "Bundle":
        """Makes a bundle in the folder `to`, or brings the one that is there up to date."""
        _colvec.deploy_dataset(self.home, self.name, pathlib.Path(to))
        return Bundle(to)

    def remove(self) -> None:
        """Deletes the dataset with its vectors and runs; the source stays."""
        _colvec.remove_dataset(self.home, self.name)


def _row_of(columns: List[str], hit: Any) -> Dict[str, Any]:
    return {**dict(zip(columns, hit["values"])), "score": hit["score"]}


class Bundle:
    """A deployed bundle in a folder: works alone, on any host."""

    def __init__(self, folder: Any):
        self.folder = pathlib.Path(folder)

    @classmethod
    def fetch(cls, url: str, to: Any) -> "Bundle":
        """Brings the bundle at `url` (s3://bucket/prefix, or a folder) to the folder `to`."""
        _colvec.fetch_bundle(url, pathlib.Path(to))
        return cls(to)

    def verify(self) -> Dict[str, Any]:
        """Compares every file with its checksum, then the models with their golden vectors."""
        return json.loads(_colvec.verify_bundle(self.folder))

    def encode(self, input: Any, output: Any, *, table: str = "") -> Dict[str, Any]:
        """Writes the table `input` with the vectors of the bundle's columns to a Parquet file."""
        return json.loads(_colvec.encode_with_bundle(self.folder, pathlib.Path(_source_of(input)),
                                                     table, pathlib.Path(output)))

    def encoders(self) -> Dict[str, Encoder]:
        """An encoder for each column, after all files were checked: texts that the bundle knows do
        not reach the model."""
        return {column: Encoder._of(encoders)
                for column, encoders in _colvec.open_bundle_encoders(self.folder).items()}
