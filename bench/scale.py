#!/usr/bin/env python3
"""Measures what many workers on one store cost, and computes from that what they would at scale.

  bench/scale.py commits [--processes 64] [--commits 20] [--radosgw]
      processes that commit to one store as fast as they can: commits a second, times, conflicts
  bench/scale.py overhead [--shards 16] [--rows 100000]
      the shards of a job with a synthetic transformer, and the same rows by one process
  bench/scale.py scheduling [--shards 16]
      what a real Slurm on this machine takes for tasks that do nothing
  bench/scale.py constants [--json FILE]
      what the model below needs, measured on this machine
  bench/scale.py model [--constants FILE] [--rows 1e9,1e10]
      the cost model, with a simulation of the workers on one log (docs/SCALE.md)
"""

import argparse
import heapq
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import stores  # noqa: E402
from jobs import BUILD, COLVEC, TESTDATA, need, sql, write_config  # noqa: E402
from radosgw import Radosgw  # noqa: E402
from slurm import Slurm  # noqa: E402

BENCH = BUILD / "bench" / "scale_bench"


def run(*command, env=None):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False,
                          env={**os.environ, **(env or {})})
    if done.returncode != 0:
        raise SystemExit(f"{command}: {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def load():
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


# ---- Commits ---------------------------------------------------------------------------------


def commit_at_once(place, processes, commits, rows, dimension, env):
    """What each of the processes says, and the seconds from the first commit to the last."""
    start_ms = int(time.time() * 1000) + 2000 + 150 * processes
    running = [subprocess.Popen(list(map(str, (BENCH, "commit", place, writer, processes, commits,
                                               rows, dimension, start_ms))),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, **env})
               for writer in range(processes)]
    said = []
    for process in running:
        out, errors = process.communicate()
        if process.returncode != 0:
            raise SystemExit(f"scale_bench: {process.returncode}: {errors}")
        said.append(json.loads(out))
    late = sum(one["was_late"] for one in said)
    if late:
        print(f"  {late} processes were not ready at the start")
    return said, (max(one["end_ms"] for one in said) - start_ms) / 1000


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure_commits(folder, place, args, env):
    said, seconds = commit_at_once(place, args.processes, args.commits, args.rows,
                                   args.dimension, env)
    times = [ms for one in said for ms in one["ms"]]
    if place.startswith("s3:"):
        run(COLVEC, "store", "pull", folder / "replica", "--remote", place, env=env)
    vectors = stores.replay_table(pathlib.Path(folder) / "replica" / "vectors"
                                  if place.startswith("s3:") else pathlib.Path(place) / "vectors")
    appends = sum(info["operation"] == "WRITE" for info in vectors.commits)
    lost = args.processes * args.commits - appends
    rows_lost = sum(one["rows"] for one in said) - vectors.rows()
    conflicts = sum(one["conflicts"] for one in said)
    result = {"processes": args.processes, "commits": len(times), "seconds": seconds,
              "commits_per_second": len(times) / seconds, "p50_ms": percentile(times, 0.5),
              "p99_ms": percentile(times, 0.99), "conflicts": conflicts, "lost": lost,
              "rows_lost": rows_lost}
    print(f"  {args.processes} processes, {len(times)} commits of {args.rows} rows in"
          f" {seconds:.1f} s: {result['commits_per_second']:.1f} commits/s; a commit takes"
          f" {result['p50_ms']:.0f} ms (median), {result['p99_ms']:.0f} ms (99 %);"
          f" {conflicts} conflicts tried again, {lost} commits and {rows_lost} rows lost"
          f" ({load()})")
    assert lost == 0 and rows_lost == 0
    return result


def commits(args):
    with tempfile.TemporaryDirectory(prefix="colvec_scale_") as work:
        folder = pathlib.Path(work)
        print("A store in a folder:")
        measure_commits(folder, str(folder / "store"), args, {})
        if not args.radosgw:
            return
        gateway = Radosgw()
        gateway.make_bucket("scale")
        print("A store in a radosgw on this machine:")
        measure_commits(folder, "s3://scale/store", args, gateway.environment())
        gateway.stop()


# ---- Overhead --------------------------------------------------------------------------------


