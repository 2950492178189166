#!/usr/bin/env python3
"""Measures the store: appends against DuckDB's COPY, many commits, lookups, memory and bytes.

  bench/store.py append   [--rows 1000000]              in turns with COPY and fsync, median of 3
  bench/store.py small    [--commits 1000] [--rows 1000]
  bench/store.py lookup   [--keys 10000000] [--dimension 384]
  bench/store.py repeated [--keys 10000000]             300 texts over all keys: bytes

`lookup` makes a store and one Parquet file sorted by key, of about 1,400 bytes a key each at 384
dimensions; it stops if less than 20 GB would stay free. --keep DIR keeps and uses them again.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import stores  # noqa: E402
from jobs import BUILD, COLVEC  # noqa: E402
from parquet_readers import list_of  # noqa: E402

BENCH = BUILD / "bench" / "store_bench"
FREE_BYTES_MIN = 20e9
SETTINGS = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION v2"


def run_measured(*command):
    """Seconds, peak megabytes and standard output of a program that must succeed."""
    begin = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    out, errors = process.stdout.read().decode(), process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command} failed with {status}: {errors}")
    return time.monotonic() - begin, usage.ru_maxrss / 1024, out


def drop_from_cache(folder):
    """Asks the kernel to forget the files, so that both sides of a comparison read the disk."""
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def load():
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def measure_append(folder, args):
    source = folder / "source.duckdb"
    run_measured(BENCH, "source", source, args.rows, args.dimension)
    _, megabytes, out = run_measured(BENCH, "append", source, folder, 3)
    lines = [json.loads(line) for line in out.splitlines()]
    seconds = {}
    for line in lines:
        seconds.setdefault(line["kind"], []).append(line["seconds"])
    append = statistics.median(seconds["append"])
    print(f"append of {args.rows:,} vectors of {args.dimension}: {append:.1f} s ({load()})")
    for kind, name in (("copy", "COPY and fsync"), ("copy_sorted", "COPY ordered by hash, fsync")):
        # Each append with the COPY that came after it.
        pairs = zip(seconds["append"][kind == "copy_sorted"::2], seconds[kind])
        ratios = [ours / theirs for ours, theirs in pairs]
        print(f"  {name}: {statistics.median(seconds[kind]):.1f} s; ratio"
              f" {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"  peak memory of all of it: {megabytes:,.0f} MB at a limit of 1 GB")
    print(f"  {lines[0]['bytes'] / args.rows:,.0f} bytes a vector in all,"
          f" {lines[0]['vector_bytes'] / args.rows:,.0f} of them its numbers")


def measure_small(folder, args):
    rows = args.rows if args.rows < 1_000_000 else 1000
    _, megabytes, out = run_measured(BENCH, "small", folder, args.commits, rows, args.dimension)
    seconds = [float(line) for line in out.splitlines()]
    # Every hundredth append writes a checkpoint: the windows hold none.
    first, last = statistics.median(seconds[1:21]), statistics.median(seconds[-21:-1])
    print(f"appends of {rows:,} rows, {args.commits} commits ({load()}): {first * 1000:.1f} ms at"
          f" first, {last * 1000:.1f} ms at last; ratio {last / first:.2f};"
          f" slowest {max(seconds) * 1000:.0f} ms; peak {megabytes:,.0f} MB")
    # A process that has to learn first what is there.
    seconds, _, out = run_measured(BENCH, "fill", folder / "store", 10**9, rows, 0, args.dimension)
    print(f"  one more commit by a new process: {json.loads(out)['seconds'] * 1000:.0f} ms,"
          f" {seconds:.2f} s with its start")


def need_space(folder, byte_count):
    free = shutil.disk_usage(folder).free
    if free - byte_count < FREE_BYTES_MIN:
        raise SystemExit(f"{folder}: {free / 1e9:.0f} GB free, {byte_count / 1e9:.0f} GB are needed"
                         f" and {FREE_BYTES_MIN / 1e9:.0f} GB must stay")


def fill(store, keys, texts, dimension, slice_rows):
    """Peak megabytes over all appends."""
    peak = 0
    for first in range(0, keys, slice_rows):
        rows = min(slice_rows, keys - first)
        seconds, megabytes, out = run_measured(BENCH, "fill", store, first, rows, texts, dimension)
        append = json.loads(out)["seconds"]
        print(f"  keys {first:,} to {first + rows:,}: {append:.1f} s ({seconds:.0f} s with making"
              f" the rows), peak {megabytes:,.0f} MB", flush=True)
        peak = max(peak, megabytes)
    return peak


def measure_lookup(folder, args):
    store, flat = folder / "store", folder / "sorted.parquet"
    if not flat.exists():
        need_space(folder, args.keys * (args.dimension * 4 * 0.93 + 100) * 2.4)
        peak = fill(store, args.keys, 0, args.dimension, 1_000_000)
        print(f"append: peak memory {peak:,.0f} MB with {args.keys:,} keys in the store")
        vectors, keys = stores.replay_store(store)
        group = max(16 * 1024 * 1024 // 4 // args.dimension // 2048, 1) * 2048
        stores.query(f"SET temp_directory = '{folder / 'tmp'}'", "SET memory_limit = '4GB'",
                     "COPY (SELECT key, text_value, embedding"
                     f" FROM {list_of(stores.files_of(keys))}"
                     f" JOIN {list_of(stores.files_of(vectors))} USING (text_hash) ORDER BY key)"
                     f" TO '{flat}' ({SETTINGS}, ROW_GROUP_SIZE {group})")
    wanted = folder / "wanted.parquet"
    stores.query(f"COPY (SELECT (hash(i) % {args.keys})::BIGINT AS key FROM range(10000) r(i))"
                 f" TO '{wanted}' (FORMAT parquet)")
    ours, theirs, peaks = [], [], []
    for _ in range(3):
        drop_from_cache(folder)
        out = folder / "ours.parquet"
        seconds, megabytes, _ = run_measured(COLVEC, "store", "query", store, "--keys", wanted,
                                             "--format", "parquet", "--output", out)
        ours.append(seconds)
        peaks.append(megabytes)
        drop_from_cache(folder)
        theirs.append(run_measured(
            BUILD / "tests" / "duck_sql", folder / "scratch.duckdb", "SET memory_limit = '1GB'",
            f"COPY (SELECT key, text_value, embedding FROM '{flat}' SEMI JOIN '{wanted}'"
            f" USING (key)) TO '{folder / 'theirs.parquet'}' ({SETTINGS})")[0])
    ratios = [a / b for a, b in zip(ours, theirs)]
    same = stores.query(f"SELECT count(*), (SELECT count(*) FROM '{folder / 'theirs.parquet'}')"
                        f" FROM '{out}' SEMI JOIN '{folder / 'theirs.parquet'}'"
                        " USING (key, text_value, embedding)")
    print(f"lookup of 10,000 keys in {args.keys:,} of dimension {args.dimension} ({load()}):"
          f" {statistics.median(ours):.2f} s; DuckDB from one sorted file"
          f" {statistics.median(theirs):.2f} s; ratio {statistics.median(ratios):.2f}"
          f" ({min(ratios):.2f} to {max(ratios):.2f}); peak {max(peaks):,.0f} MB;"
          f" equal rows {same[0]}")


def measure_repeated(folder, args):
    store = folder / "repeated"
    # 300 vectors weigh nothing beside the keys; short ones are made faster.
    peak = fill(store, args.keys, 300, 8, 1_000_000)
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    print(f"300 texts over {args.keys:,} keys: {size / 1e6:,.1f} MB in all (vectors of 8 numbers),"
          f" {size / args.keys:.1f} bytes a key; peak memory {peak:,.0f} MB")


MEASURES = {"append": measure_append, "small": measure_small, "lookup": measure_lookup,
            "repeated": measure_repeated}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--keep", type=pathlib.Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="colvec_store_bench_") as temporary:
        folder = args.keep or pathlib.Path(temporary)
        folder.mkdir(exist_ok=True)
        MEASURES[args.measure](folder, args)


if __name__ == "__main__":
    main()
