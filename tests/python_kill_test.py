#!/usr/bin/env python3
"""Kills a job of process_duckdb_for_embeddings at random moments, restarts it, and compares with
the table of `colvec embed`: the same rows to the bit, no duplicate, whoever the model is."""

import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import BUILD, COLVEC, need, sql, write_config  # noqa: E402

ROWS = 20_000
KILLS = 6

# A foreign model that takes its time, so that there is something to kill; or one of ours.
SCRIPT = """
import sys, time
sys.path.insert(0, sys.argv[1])
import colvec

class Slow:
    name = "slow"
    def __init__(self):
        self.inner = colvec.Encoder()
    def encode(self, texts):
        time.sleep(0.01)
        return self.inner.encode(texts)

model = Slow() if sys.argv[3] == "by_object" else colvec.Encoder()
colvec.process_duckdb_for_embeddings(sys.argv[2], model, logger=lambda line: None,
                                     commit_seconds=0.2)
"""


def make_input(folder):
    sql(folder / "input.duckdb",
        f"CREATE TABLE source_texts AS SELECT i AS document_id, CASE WHEN i % 50 = 7 THEN NULL"
        f" WHEN i % 70 = 3 THEN '' WHEN i % 40 = 1 THEN 'shared ' || (i // 320)"
        f" ELSE 'a text of row ' || i || repeat(' and more', i % 20) END AS content"
        f" FROM range({ROWS}) r(i)")


def kill_repeatedly(folder, kind):
    config = write_config(folder, output_table=kind)
    killed = 0
    while True:
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, BUILD / "python", config, kind])
        try:
            seconds = random.uniform(0.3, 1.5) if killed < KILLS else 600
            assert process.wait(timeout=seconds) == 0, "the job failed"
            return killed
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            time.sleep(0.05)


def compare(folder, kind):
    for end in ("", "_issues"):
        rows = sql(folder / "output.duckdb",
                   f"SELECT (SELECT count(*) FROM {kind}{end}), (SELECT count(DISTINCT document_id)"
                   f" FROM {kind}{end}), (SELECT count(*) FROM (FROM {kind}{end} EXCEPT ALL"
                   f" FROM whole{end})), (SELECT count(*) FROM (FROM whole{end} EXCEPT ALL"
                   f" FROM {kind}{end}))")
        count, distinct, more, less = map(int, rows[0].split("|"))
        print(f"{kind}{end}: {count} rows, {distinct} ids; {more} and {less} rows differ")
        assert count == distinct > 0 and more == less == 0


def main():
    need(BUILD / "python" / "colvec")
    seed = int(time.time())
    random.seed(seed)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="colvec_python_kill_") as name:
        folder = pathlib.Path(name)
        make_input(folder)
        subprocess.run([COLVEC, "embed", write_config(folder, output_table="whole"), "--progress",
                        "none"], check=True, capture_output=True)
        for kind in ("by_object", "by_encoder"):
            killed = kill_repeatedly(folder, kind)
            print(f"{kind}: {killed} kills", flush=True)
            assert killed >= (3 if kind == "by_object" else 0), "too quick to be killed"
            compare(folder, kind)


if __name__ == "__main__":
    main()
