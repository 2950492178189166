"""What the end-to-end tests share: where the programs are, and how to look into databases."""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("COLVEC_BUILD", ROOT / "build" / "release"))
COLVEC = BUILD / "colvec"
TESTDATA = pathlib.Path(os.environ.get("COLVEC_TESTDATA", ROOT.parent / "shared" / "testdata"))
# What a query that takes hours reads.
HOURS_OF_ROWS = "range(100000000) a(i), range(1000000) b(j) WHERE hash(i, j) % 7 = 3"
IS_LONG = os.environ.get("COLVEC_LONG") == "1"


def sql(database, *statements):
    """The rows of the last statement, each a string with values between bars."""
    done = subprocess.run([BUILD / "tests" / "duck_sql", str(database), *statements],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{statements}: {done.stderr}")
    return done.stdout.splitlines()


def colvec(*arguments, cwd=None, env=None, stdin=None):
    """Runs the program; the result has returncode, stdout and stderr."""
    return subprocess.run([COLVEC, *map(str, arguments)], capture_output=True, text=True, cwd=cwd,
                          input=stdin, env={**os.environ, **(env or {})}, errors="replace")


def write_config(folder, **keys):
    """A config.json of the six keys, with `keys` changed or added (None: left out)."""
    config = {"input_db_path": "input.duckdb", "output_db_path": "output.duckdb",
              "input_table": "source_texts", "id_column": "document_id",
              "text_column": "content", "output_table": "embedded_texts", **keys}
    path = pathlib.Path(folder) / "config.json"
    path.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    return path


def need(path):
    """Leaves with what CTest takes as skipped, where `path` is not there."""
    if not pathlib.Path(path).exists():
        print(f"SKIPPED: not there: {path}")
        sys.exit(77)
