#!/usr/bin/env python3
"""What the bindings cost: Python's encode() and SQL's embed() beside `colvec encode` and `embed`.

  bench/bindings.py [--texts 100000] [--rows 1000000] [--rounds 3] [--model builtin:lexical]

1. The same texts by `colvec encode` and by colvec.Encoder.encode(), each in a process of its own
   that reads the JSON lines and writes the NumPy file, in turns; and the call of encode() alone
   beside `colvec bench encode`, which measures the engine without reading and writing.
2. The same rows by `colvec embed` and by CREATE TABLE ... AS SELECT id, text, embed(model, text) in
   a DuckDB that loads the extension, in turns.

Ratios are of the times of a round; the median counts. Texts are those of corpus/short_en.parquet of
the test data, repeated with a number.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from jobs import BUILD, COLVEC, TESTDATA, need, sql, write_config  # noqa: E402

ENCODE = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import numpy, colvec
texts = [json.loads(line)["text"] for line in open(sys.argv[2], encoding="utf-8")]
encoder = colvec.Encoder(sys.argv[4], precision="f32")
begin = time.monotonic()
vectors = encoder.encode(texts)
print(time.monotonic() - begin)
numpy.save(sys.argv[3], vectors)
"""


def seconds(*command):
    begin = time.monotonic()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command} failed: {done.stdout}{done.stderr}")
    return time.monotonic() - begin, done.stdout


def show(name, ours, theirs, unit, count):
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"{name}: {count / statistics.median(ours):,.0f} {unit} beside"
          f" {count / statistics.median(theirs):,.0f}; time {statistics.median(ratios):.3f}x"
          f" ({min(ratios):.3f} to {max(ratios):.3f})", flush=True)


def rows_sql(rows):
    return (f"SELECT (r.i * 217740 + id)::BIGINT AS document_id, text || ' ' || r.i AS content"
            f" FROM '{TESTDATA}/corpus/short_en.parquet', range(1000) r(i)"
            f" WHERE r.i * 217740 + id < {rows}")


def measure_python(folder, texts, rounds, model, python):
    sql(folder / "scratch.duckdb", f"COPY (SELECT content AS text FROM ({rows_sql(texts)}))"
        f" TO '{folder}/texts.jsonl' (FORMAT json)")
    program, package, calls, engine = [], [], [], []
    for _ in range(rounds + 1):  # The first one warms the page cache up.
        program.append(seconds(COLVEC, "encode", model, "--input", folder / "texts.jsonl",
                               "--output", folder / "program.npy")[0])
        took, out = seconds(python, "-c", ENCODE, BUILD / "python", folder / "texts.jsonl",
                            folder / "package.npy", model)
        package.append(took)
        calls.append(float(out))
        out = seconds(COLVEC, "bench", "encode", model, "--input", folder / "texts.jsonl",
                      "--texts-max", texts, "--rounds", 1, "--precision", "f32", "--json")[1]
        engine.append(texts / json.loads(out)["texts_per_second"])
    same = (folder / "program.npy").read_bytes()[-1000:] == (folder / "package.npy").read_bytes()[
        -1000:]
    print(f"the last vectors are {'the same' if same else 'DIFFERENT'}")
    show("Python, process by process", package[1:], program[1:], "texts/s", texts)
    show("Python, encode() alone, and the engine", calls[1:], engine[1:], "texts/s", texts)


def measure_sql(folder, rows, rounds, model):
    sql(folder / "input.duckdb", f"CREATE TABLE source_texts AS {rows_sql(rows)}")
    jobs, queries = [], []
    for _ in range(rounds):
        for name in ("output.duckdb", "sql.duckdb"):
            (folder / name).unlink(missing_ok=True)
        jobs.append(seconds(COLVEC, "embed", write_config(folder, model=model, memory_limit="4GB"),
                            "--progress", "none")[0])
        queries.append(seconds(
            BUILD / "tests" / "sql_host", folder / "sql.duckdb",
            f"LOAD '{BUILD}/colvec.duckdb_extension'", "SET memory_limit = '4GB'",
            f"ATTACH '{folder}/input.duckdb' AS i (READ_ONLY)",
            "CREATE TABLE embedded AS SELECT document_id, content,"
            f" embed('{model}', content) AS embedding FROM i.source_texts")[0])
    show("SQL, embed() into a table", queries, jobs, "rows/s", rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="builtin:lexical")
    parser.add_argument("--python", default=os.environ.get("PYTHON", "/usr/bin/python3"))
    args = parser.parse_args()
    need(TESTDATA / "corpus" / "short_en.parquet")
    with tempfile.TemporaryDirectory(prefix="colvec_bench_") as name:
        if args.texts > 0:
            measure_python(pathlib.Path(name), args.texts, args.rounds, args.model, args.python)
        if args.rows > 0:
            measure_sql(pathlib.Path(name), args.rows, args.rounds, args.model)


if __name__ == "__main__":
    main()
