#!/usr/bin/env python3
"""A sharded job on a real Slurm, of which nodes and tasks die: nothing is lost or done twice.

Sixteen tasks share a table. Meanwhile the daemon of one node is killed and the node marked down
(Slurm starts its tasks again elsewhere, while the old processes go on), two tasks are killed, one
of them with the script that would have tried again, and one shard runs twice. The final table must
be that of one process, to the bit; no text may be embedded by two shards; no commit may be lost.
Once with the store in a folder, once with it in a radosgw.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import radosgw  # noqa: E402
import slurm  # noqa: E402
import stores  # noqa: E402
from jobs import BUILD, COLVEC, IS_LONG, sql, write_config  # noqa: E402
from parquet_readers import list_of  # noqa: E402

LOGGING_JOB = BUILD / "tests" / "logging_job"
SHARDS = 16
# What the tasks run in the place of colvec: shards log each text before they embed it, and take
# their time, so that there is some to kill them in.
PROGRAM = """#!/bin/bash
case " $* " in
  *" --shard "*)
    shard="$(sed 's/.* --shard \\([0-9]*\\).*/\\1/' <<<" $*")"
    echo "$$" >>'{folder}/pids/'"${{shard}}"
    exec '{job}' "$2" '{folder}/texts/'"${{shard}}" {delay_us} "${{shard}}/{shards}"
    ;;