def overhead(args):
    need(TESTDATA / "model_folders_no_weights" / "all-MiniLM-L6-v2")
    with tempfile.TemporaryDirectory(prefix="colvec_scale_") as work:
        folder = pathlib.Path(work)
        model = folder / "model"
        run(COLVEC, "model", "synth", "--config",
            TESTDATA / "model_folders_no_weights" / "all-MiniLM-L6-v2", "--output", model)
        sql(folder / "input.duckdb",
            f"CREATE TABLE source_texts AS SELECT (r.i * 217740 + id)::BIGINT AS document_id, text"
            f" || ' ' || r.i AS content FROM '{TESTDATA}/corpus/short_en.parquet', range(100) r(i)"
            f" WHERE r.i * 217740 + id < {args.rows}")
        config = write_config(folder, model=str(model), store="store", precision="f32")
        env = {"COLVEC_HOME": str(folder / "home")}
        began = time.monotonic()
        run(COLVEC, "submit", config, "--engine", "local", "--shards", args.shards, "--wait",
            env=env)
        sharded = time.monotonic() - began
        entries = stores.replay_table(folder / "store" / "vectors").commits
        whole = write_config(folder, model=str(model), precision="f32",
                             output_db_path="whole.duckdb")
        began = time.monotonic()
        run(COLVEC, "embed", whole, "--progress", "none")
        one = time.monotonic() - began
        parts = []
        for shard in range(args.shards):
            log = next((folder / "home" / "jobs").glob(f"*/logs/shard-{shard}.log")).read_text()
            seconds = {line.rsplit(None, 2)[0].strip(): float(line.split()[-2])
                       for line in log.splitlines() if line.endswith(" s")}
            parts.append(seconds)
        looking = sum(part["looking up"] for part in parts)
        committing = sum(part["committing"] for part in parts)
        embedding = sum(info["timestamp"] - int(info["operationParameters"]["begun_ms"])
                        for info in entries if info["operation"] == "FINISH SHARD") / 1000
        print(f"{args.rows} rows, {args.shards} shards on {os.cpu_count()} cores: {sharded:.1f} s"
              f" with the finaliser; one process: {one:.1f} s ({load()})")
        share = (looking + committing) / (looking + embedding)
        print(f"  of the shards' {looking + embedding:.1f} s, looking up {looking:.1f} s,"
              f" committing {committing:.1f} s: {100 * share:.2f} %; {len(entries)} versions")


def scheduling(args):
    """Tasks that do nothing, one after the other on each of four processors."""
    cluster = Slurm(cpus=2)
    began = time.monotonic()
    array = cluster.run("sbatch", "--parsable", "--output=/dev/null", "--wrap=true",
                        f"--array=0-{args.shards - 1}").strip()
    while {state for number, _, state, _ in cluster.tasks() if number == array} != {"COMPLETED"}:
        time.sleep(0.02)
    seconds = time.monotonic() - began
    cluster.stop()
    print(f"{args.shards} tasks that do nothing, four at once: {seconds:.1f} s,"
          f" {4 * seconds / args.shards:.2f} s of a processor each ({load()})")


# ---- Constants -------------------------------------------------------------------------------


def timed(*command, env=None):
    began = time.monotonic()
    out = run(*command, env=env)
    return time.monotonic() - began, out


def measure_job(folder, rows):
    """Looking up, finalising, compacting, verifying: seconds a row, with builtin:lexical."""
    sql(folder / "make.duckdb",
        f"COPY (SELECT i AS document_id, 'a text of about a hundred bytes, which is what many"
        f" columns have: row ' || i || ' of these ' || hash(i) AS content FROM range({rows}) r(i))"
        f" TO '{folder}/input.parquet' (FORMAT parquet)")
    config = write_config(folder, input_db_path="input.parquet", input_table=None, store="store",
                          threads=1)
    # A shard of next to nothing: what is left is reading and hashing all rows.
    look = json.loads(run(COLVEC, "embed", config, "--shard", "0/100000", "--json", "--progress",
                          "none"))
    for shard in range(4):
        run(COLVEC, "embed", config, "--shard", f"{shard}/4", "--progress", "none")
    finalise, _ = timed(COLVEC, "embed", config, "--finalise", "--progress", "none")
    verify, _ = timed(COLVEC, "store", "verify", folder / "store")
    size = sum(path.stat().st_size for path in (folder / "store").rglob("part-*.parquet"))
    return {"scan_rows_per_second": rows / look["look_seconds"],
            "finalise_rows_per_second": rows / finalise, "verify_rows_per_second": rows / verify,
            "store_bytes_per_text": size / rows, "dimension": 384}


