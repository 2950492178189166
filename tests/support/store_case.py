"""A store in a folder of its own, run by the program and looked at from outside after each command.

The logs are replayed by delta_replay.py, and what the program says is compared with what DuckDB
reads from the files that the logs name.
"""

import pathlib
import tempfile
import unittest

import stores
from jobs import colvec, sql
from parquet_readers import list_of

FINGERPRINT = "ab" * 32
VECTOR = "list_transform(range(8), j -> (hash({} || j) % 2001 / 1000.0 - 1)::FLOAT)::FLOAT[]"


def rows_sql(rows, shift=0, text="'text number ' || (i % 70)"):
    """Rows (document_id, content, embedding); a vector follows from its text."""
    return (f"SELECT *, {VECTOR.format('content')} AS embedding FROM (SELECT i AS document_id,"
            f" {text} AS content FROM range({shift}, {shift + rows}) r(i))")


class StoreCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="colvec_store_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "store"
        self.inputs = 0

    def query(self, *statements):
        return stores.query(*statements)

    def write(self, query, ending="parquet", options=""):
        """A file with the rows of a query."""
        self.inputs += 1
        path = self.folder / f"input_{self.inputs}.{ending}"
        if ending == "duckdb":
            sql(path, f"CREATE TABLE source_texts AS {query}")
        else:
            self.query(f"COPY ({query}) TO '{path}' {options}")
        return path

    def run_store(self, command, *arguments):
        done = colvec("store", command, self.store, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def load(self, query=None, *options, path=None, keys="document_id"):
        path = path or self.write(query)
        out = self.run_store("import", path, "--text", "content", "--vector", "embedding",
                             *(["--key", keys] if keys else []),
                             *(options or ["--fingerprint", FINGERPRINT]))
        self.look()
        return out

    def look(self):
        """(vectors, keys) as the logs have them, after everything about them was checked."""
        vectors, keys = stores.replay_store(self.store, check_checkpoints=True)
        for table in filter(None, (vectors, keys)):
            stores.check_checksums(table)
        self.assertEqual(stores.doubles(vectors, "text_hash"), [])
        if keys:
            names = [f'"{name}"' for name in keys.columns if name not in ("seen_at", "pk_bucket")]
            self.assertEqual(stores.doubles(keys, ", ".join(names)), [])
            self.assertEqual(stores.missing_vectors(vectors, keys), [])
        return vectors, keys

    def flat_sql(self):
        """What a reader of the logs sees: (keys.., text_hash, text_value, embedding)."""
        vectors, keys = self.look()
        if not keys.live:
            return None
        return (f"(SELECT k.* EXCLUDE (seen_at), text_value, embedding"
                f" FROM {list_of(stores.files_of(keys))} k"
                f" JOIN {list_of(stores.files_of(vectors))} v USING (text_hash))")

    def assert_same_rows(self, one, other):
        counts = self.query(f"SELECT (SELECT count(*) FROM {one}), (SELECT count(*) FROM {other}),"
                            f" (SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other}))")[0]
        self.assertEqual((counts[0], counts[2]), (counts[1], "0"))

    def content(self, *options):
        """What `store export` gives, as SQL that can follow FROM."""
        self.inputs += 1
        path = self.folder / f"export_{self.inputs}.parquet"
        self.run_store("export", "--output", path, *options)
        return (f"(SELECT document_id, text_hash, text_value, embedding"
                f" FROM read_parquet('{path}'))")

    def count(self, relation):
        return int(self.query(f"SELECT count(*) FROM {relation}")[0][0])

    def refused(self, code, message, *arguments):
        done = colvec("store", *arguments)
        errors = [line for line in done.stderr.splitlines() if line.startswith("colvec: error:")]
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(len(errors), 1, done.stderr)
        self.assertIn(message, errors[0])