esac
exec '{colvec}' "$@"
"""


def make_input(path, rows):
    sql(path, f"""CREATE TABLE source_texts AS SELECT i AS document_id, CASE WHEN i % 50 = 7 THEN
        NULL WHEN i % 70 = 3 THEN '' WHEN i % 40 = 1 THEN 'a text that rows share ' || (i // 320)
        ELSE 'the text of row ' || i || ', ' || hash(i) END AS content FROM range({rows}) r(i)""")


class Job:
    """A job of `rows` rows in a folder, on a cluster; `store` as the config has it."""

    def __init__(self, folder, cluster, rows, delay_us, store, environment):
        self.folder = folder
        self.cluster = cluster
        self.environment = {**cluster.environment, **environment,
                            "COLVEC_HOME": str(folder / "home")}
        cluster.environment = self.environment
        for name in ("pids", "texts"):
            (folder / name).mkdir()
        make_input(folder / "input.duckdb", rows)
        self.config = write_config(folder, store=store)
        self.program = folder / "program.sh"
        self.program.write_text(PROGRAM.format(folder=folder, job=LOGGING_JOB, shards=SHARDS,
                                               delay_us=delay_us, colvec=COLVEC))
        self.program.chmod(0o755)

    def colvec(self, *arguments):
        done = subprocess.run([COLVEC, *map(str, arguments)], capture_output=True, text=True,
                              env=self.environment, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def submit(self):
        said = json.loads(self.colvec(
            "submit", self.config, "--engine", "slurm", "--shards", SHARDS, "--partition", "p",
            "--program", self.program, "--json"))
        self.id = said["id"]
        return said

    def status(self):
        return json.loads(self.colvec("jobs", "status", self.id, "--json"))

    def process_of(self, shard):
        """A process that is embedding the shard, and its parent, the script; None where none is."""
        path = self.folder / "pids" / str(shard)
        for pid in reversed(path.read_text().split() if path.exists() else []):
            try:
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_text()
                parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
                             .split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if "logging_job" in command:
                return int(pid), parent
        return None

    def has_embedded(self, shard):
        path = self.folder / "texts" / str(shard)
        return path.exists() and path.stat().st_size > 0


class Chaos:
    """What is done to a job while it runs, each once, as soon as there is a shard for it."""

    def __init__(self, job):
        self.job = job
        self.used = set()
        self.second_run = None
        self.told = []

    def is_over(self):
        return len(self.told) == 4

    def take(self, shards):
        """A shard of these that is at work and has embedded something, and its processes."""
        for shard in shards:
            process = self.job.process_of(shard) if shard not in self.used else None
            if process and self.job.has_embedded(shard):
                self.used.add(shard)
                return shard, process
        return None

    def step(self, running):
        if self.is_over():
            return
        if not self.told:
            on_node = [shard for shard, node in running if node == "n2"]
            found = self.take(on_node)
            if found:
                self.job.cluster.kill_node("n2")
                self.used.update(on_node)
                self.told.append(f"node n2 killed, which had the shards {on_node}")
            return
        found = self.take([shard for shard, node in running if node == "n1"])
        if found:
            self.act(*found)

    def act(self, shard, process):
        pid, script = process
        if len(self.told) == 1:
            os.kill(pid, signal.SIGKILL)
            self.told.append(f"shard {shard} killed")
        elif len(self.told) == 2:
            os.kill(script, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
            self.told.append(f"shard {shard} killed with its script")
        else:
            self.second_run = subprocess.Popen(
                [self.job.program, "embed", self.job.config, "--shard", f"{shard}/{SHARDS}"],
                env=self.job.environment, stdout=subprocess.DEVNULL)
            self.told.append(f"shard {shard} runs twice")


def run_with_chaos(job, seconds_max):
    job.submit()
    chaos = Chaos(job)
    deadline = time.monotonic() + seconds_max
    seen = 0
    while time.monotonic() < deadline:
        tasks = job.cluster.tasks()
        numbers = (job.folder / "home" / "jobs" / job.id / "slurm_jobs").read_text().split()
        array, finaliser = numbers[-2:]
        chaos.step([(int(task), node) for number, task, state, node in tasks
                    if number == array and state == "RUNNING" and task.isdigit()])
        if len(chaos.told) == 2 and job.cluster.daemons["n2"].poll() is not None:
            job.cluster.start_node("n2")
            job.cluster.run("scontrol", "update", "nodename=n2", "state=resume")
        states = {state for number, _, state, _ in tasks if number == finaliser}
        if states == {"COMPLETED"}:
            break
        if len(numbers) == 2 and not states & {"PENDING", "RUNNING", "COMPLETING"}:
            raise AssertionError(f"the finaliser: {states}: {job.colvec('jobs', 'logs', job.id)}")
        seen = max(seen, sum(shard["texts"] > 0 for shard in job.status()["shards"]))
        time.sleep(0.2)
    else:
        raise AssertionError(f"not done in {seconds_max} s: {job.status()} {job.cluster.tasks()}")
    assert chaos.is_over(), f"the job was too quick: {chaos.told}"
    assert chaos.second_run.wait() == 0
    print("\n".join(f"  {line}" for line in chaos.told))
    print(f"  submitted {len(numbers) // 2} times in all; {seen} shards were seen at work")


def check_output(job):
    """The table and its issues are those of one process without a store."""
    whole = job.folder / "whole"
    whole.mkdir()
    config = write_config(whole, input_db_path=str(job.folder / "input.duckdb"), precision="f32")
    job.colvec("embed", config, "--progress", "none")
    for table in ("embedded_texts", "embedded_texts_issues"):
        rows = sql(job.folder / "output.duckdb",
                   f"ATTACH '{whole}/output.duckdb' AS r (READ_ONLY)",
                   f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM r.{table}),"
                   f" (SELECT count(*) FROM (SELECT * FROM {table} EXCEPT ALL"
                   f" SELECT * FROM r.{table}))")
        ours, theirs, different = map(int, rows[-1].split("|"))
        print(f"  {table}: {ours} rows, of one process {theirs}; {different} differ")
        assert ours == theirs and different == 0
    # EXCEPT compares numbers; the bytes are these.
    digests = [sql(folder / "output.duckdb",
                   "SELECT bit_xor(hash(document_id, content, embedding::VARCHAR)), sum(hash("
                   "document_id, content, embedding::VARCHAR)) FROM embedded_texts")
               for folder in (job.folder, whole)]
    assert digests[0] == digests[1], digests


def check_texts(job):
    """No text was embedded by two shards, and each by one."""
    shards = {}
    calls = 0
    for path in (job.folder / "texts").iterdir():
        texts = path.read_text().split()
        calls += len(texts)
        for text in set(texts):
            shards.setdefault(text, []).append(path.name)
    twice = {text: names for text, names in shards.items() if len(names) > 1}
    distinct = int(sql(job.folder / "input.duckdb", "SELECT count(DISTINCT content) FROM"
                       " source_texts WHERE content <> ''")[0])
    print(f"  {len(shards)} texts embedded, of {distinct}; {len(twice)} by two shards;"
          f" {calls - len(shards)} again by their own shard")
    assert not twice and len(shards) == distinct


def check_store(job, store):
    """Every commit is there: of each run, numbers without a gap; and every text once."""
    vectors, _ = stores.replay_store(store)
    counted = sum(version + 1 for version in vectors.transactions.values())
    print(f"  {vectors.version + 1} versions, of {len(vectors.transactions)} processes")
    assert counted == vectors.version + 1, (counted, vectors.version)
    live = list_of(stores.files_of(vectors))
    rows = stores.query(f"SELECT count(*), count(DISTINCT text_hash) FROM {live}")[0]
    distinct = sql(job.folder / "input.duckdb",
                   "SELECT count(DISTINCT content) FROM source_texts WHERE content <> ''")[0]
    assert rows == [distinct, distinct], (rows, distinct)
    parts = {info["operationParameters"]["shard"] for info in vectors.commits
             if "shard" in info.get("operationParameters", {})}
    assert parts == {f"{shard}/{SHARDS}" for shard in range(SHARDS)}, parts


def run(name, args, gateway=None):
    print(f"a store in a {name}:")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="colvec slurm job_") as work:
        folder = pathlib.Path(work)
        cluster = slurm.Slurm(cpus=2)
        try:
            job = Job(folder, cluster, args.rows, args.delay_us,
                      "s3://scale/a store" if gateway else "store",
                      gateway.environment() if gateway else {})
            run_with_chaos(job, args.seconds_max)
            check_output(job)
            check_texts(job)
            if gateway:
                gateway.download("scale", "a store", folder / "store")
            check_store(job, folder / "store")
            status = job.status()
            assert status["shards_done"] == SHARDS, status
        finally:
            cluster.stop()
    print(f"  {time.monotonic() - began:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000 if IS_LONG else 8_000)
    parser.add_argument("--delay-us", type=int, default=1_500_000 if IS_LONG else 400_000)
    parser.add_argument("--seconds-max", type=int, default=1800 if IS_LONG else 120)
    parser.add_argument("--only", choices=["folder", "radosgw"])
    args = parser.parse_args()
    missing = slurm.missing_programs()
    if missing or os.geteuid() != 0:
        print(f"SKIPPED: needs root, and: {', '.join(missing)} (./setup.sh --tests)")
        sys.exit(77)
    random.seed(1)
    if args.only != "radosgw":
        run("folder", args)
    if args.only == "folder":
        return
    if radosgw.missing_programs():
        print("SKIPPED: radosgw is not installed (./setup.sh --tests)")
        sys.exit(77)
    gateway = radosgw.Radosgw()
    gateway.make_bucket("scale")
    run("radosgw", args, gateway)
    gateway.stop()


if __name__ == "__main__":
    main()
