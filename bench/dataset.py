#!/usr/bin/env python3
"""Measures datasets: refreshes against what they had to do, searches against memory and DuckDB.

  bench/dataset.py refresh --model FOLDER [--rows 200000]   first, 1 % changed, nothing changed
  bench/dataset.py search [--rows 1000000]                  384 numbers, in memory and from Parquet

--keep DIR keeps the home and uses it again.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import stores  # noqa: E402
from jobs import BUILD, TESTDATA, colvec, sql  # noqa: E402
from store import drop_from_cache, load, run_measured  # noqa: E402

CORPUS = TESTDATA / "corpus" / "short_en.parquet"


def run(home, *arguments):
    done = colvec(*arguments, env={"COLVEC_HOME": str(home)})
    if done.returncode != 0:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return done.stdout


def timed_refresh(home):
    begin = time.monotonic()
    result = json.loads(run(home, "dataset", "refresh", "t", "--json", "--progress", "none"))
    return time.monotonic() - begin, result


def write_source(path, rows, changed):
    stores.query(f"COPY (SELECT (id % 5)::INTEGER AS shop, id,"
                 f" CASE WHEN {changed} THEN 'changed ' || text ELSE text END AS text,"
                 f" (id * 1.5)::DECIMAL(12, 2) AS price FROM '{CORPUS}'"
                 f" WHERE id < {rows}) TO '{path}' (FORMAT parquet)")


def joined_by_duckdb(folder, source, store):
    """Seconds of DuckDB for the same question: which rows lack their vector?"""
    vectors, keys = stores.replay_store(store)
    lists = [f"read_parquet([{', '.join(repr(str(file)) for file in stores.files_of(table))}])"
             for table in (keys, vectors)]
    begin = time.monotonic()
    rows = sql(folder / "scratch.duckdb",
               f"SELECT count(*), count(v.text_hash) FROM '{source}' s LEFT JOIN {lists[0]} k ON"
               " s.shop = k.shop AND s.id = k.id AND left(sha256(s.text), 32) = k.text_hash"
               f" LEFT JOIN (SELECT text_hash FROM {lists[1]}) v ON k.text_hash = v.text_hash")
    return time.monotonic() - begin, rows


def measure_refresh(folder, args):
    home, source = folder / "home", folder / "source.parquet"
    write_source(source, args.rows, "false")
    run(home, "dataset", "add", "t", source, "--key", "shop,id")
    run(home, "column", "set", "t", "text", "--model", args.model)
    first, result = timed_refresh(home)
    column = result["columns"][0]
    print(f"{args.rows:,} rows ({load()}): first {first:.1f} s,"
          f" {column['distinct_texts']:,} distinct texts,"
          f" {column['texts_embedded']:,} embedded", flush=True)
    unchanged, joins = [], []
    for _ in range(5):
        seconds, result = timed_refresh(home)
        assert result["outcome"] == "unchanged", result
        unchanged.append(seconds)
        joins.append(joined_by_duckdb(folder, source,
                                      home / "datasets" / "t" / "embeddings" / "text")[0])
    ratios = [a / b for a, b in zip(unchanged, joins)]
    print(f"  nothing changed: {statistics.median(unchanged):.2f} s; the join in plain DuckDB"
          f" {statistics.median(joins):.2f} s; ratio {statistics.median(ratios):.2f}")
    write_source(source, args.rows, "id % 100 = 0")
    second, result = timed_refresh(home)
    column = result["columns"][0]
    scan = result["stage_seconds"]["scan"]
    print(f"  1 % changed: {second:.1f} s, {column['texts_embedded']:,} embedded;"
          f" {second / first:.2%} of the first; the scan took {scan:.1f} s, writing the table"
          f" {result['stage_seconds']['write']:.1f} s; without the scan"
          f" {(second - scan) / first:.2%}")


def measure_search(folder, args):
    home, source = folder / "home", folder / "source.parquet"
    if not home.exists():
        stores.query(f"COPY (SELECT i AS id, c.text || ' ' || (i // 217000) AS text"
                     f" FROM range({args.rows}) r(i) JOIN '{CORPUS}' c ON c.id = i % 217000)"
                     f" TO '{source}' (FORMAT parquet)")
        run(home, "dataset", "add", "t", source, "--key", "id")
        run(home, "column", "set", "t", "text", "--model", "builtin:lexical")
        seconds, _ = timed_refresh(home)
        print(f"refresh of {args.rows:,} rows: {seconds:.0f} s", flush=True)
    _, megabytes, out = run_measured(BUILD / "bench" / "search_bench", home, "t", "text", 7)
    lines = [json.loads(line) for line in out.splitlines()]
    ratios = [line["search"] / line["read"] for line in lines[1:]]
    print(f"top 10 of {lines[0]['vectors']:,} x {lines[0]['dimension']} in memory ({load()}):"
          f" {statistics.median(line['search'] for line in lines[1:]) * 1000:.0f} ms;"
          " reading the bytes"
          f" {statistics.median(line['read'] for line in lines[1:]) * 1000:.0f} ms; ratio"
          f" {statistics.median(ratios):.2f}; loaded in {lines[0]['load']:.1f} s, peak"
          f" {megabytes:,.0f} MB")
    table = home / "datasets" / "t" / "processed"
    query = "[" + ", ".join(["0.05::FLOAT"] * 384) + "]::FLOAT[384]"
    ours, theirs = [], []
    for _ in range(5):
        drop_from_cache(table)
        begin = time.monotonic()
        run(home, "search", "t", "text", "waterproof hiking boots", "-k", 10, "--json")
        ours.append(time.monotonic() - begin)
        drop_from_cache(table)
        begin = time.monotonic()
        sql(folder / "scratch.duckdb",
            f"SELECT id, text FROM '{table}/*.parquet' ORDER BY"
            f" array_inner_product(text_embedding::FLOAT[384], {query}) DESC LIMIT 10")
        theirs.append(time.monotonic() - begin)
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"from Parquet: {statistics.median(ours):.2f} s, DuckDB's array_inner_product"
          f" {statistics.median(theirs):.2f} s; ratio {statistics.median(ratios):.2f}"
          f" ({min(ratios):.2f} to {max(ratios):.2f})")


MEASURES = {"refresh": measure_refresh, "search": measure_search}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--model", default="builtin:lexical")
    parser.add_argument("--keep", type=pathlib.Path)
    args = parser.parse_args()
    args.rows = args.rows or (200_000 if args.measure == "refresh" else 1_000_000)
    with tempfile.TemporaryDirectory(prefix="colvec_dataset_bench_") as temporary:
        folder = args.keep or pathlib.Path(temporary)
        folder.mkdir(exist_ok=True)
        MEASURES[args.measure](folder, args)


if __name__ == "__main__":
    os.chdir(pathlib.Path(__file__).resolve().parent)
    main()
