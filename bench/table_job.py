#!/usr/bin/env python3
"""Measures the table job end to end: memory, the run with nothing to do, and where the time goes.

  bench/table_job.py [--rows 1000000] [--model FOLDER] [--keep DIR]

1. builtin:lexical over ROWS short texts at a memory_limit of 1 GB: rows/s and peak memory.
2. The same job again, nothing pending, at a memory_limit of 2 GB: interleaved with DuckDB's own
   SELECT count(*), count(DISTINCT id) on both tables at that limit, seven times; the median ratio.
3. With --model: the share of reading and writing in the wall time of 20,000 rows.

Texts are those of corpus/short_en.parquet of the test data, repeated with a number.
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


def run_measured(*command):
    """Seconds, peak megabytes and standard output of a program that must succeed."""
    begin = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    out = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command} failed with {status}")
    return time.monotonic() - begin, usage.ru_maxrss / 1024, out


def make_input(folder, rows):
    if not (folder / "input.duckdb").exists():
        sql(folder / "input.duckdb",
            f"""CREATE TABLE source_texts AS SELECT (r.i * 217740 + id)::BIGINT AS document_id,
                text || ' ' || r.i AS content
                FROM '{TESTDATA}/corpus/short_en.parquet', range(1000) r(i)
                WHERE r.i * 217740 + id < {rows}""")


def measure_memory(folder, rows):
    config = write_config(folder, memory_limit="1GB")
    seconds, megabytes, out = run_measured(COLVEC, "embed", config, "--json", "--progress", "none")
    done = json.loads(out)
    print(f"builtin:lexical, {rows:,} rows: {rows / seconds:,.0f} rows/s, peak {megabytes:,.0f} MB"
          f" at a memory_limit of 1 GB; {done['commits']} commits")
    stages = ", ".join(f"{stage} {took:.1f}" for stage, took in done["stage_seconds"].items())
    print("  thread seconds: " + stages)


def measure_nothing_to_do(folder):
    config = write_config(folder, memory_limit="2GB")
    count = "SELECT count(*), count(DISTINCT document_id) FROM "
    ours, theirs = [], []
    for _ in range(7):
        ours.append(run_measured(COLVEC, "embed", config, "--json", "--progress", "none")[0])
        theirs.append(run_measured(
            BUILD / "tests" / "duck_sql", folder / "output.duckdb", "SET memory_limit = '2GB'",
            f"ATTACH '{folder}/input.duckdb' AS i (READ_ONLY)", count + "i.source_texts",
            count + "embedded_texts")[0])
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"nothing to do: {statistics.median(ours):.2f} s;"
          f" counting in DuckDB {statistics.median(theirs):.2f} s;"
          f" ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def measure_shares(folder, model):
    config = write_config(folder, output_table="by_model", model=str(model))
    seconds, megabytes, out = run_measured(COLVEC, "embed", config, "--limit", "20000", "--json",
                                           "--progress", "none")
    done = json.loads(out)
    stages = done["stage_seconds"]
    thread_seconds = sum(stages.values())
    outside = done["wall_seconds"] - thread_seconds / done["threads"]
    share = (stages["read"] + stages["write"] + stages["hash"]) / thread_seconds
    print(f"{model}: {done['rows_written'] / seconds:,.0f} rows/s,"
          f" {done['tokens'] / seconds:,.0f} tokens/s, peak {megabytes:,.0f} MB;"
          f" reading, hashing and writing {100 * share:.2f} % of the thread time,"
          f" opening and looking for pending rows"
          f" {100 * outside / done['wall_seconds']:.2f} % of the wall time")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the databases, used again")
    args = parser.parse_args()
    need(TESTDATA / "corpus" / "short_en.parquet")
    with tempfile.TemporaryDirectory(prefix="colvec_bench_") as temporary:
        folder = args.keep or pathlib.Path(temporary)
        folder.mkdir(exist_ok=True)
        make_input(folder, args.rows)
        if not (folder / "output.duckdb").exists():
            measure_memory(folder, args.rows)
        measure_nothing_to_do(folder)
        if args.model:
            measure_shares(folder, args.model)


if __name__ == "__main__":
    main()
