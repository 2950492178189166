#!/usr/bin/env python3
"""Eight processes append to one store while a ninth compacts it: no loss, no doubles."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from jobs import BUILD, IS_LONG, colvec  # noqa: E402
from parquet_readers import list_of  # noqa: E402

WRITER = BUILD / "tests" / "store_writer"
# What store_writer.cc makes of the key k.
TEXT = "CASE WHEN k % 5 = 0 THEN 'shared text ' || hash(k) % 100 ELSE 'text of ' || k END"
VECTOR = ("list_transform(range(8), j -> (hash(text_value || '/' || j) % 2001 / 1000.0 - 1)::FLOAT)"
          "::FLOAT[]")


def start(*arguments):
    return subprocess.Popen([WRITER, *map(str, arguments)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def finish(process):
    out, errors = process.communicate()
    assert process.returncode == 0, f"{process.args}: {process.returncode}: {errors}"
    return json.loads(out)


def run_writers(store, writers, batches, rows):
    """What each writer added, and how often the compactor had something to do."""
    stop = store.parent / "stop"
    compactor = start("compact", store, stop)
    began = time.monotonic()
    processes = [start("append", store, writer, batches, rows) for writer in range(writers)]
    done = [finish(process) for process in processes]
    seconds = time.monotonic() - began
    stop.touch()
    compactions = finish(compactor)["compactions"]
    print(f"{writers} writers, {writers * batches} batches of {rows} rows: {seconds:.1f} s,"
          f" {compactions} compactions")
    assert compactions > 0, "nothing was compacted"
    return done


def check_commits(name, table, count):
    writes = [info for info in table.commits if info["operation"] == "WRITE"]
    print(f"{name}: {table.version + 1} versions, {len(writes)} appends, {len(table.live)} files")
    assert len(writes) == count, f"{name}: {len(writes)} appends, not {count}"
    # An entry of each version and number of every process: none was lost or came twice.
    assert sum(version + 1 for version in table.transactions.values()) == table.version + 1, name


def check_content(vectors, keys, count):
    """Both tables hold the rows of `count` keys, as they are computed here."""
    expected = (f"(SELECT key, left(sha256(text_value), 32) AS text_hash, text_value, {VECTOR} AS"
                f" embedding FROM (SELECT k::BIGINT AS key, {TEXT} AS text_value"
                f" FROM range({count}) r(k)))")
    for table, columns in ((keys, "key, text_hash"), (vectors, "text_hash, text_value, embedding")):
        live = list_of(stores.files_of(table))
        distinct = f"(SELECT DISTINCT {columns} FROM {expected})"
        counts = stores.query(
            f"SELECT (SELECT count(*) FROM {live}), (SELECT count(*) FROM {distinct}),"
            f" (SELECT count(*) FROM (SELECT {columns} FROM {distinct}"
            f"  EXCEPT ALL SELECT {columns} FROM {live}))")[0]
        print(f"{table.folder.name}: {counts[0]} rows, expected {counts[1]}, missing {counts[2]}")
        assert counts[0] == counts[1] and counts[2] == "0", table.folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--batches", type=int, default=1000 if IS_LONG else 25)
    parser.add_argument("--rows", type=int, default=10)
    args = parser.parse_args()
    count = args.writers * args.batches * args.rows
    with tempfile.TemporaryDirectory(prefix="colvec_writers_") as work:
        store = pathlib.Path(work) / "store"
        done = run_writers(store, args.writers, args.batches, args.rows)
        assert sum(one["keys"] for one in done) == count, done
        vectors, keys = stores.replay_store(store, check_checkpoints=True)
        assert sum(one["vectors"] for one in done) == vectors.rows(), done
        check_commits("vectors", vectors, args.writers * args.batches)
        check_commits("keys", keys, args.writers * args.batches)
        check_content(vectors, keys, count)
        for table in (vectors, keys):
            stores.check_checksums(table)
            assert not stores.orphans(table), stores.orphans(table)
        verified = colvec("store", "verify", store)
        assert verified.returncode == 0, verified.stdout + verified.stderr


if __name__ == "__main__":
    main()