def measure_log(folder, place, env):
    """One worker: a commit of 1,000 rows. Sixteen: what the others cost."""
    alone, _ = commit_at_once(place + "_1", 1, 30, 1000, 384, env)
    together, seconds = commit_at_once(place + "_16", 16, 20, 100, 384, env)
    return {"commit_ms": statistics.median(alone[0]["ms"]),
            "commits_per_second_max": 16 * 20 / seconds,
            "conflicts_per_commit": sum(one["conflicts"] for one in together) / (16 * 20)}


def measure_replay(folder):
    store = folder / "many"
    commit_at_once(str(store), 1, 250, 10, 8, {})
    log = store / "vectors" / "_delta_log"
    with_checkpoint = json.loads(run(BENCH, "replay", store))
    checkpoint = max(log.glob("*.checkpoint.parquet"))
    size = checkpoint.stat().st_size
    for path in log.glob("*checkpoint*"):
        path.unlink()
    (log / "_last_checkpoint").unlink(missing_ok=True)
    entries = json.loads(run(BENCH, "replay", store))
    return {"entry_bytes": statistics.mean(path.stat().st_size for path in log.glob("*.json")),
            "entry_read_ms": entries["ms"] / entries["versions"],
            "checkpoint_bytes_per_file": size / int(checkpoint.name.split(".")[0]),
            "checkpoint_open_ms": with_checkpoint["ms"]}


def constants(args):
    with tempfile.TemporaryDirectory(prefix="colvec_scale_") as work:
        folder = pathlib.Path(work)
        found = measure_job(folder, args.rows)
        found["folder"] = measure_log(folder, str(folder / "store_log"), {})
        found.update(measure_replay(folder))
        gateway = Radosgw()
        gateway.make_bucket("scale")
        found["radosgw"] = measure_log(folder, "s3://scale/store_log", gateway.environment())
        gateway.stop()
    print(json.dumps(found, indent=1))
    print(load())
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(found, indent=1) + "\n")


# ---- The model -------------------------------------------------------------------------------

# What Amazon says that one prefix takes (docs.aws.amazon.com, "optimizing performance").
S3_PUTS_PER_SECOND = 3500
S3_GETS_PER_SECOND = 5500
COMMIT_BYTES = 128 << 20


def simulate_log(workers, interval, commit_ms, read_ms, seconds, seed=1):
    """Workers that commit every `interval` seconds to one log. A commit begins with reading the
    entries that came since the last, `read_ms` each, and takes `commit_ms`, of which the last step
    is to take the next version; who finds it taken reads what came and tries again. (commits/s,
    median and 99 % of their seconds, conflicts a commit.)"""
    rng = random.Random(seed)
    version = 0
    events = []  # (time, number, when it began to commit, the version that it knows)
    for number in range(workers):
        heapq.heappush(events, (rng.uniform(0, interval), number, None, 0))
    times = []
    conflicts = 0
    taken_until = 0.0
    publish = 0.2 * commit_ms / 1000  # Of the commit: the entry itself, after the data.
    while events:
        now, number, begun, known = heapq.heappop(events)
        if now > seconds:
            break
        reading = (version - known) * read_ms / 1000
        if begun is None:
            heapq.heappush(events, (now + reading + commit_ms / 1000 - publish, number, now,
                                    version))
        elif known == version and now >= taken_until:
            version += 1
            taken_until = now + publish
            times.append(taken_until - begun)
            heapq.heappush(events, (taken_until + interval, number, None, version))
        else:
            conflicts += 1
            heapq.heappush(events, (max(now, taken_until) + reading + rng.uniform(0, publish),
                                    number, begun, version))
    if not times:
        return 0, 0, 0, 0
    return (len(times) / seconds, percentile(times, 0.5), percentile(times, 0.99),
            conflicts / len(times))


def model(args):
    found = json.loads(pathlib.Path(args.constants).read_text())
    for rows in [float(text) for text in args.rows.split(",")]:
        for workers in [int(text) for text in args.workers.split(",")]:
            print_model(found, rows, workers, args)


