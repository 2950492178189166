#!/usr/bin/env python3
"""Shards from the command line: --shard, --finalise, submit --engine local, jobs."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import COLVEC, colvec, sql, write_config  # noqa: E402

ROWS = 3000


class ShardCase(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory(prefix="colvec shards ")
        self.addCleanup(work.cleanup)
        self.folder = pathlib.Path(work.name)
        sql(self.folder / "input.duckdb",
            f"CREATE TABLE source_texts AS SELECT i AS document_id, 'text ' || (i % 2000) AS content"
            f" FROM range({ROWS}) r(i)")
        self.config = write_config(self.folder, store="store")

    def run_colvec(self, *arguments, code=0, env=None):
        done = colvec(*arguments, env={"COLVEC_HOME": str(self.folder / "home"), **(env or {})})
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        return done

    def shard(self, shard, **kwargs):
        return json.loads(self.run_colvec("embed", self.config, "--shard", shard, "--json",
                                          "--progress", "none", **kwargs).stdout)

    def rows(self):
        return sql(self.folder / "output.duckdb",
                   "SELECT count(*), count(DISTINCT document_id), count(embedding) FROM"
                   " embedded_texts")


class Shards(ShardCase):
    def test_shards_then_the_finaliser_make_the_table(self):
        done = [self.shard(f"{i}/3") for i in range(3)]
        self.assertEqual(sum(one["texts_embedded"] for one in done), 2000)
        summary = json.loads(self.run_colvec("embed", self.config, "--finalise", "--json",
                                             "--progress", "none").stdout)
        self.assertEqual((summary["rows_written"], summary["texts_embedded"]), (ROWS, 0))
        self.assertEqual(self.rows(), [f"{ROWS}|{ROWS}|{ROWS}"])
        self.assertEqual(self.shard("0/3")["texts_embedded"], 0)

    def test_the_finaliser_names_the_shards_that_are_missing(self):
        self.shard("1/4")
        self.shard("3/4")
        done = self.run_colvec("embed", self.config, "--finalise", code=3)
        self.assertIn("run shards 0, 2 of 4 again", done.stderr)

    def test_a_scheduler_is_followed_only_when_asked(self):
        slurm = {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "4",
                 "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "4"}
        self.assertEqual(self.shard("auto", env=slurm)["shard"], "1/4")
        whole = json.loads(self.run_colvec("embed", self.config, "--json", "--progress", "none",
                                           env=slurm).stdout)
        self.assertEqual(whole["rows_written"], ROWS)
        done = self.run_colvec("embed", self.config, "--shard", "auto", code=2)
        self.assertIn("SLURM_ARRAY_TASK_ID", done.stderr)

    def test_what_is_wrong_is_said(self):
        (self.folder / "alone").mkdir()
        alone = write_config(self.folder / "alone", input_db_path=str(self.folder / "input.duckdb"))
        for config, arguments, message in (
                (self.config, ["--shard", "4/4"], "the last of 4 is 3/4"),
                (self.config, ["--shard", "0/4", "--limit", "5"], "limit"),
                (self.config, ["--shard", "0/4", "--finalise"], "excludes"),
                (alone, ["--shard", "0/4"], "store: the config names none"),
                (alone, ["--finalise"], "store: the config names none")):
            done = self.run_colvec("embed", config, *arguments, code=2)
            self.assertIn(message, done.stderr)

    def test_shards_that_begin_at_once_meet_in_one_store(self):
        store = f"file://{self.folder}/there"
        running = [subprocess.Popen([COLVEC, "embed", self.config, "--shard", f"{i % 4}/4",
                                     "--store", store, "--progress", "none"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                   for i in range(8)]  # Each twice.
        for process in running:
            errors = process.communicate(timeout=120)[1]
            self.assertEqual(process.returncode, 0, errors)
        self.run_colvec("embed", self.config, "--finalise", "--store", store, "--progress", "none")
        self.assertEqual(self.rows(), [f"{ROWS}|{ROWS}|{ROWS}"])
        self.run_colvec("store", "verify", self.folder / "there")


class LocalJobs(ShardCase):
    def submit(self, *arguments, code=0):
        return self.run_colvec("submit", self.config, "--engine", "local", *arguments, code=code)

    def test_a_job_on_this_machine_writes_the_table(self):
        job = json.loads(self.submit("--shards", 3, "--wait", "--json").stdout)["id"]
        self.assertEqual(self.rows(), [f"{ROWS}|{ROWS}|{ROWS}"])
        status = json.loads(self.run_colvec("jobs", "status", job, "--json").stdout)
        self.assertEqual((status["shards_done"], status["texts"], status["finaliser"]),
                         (3, 2000, "COMPLETED"))
        self.assertIn("3 of 3 shards done", self.run_colvec("jobs", "status", job).stdout)
        self.assertIn(job, self.run_colvec("jobs", "list").stdout)
        logs = self.run_colvec("jobs", "logs", job, "--shard", 1).stdout
        self.assertIn("Done with shard 1/3", logs)
        self.assertNotIn("shard-0.log", logs)
        again = json.loads(self.submit("--shards", 3, "--wait", "--json").stdout)["id"]
        status = json.loads(self.run_colvec("jobs", "status", again, "--json").stdout)
        self.assertEqual((status["shards_done"], status["texts"]), (3, 0))

    def test_a_job_can_be_cancelled_and_submitted_again(self):
        slow = self.folder / "slow.sh"
        slow.write_text("#!/bin/sh\nsleep 60\n")
        slow.chmod(0o755)
        job = json.loads(self.submit("--shards", 2, "--program", slow, "--json").stdout)["id"]
        time.sleep(0.5)
        status = json.loads(self.run_colvec("jobs", "status", job, "--json").stdout)
        self.assertEqual(status["shards_done"], 0)
        self.assertIn("cancelled", self.run_colvec("jobs", "cancel", job).stdout)
        time.sleep(0.5)
        self.assertIn("does not run", self.run_colvec("jobs", "cancel", job).stdout)
        self.submit("--shards", 2, "--wait")
        self.assertEqual(self.rows(), [f"{ROWS}|{ROWS}|{ROWS}"])

    def test_a_failed_shard_is_seen_in_status_and_exit_code(self):
        broken = self.folder / "broken.sh"
        broken.write_text(f"#!/bin/sh\ncase \"$*\" in *'--shard 1/'*) exit 4 ;; esac\n"
                          f"exec '{COLVEC}' \"$@\"\n")
        broken.chmod(0o755)
        done = self.submit("--shards", 2, "--program", broken, "--wait", "--json", code=3)
        self.assertIn("not finalised", done.stderr)
        job = json.loads(done.stdout)["id"]
        status = json.loads(self.run_colvec("jobs", "status", job, "--json").stdout)
        self.assertEqual([shard["state"] for shard in status["shards"]], ["COMPLETED", "FAILED 4"])
        self.assertEqual(status["finaliser"], "FAILED 3")
        self.assertIn("run shard 1 of 2 again",
                      self.run_colvec("jobs", "logs", job, "--finalise").stdout)

    def test_rows_that_met_a_policy_are_seen_in_status_and_exit_code(self):
        sql(self.folder / "input.duckdb", "INSERT INTO source_texts VALUES (-1, '')")
        done = self.submit("--shards", 2, "--on-empty", "error", "--wait", "--json", code=9)
        self.assertIn("the output is written", done.stderr)
        self.assertEqual(self.rows(), [f"{ROWS}|{ROWS}|{ROWS}"])
        status = json.loads(self.run_colvec("jobs", "status", json.loads(done.stdout)["id"],
                                            "--json").stdout)
        self.assertEqual(status["finaliser"], "COMPLETED 9 (rows met a policy)")

    def test_scripts_can_be_written_alone(self):
        done = self.run_colvec("submit", self.config, "--engine", "slurm", "--shards", 16,
                               "--partition", "gpu", "--gres", "gpu:1", "--time", "2:00:00",
                               "--memory", "8G", "--cpus-per-task", 4, "--dry-run", "--json",
                               "--where", "document_id > 5 AND content <> 'it''s'")
        folder = pathlib.Path(json.loads(done.stdout)["folder"])
        array = (folder / "array.sbatch").read_text()
        for line in ("#SBATCH --array=0-15", "#SBATCH --partition=gpu", "#SBATCH --gres=gpu:1",
                     "#SBATCH --mem=8G", "#SBATCH --cpus-per-task=4", "#SBATCH --requeue"):
            self.assertIn(line + "\n", array)
        self.assertNotIn("--gres", (folder / "finalise.sbatch").read_text())
        for script in ("array.sbatch", "finalise.sbatch"):
            subprocess.run(["bash", "-n", folder / script], check=True)

    def test_what_cannot_be_submitted_is_refused(self):
        self.assertIn("--shards", self.submit("--shards", 0, code=2).stderr)
        self.assertIn("store", self.submit("--shards", 2, "--store", "", code=2).stderr)
        self.assertIn("--partition: is for --engine slurm",
                      self.submit("--shards", 2, "--partition", "gpu", code=2).stderr)
        self.assertIn("no such job", self.run_colvec("jobs", "status", "../x", code=3).stderr)


class Datasets(ShardCase):
    def setUp(self):
        super().setUp()
        self.run_colvec("dataset", "add", "texts", self.folder / "input.duckdb", "--table",
                        "source_texts", "--key", "document_id")
        self.run_colvec("column", "set", "texts", "content", "--model", "builtin:lexical")

    def refresh(self, *arguments, code=0):
        done = self.run_colvec("dataset", "refresh", "texts", "--json", "--progress", "none",
                               *arguments, code=code)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def test_shards_embed_what_a_refresh_then_finds(self):
        self.assertIn("2000 texts have no vector yet", self.refresh("--finalise", code=3))
        texts = [self.refresh("--shard", f"{i}/3")["columns"][0]["texts_embedded"]
                 for i in range(3)]
        self.assertEqual(sum(texts), 2000)
        self.assertGreater(min(texts), 500)
        self.assertEqual(self.refresh("--shard", "0/3")["columns"][0]["texts_embedded"], 0)
        column = self.refresh("--finalise")["columns"][0]
        self.assertEqual((column["texts_embedded"], column["keys_added"]), (0, ROWS))
        self.assertEqual(self.refresh()["outcome"], "unchanged")
        runs = self.run_colvec("dataset", "runs", "texts").stdout
        self.assertEqual((runs.count("  done "), runs.count("  failed ")), (1, 1), runs)
        self.run_colvec("store", "verify", self.folder / "home/datasets/texts/embeddings/content")


class WaitingForSlurm(ShardCase):
    def test_a_controller_that_does_not_answer_once_does_not_end_the_wait(self):
        home, stand_ins = self.folder / "home", self.folder / "bin"
        stand_ins.mkdir()
        for name, lines in (("sbatch", "echo 12"), ("squeue", f"""
                echo . >>'{stand_ins}/asked'
                case "$(wc -l <'{stand_ins}/asked')" in
                  1) echo 'slurm_load_jobs error: Socket timed out' >&2; exit 1 ;;
                  2) echo 12 ;;
                  3) for logs in '{home}'/jobs/*/logs; do echo 0 >"$logs/finalise.exit"; done ;;
                esac""")):
            (stand_ins / name).write_text(f"#!/bin/sh\n{lines}\n")
            (stand_ins / name).chmod(0o755)
        done = self.run_colvec("submit", self.config, "--shards", 2, "--wait",
                               env={"PATH": f"{stand_ins}:{os.environ['PATH']}"})
        self.assertEqual(len((stand_ins / "asked").read_text()), 6)
        self.assertIn("Socket timed out; asking on", done.stderr)


if __name__ == "__main__":
    unittest.main()
