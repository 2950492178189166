#!/usr/bin/env python3
"""Kills the table job with SIGKILL at random moments, restarts it each time, and compares.

The final tables must equal those of an uninterrupted run, to the bit, the issues included; and a
text whose vector was committed before a kill must never be embedded again after it.
"""

import argparse
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import BUILD, IS_LONG, TESTDATA, colvec, need, sql, write_config  # noqa: E402

JOB = BUILD / "tests" / "logging_job"


def make_input(folder, rows):
    need(TESTDATA / "corpus" / "short_en.parquet")
    # Every 50th text NULL, every 70th empty, every 40th one that 8 others have too.
    sql(folder / "input.duckdb",
        f"""CREATE TABLE source_texts AS SELECT id AS document_id, CASE WHEN id % 50 = 7 THEN NULL
            WHEN id % 70 = 3 THEN '' WHEN id % 40 = 1 THEN 'a text that rows share ' || (id // 320)
            ELSE text END AS content
            FROM '{TESTDATA}/corpus/short_en.parquet' WHERE id < {rows}""")


def run_until_killed(config, log, delay_us, seconds):
    """True if it was killed; False if it came to its end."""
    process = subprocess.Popen([JOB, config, log, str(delay_us)], stdout=subprocess.DEVNULL)
    try:
        code = process.wait(timeout=seconds)
        if code != 0:
            raise AssertionError(f"the job failed with {code}")
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def embedded_again(folder, log, committed):
    """Texts in the log of a run that had been committed before it began."""
    if not committed.exists() or not log.exists() or log.stat().st_size == 0:
        return 0
    rows = sql(folder / "scratch.duckdb",
               f"""SELECT count(*) FROM read_csv('{log}', header = false,
                   columns = {{'h': 'VARCHAR'}}, null_padding = true) l
                   SEMI JOIN '{committed}' c ON l.h = c.h""")
    return int(rows[0])


def save_committed(folder, committed):
    if not (folder / "output.duckdb").exists():
        return 0
    tables = sql(folder / "output.duckdb", "SELECT count(*) FROM duckdb_tables()")
    if tables == ["0"]:
        return 0
    rows = sql(folder / "output.duckdb",
               f"COPY (SELECT DISTINCT left(sha256(content), 32) AS h FROM embedded_texts)"
               f" TO '{committed}' (FORMAT parquet)",
               "SELECT count(*) FROM embedded_texts")
    return int(rows[-1])


def compare(folder, reference):
    for table in ("embedded_texts", "embedded_texts_issues"):
        rows = sql(folder / "output.duckdb", f"ATTACH '{reference}' AS r (READ_ONLY)",
                   f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM r.{table}),"
                   f" (SELECT count(*) FROM (SELECT document_id FROM {table}"
                   f" EXCEPT ALL SELECT document_id FROM r.{table})),"
                   f" (SELECT count(*) FROM {table} a JOIN r.{table} b USING (document_id)"
                   f"  WHERE hash(a) <> hash(b))")
        ours, theirs, missing, different = map(int, rows[-1].split("|"))
        print(f"{table}: {ours} rows, reference {theirs}; {missing} ids differ, {different} rows"
              " differ")
        assert ours == theirs and missing == 0 and different == 0


def kill_repeatedly(work, model, rows, kills, seconds_max, delay_us):
    folder = work / "killed"
    folder.mkdir()
    make_input(folder, rows)
    reference = work / "whole"
    shutil.copytree(folder, reference)
    done = colvec("embed", write_config(reference, model=model), "--progress", "none")
    assert done.returncode == 0, done.stderr

    config = write_config(folder, model=model)
    committed = folder / "committed.parquet"
    killed = 0
    again = 0
    for attempt in range(kills * 20):
        log = folder / f"log.{attempt}"
        if killed == kills:
            seconds = 100_000  # The last one may finish.
        else:
            seconds = random.uniform(0.05, seconds_max)
        was_killed = run_until_killed(config, log, delay_us, seconds)
        again += embedded_again(folder, log, committed)
        count = save_committed(folder, committed)
        if not was_killed:
            break
        killed += 1
        print(f"kill {killed} after {seconds:.2f} s: {count} rows committed", flush=True)
    print(f"{model}: {killed} kills, {again} committed texts embedded again")
    compare(folder, reference / "output.duckdb")
    assert again == 0
    assert killed >= min(kills, 3), "the job was too quick to be killed: raise the delay"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=217_740 if IS_LONG else 20_000)
    parser.add_argument("--kills", type=int, default=50 if IS_LONG else 8)
    parser.add_argument("--seconds-max", type=float, default=1.0)
    parser.add_argument("--delay-us", type=int, default=60_000)
    parser.add_argument("--model", default="builtin:lexical")
    parser.add_argument("--synth", help="a folder to make a model of, with random weights")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    random.seed(args.seed)
    print(f"seed {args.seed}")
    with tempfile.TemporaryDirectory(prefix="colvec_kill_") as work:
        if args.synth:
            need(TESTDATA / args.synth)
            args.model = work + "/model"
            made = colvec("model", "synth", "--config", TESTDATA / args.synth,
                          "--output", args.model)
            assert made.returncode == 0, made.stderr
        kill_repeatedly(pathlib.Path(work), args.model, args.rows, args.kills, args.seconds_max,
                        args.delay_us)


if __name__ == "__main__":
    main()