def print_model(found, rows, workers, args):
    texts = rows * args.distinct
    embed_seconds = texts / (workers * args.texts_per_second)
    vector_bytes = 4 * args.dimension
    by_time = 10 * max(1, workers / 20)
    by_bytes = (COMMIT_BYTES * min(8, max(1, workers / 20))
                / (vector_bytes * args.texts_per_second))
    interval = min(by_time, by_bytes)
    commits_each = max(1, embed_seconds / interval)
    commits_all = commits_each * workers
    files = commits_all
    scan_seconds = rows / found["scan_rows_per_second"] / args.threads
    size = texts * found["store_bytes_per_text"] * args.dimension / found["dimension"]
    kinds = {}
    for kind in ("folder", "radosgw"):
        simulated = simulate_log(workers, interval, found[kind]["commit_ms"],
                                 found["entry_read_ms"], min(600, max(60, 20 * interval)))
        # Puts: data, entry. Gets: the entries of all others, and one that is not there.
        kinds[kind] = simulated + (2 * workers / interval, workers * workers / interval)
    print(f"\n{rows:.0e} rows, {texts:.0e} texts of {args.dimension} numbers, {workers} workers of"
          f" {args.texts_per_second:,} texts/s")
    print(f"  embedding {hours(embed_seconds)}; each worker reads and hashes all rows first:"
          f" {hours(scan_seconds)} ({100 * scan_seconds / embed_seconds:.1f} % of its time)")
    print(f"  a commit every {interval:.0f} s: {commits_all:,.0f} in all; log"
          f" {gigabytes(commits_all * found['entry_bytes'])}, last checkpoint"
          f" {gigabytes(files * found['checkpoint_bytes_per_file'])}; store {gigabytes(size)}")
    for kind, (rate, median, p99, conflicts, puts, gets) in kinds.items():
        print(f"  {kind}: {rate:.1f} commits/s of {found[kind]['commits_per_second_max']:.0f} that"
              f" were seen; {median:.2f} s each, 99 % {p99:.2f} s, {conflicts:.2f} conflicts each;"
              f" of a worker's time {100 * median / interval:.2f} %")
        if kind == "radosgw":
            print(f"    requests: {puts:.1f} PUT/s ({100 * puts / S3_PUTS_PER_SECOND:.1f} % of what"
                  f" one prefix of S3 takes), {gets:,.0f} GET/s"
                  f" ({100 * gets / S3_GETS_PER_SECOND:.1f} %)")
    finalise = rows / found["finalise_rows_per_second"] / args.threads
    verify = texts / found["verify_rows_per_second"] / args.threads
    print(f"  finaliser, one machine of {args.threads} threads: {hours(finalise)}"
          f" (verifying: {hours(verify)} of it)")


def hours(seconds):
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def gigabytes(size):
    if size < 1e9:
        return f"{size / 1e6:,.1f} MB"
    return f"{size / 1e9:,.1f} GB" if size < 1e12 else f"{size / 1e12:,.1f} TB"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("commits")
    part.add_argument("--processes", type=int, default=64)
    part.add_argument("--commits", type=int, default=20)
    part.add_argument("--rows", type=int, default=100)
    part.add_argument("--dimension", type=int, default=384)
    part.add_argument("--radosgw", action="store_true")
    part.set_defaults(run=commits)
    part = parts.add_parser("overhead")
    part.add_argument("--shards", type=int, default=16)
    part.add_argument("--rows", type=int, default=100_000)
    part.set_defaults(run=overhead)
    part = parts.add_parser("scheduling")
    part.add_argument("--shards", type=int, default=16)
    part.set_defaults(run=scheduling)
    part = parts.add_parser("constants")
    part.add_argument("--rows", type=int, default=500_000)
    part.add_argument("--json")
    part.set_defaults(run=constants)
    part = parts.add_parser("model")
    part.add_argument("--constants", default=str(ROOT / "bench" / "results" / "scale.json"))
    part.add_argument("--rows", default="1e9,1e10")
    part.add_argument("--workers", default="16,256,1000")
    part.add_argument("--distinct", type=float, default=1.0)
    part.add_argument("--dimension", type=int, default=384)
    part.add_argument("--texts-per-second", type=int, default=5000)
    part.add_argument("--threads", type=int, default=16)
    part.set_defaults(run=model)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
