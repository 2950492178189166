#!/usr/bin/env python3
"""The table job from the command line: what users see, and what bad input is answered with."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import COLVEC, HOURS_OF_ROWS, ROOT, colvec, sql, write_config  # noqa: E402


class JobCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="colvec_embed_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def make_input(self, rows=100, text="'text number ' || i"):
        sql(self.folder / "input.duckdb",
            f"CREATE TABLE source_texts AS SELECT i AS document_id, {text} AS content"
            f" FROM range({rows}) r(i)")

    def embed(self, *arguments, env=None, **keys):
        return colvec("embed", write_config(self.folder, **keys), "--progress", "none", *arguments,
                      env=env)

    def refused(self, code, message, *arguments, env=None, **keys):
        """The job ends with `code` and one line of error that holds `message`; nothing is lost."""
        done = self.embed(*arguments, env=env, **keys)
        errors = [line for line in done.stderr.splitlines() if line.startswith("colvec: error:")]
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(errors), 1, done.stderr)
        self.assertIn(message, errors[0])

    def output(self, query):
        return sql(self.folder / "output.duckdb", query)


class SixKeys(JobCase):
    def test_embeds_and_finds_nothing_to_do_the_second_time(self):
        self.make_input()
        first = self.embed()
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertIn("100 rows pending of 100", first.stdout)
        self.assertIn("Where the time of", first.stdout)
        self.assertEqual(
            self.output("SELECT count(*), any_value(typeof(embedding)) FROM embedded_texts"),
            ["100|FLOAT[384]"])
        self.assertIn("0 rows pending of 100", self.embed().stdout)

    def test_says_that_the_built_in_model_is_not_neural(self):
        self.make_input()
        self.assertIn("not a neural model", self.embed().stderr)

    def test_paths_are_relative_to_the_config(self):
        self.make_input()
        write_config(self.folder)
        done = colvec("embed", self.folder / "config.json", cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder / "output.duckdb").exists())

    def test_the_input_is_not_written(self):
        self.make_input()
        before = (self.folder / "input.duckdb").read_bytes()
        self.embed()
        self.assertEqual((self.folder / "input.duckdb").read_bytes(), before)

    def test_lists_and_other_vector_types(self):
        self.make_input()
        self.embed(vector_type="list", vector_column="v")
        self.assertEqual(self.output("SELECT DISTINCT typeof(v), len(v) FROM embedded_texts"),
                         ["FLOAT[]|384"])

    def test_reads_csv_and_json_lines(self):
        (self.folder / "a.csv").write_text("document_id,content\n1,one\n2,two\n")
        (self.folder / "a.jsonl").write_text('{"document_id": 1, "content": "one"}\n')
        for name, rows in (("a.csv", 2), ("a.jsonl", 1)):
            done = self.embed(input_db_path=name, input_table=None, output_table=name[2:])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.output(f"SELECT count(*) FROM {name[2:]}"), [str(rows)])

    def test_json_lines_of_progress_and_a_summary(self):
        self.make_input()
        done = colvec("embed", write_config(self.folder), "--progress", "json", "--json")
        lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        self.assertEqual(lines[-1]["phase"], "finishing")
        self.assertEqual(json.loads(done.stdout)["rows_written"], 100)

    def test_lines_of_progress_have_the_agreed_form(self):
        self.make_input()
        done = colvec("embed", write_config(self.folder), "--progress", "lines")
        self.assertRegex(done.stderr, r"Processed 100 / 100 records \(\d+/s\)")


class NothingIsTakenForAnother(JobCase):
    """Tables, columns and files of users that are called like something of the job."""

    VIEW = ("CREATE OR REPLACE VIEW source_texts AS SELECT document_id, content FROM docs"
            " WHERE document_id {} (SELECT id FROM issues)")

    def make_view(self, condition):
        sql(self.folder / "input.duckdb",
            "CREATE TABLE IF NOT EXISTS docs AS SELECT i AS document_id, 'text ' || i AS content"
            " FROM range(1, 4) r(i)",
            "CREATE OR REPLACE TABLE issues AS SELECT 2 AS id UNION ALL SELECT 3",
            *[f"CREATE TABLE IF NOT EXISTS {name} (id BIGINT)"
              for name in ("source", "written", "pending", "staged", "known", "stored")],
            self.VIEW.format(condition))

    def ids(self):
        return self.output("SELECT document_id FROM embedded_texts ORDER BY ALL")

    def test_tables_below_an_input_view(self):
        self.make_view("NOT IN")
        self.assertEqual(self.embed().returncode, 0)
        self.assertEqual(self.ids(), ["1"])
        self.make_view("IN")
        self.assertEqual(self.embed("--on-delete", "remove").returncode, 0)
        self.assertEqual(self.ids(), ["2", "3"])

    def test_a_file_with_brackets_in_its_name(self):
        (self.folder / "data[1].csv").write_text("document_id,content\n1,one\n2,two\n")
        (self.folder / "data1.csv").write_text("document_id,content\n8,eight\n")
        self.assertEqual(self.embed(input_db_path="data[1].csv", input_table=None).returncode, 0)
        self.assertEqual(self.ids(), ["1", "2"])
        done = self.embed(input_db_path="data*.csv", input_table=None, output_table="all_of_them")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.output("SELECT document_id FROM all_of_them ORDER BY ALL"),
                         ["1", "2", "8"])

    def test_a_column_rowid(self):
        sql(self.folder / "input.duckdb",
            "CREATE TABLE source_texts AS SELECT 1 AS rowid, 'x' AS content")
        self.refused(2, "rowid", id_column="rowid")

    def test_names_of_tables_beside_an_output(self):
        self.make_input(3)
        for end in ("_issues", "_Meta", "_staging", "_rebuild"):
            self.refused(2, "a table beside an output", output_table="t" + end)
        sql(self.folder / "output.duckdb", "CREATE TABLE embedded_texts_staging (mine INTEGER)")
        self.refused(7, "embedded_texts_staging is there, which is none of its")
        self.assertEqual(self.output("SELECT count(*) FROM embedded_texts_staging"), ["0"])

    def test_leavings_of_an_output_that_was_dropped(self):
        self.make_input(3)
        self.embed()
        expected = self.output("SELECT md5(embedding::VARCHAR) FROM embedded_texts ORDER BY ALL")
        sql(self.folder / "output.duckdb",
            "CREATE TABLE embedded_texts_staging AS SELECT document_id, content,"
            " list_transform(embedding::FLOAT[], x -> 0.5)::FLOAT[384] AS embedding"
            " FROM embedded_texts",
            "INSERT INTO embedded_texts_issues VALUES (0, 'truncated', NULL, NULL, 'keep')",
            "DROP TABLE embedded_texts", "DROP TABLE embedded_texts_meta")
        for _ in range(2):
            self.assertEqual(self.embed().returncode, 0)
            self.assertEqual(
                self.output("SELECT md5(embedding::VARCHAR) FROM embedded_texts ORDER BY ALL"),
                expected)
            self.assertEqual(self.output("SELECT count(*) FROM embedded_texts_issues"), ["0"])


class RowsThatStay(JobCase):
    def test_a_rebuild_does_not_lose_rows_that_are_kept(self):
        self.make_input(4)
        self.embed(where="document_id < 2")
        sql(self.folder / "output.duckdb", "UPDATE embedded_texts_meta SET fingerprint = 'another'")
        rebuild = {"on_model_change": "rebuild", "where": "document_id >= 1"}
        self.refused(7, "a rebuild would lose 1 of its rows", **rebuild)
        planned = colvec("plan", write_config(self.folder, **rebuild))
        self.assertEqual(planned.returncode, 7, planned.stderr)
        ids = "SELECT document_id FROM embedded_texts ORDER BY ALL"
        self.assertEqual(self.output(ids), ["0", "1"])
        self.assertEqual(self.embed("--on-delete", "remove", **rebuild).returncode, 0)
        self.assertEqual(self.output(ids), ["1", "2", "3"])

    def test_issues_go_with_texts_whose_ids_have_moved(self):
        self.make_input(4, text="CASE WHEN i = 2 THEN '' ELSE 'text ' || i END")
        self.embed(on_empty="keep")
        sql(self.folder / "input.duckdb", "UPDATE source_texts SET document_id = document_id + 1",
            "INSERT INTO source_texts VALUES (0, 'new')")
        self.assertEqual(self.embed(on_empty="keep").returncode, 0)
        self.assertEqual(self.output("SELECT document_id, kind FROM embedded_texts_issues"),
                         ["3|empty"])


class BadInput(JobCase):
    def test_config(self):
        self.make_input()
        self.refused(2, "unknown key: id_colum (did you mean id_column?)", id_colum="x")
        self.refused(2, "missing key: output_table", output_table=None)
        self.refused(2, "dimension: must be a whole number from 1", dimension=0)
        self.refused(2, "on_null: must be one of skip, keep, error", on_null="maybe")
        self.refused(2, "BATCH_SIZE: must be a whole number from 1", env={"BATCH_SIZE": "0"})
        self.refused(2, "BATCH_SIZE: must be a whole number from 1", env={"BATCH_SIZE": "abc"})
        self.refused(2, "--limit: must be a whole number from 1", "--limit", "-3")
        self.refused(2, "--limit: must be a whole number from 1", "--limit", "-3",
                     env={"BATCH_SIZE": "", "COLVEC_MODEL": "", "COLVEC_DEVICE": ""})
        (self.folder / "config.json").write_text("{not json")
        done = colvec("embed", self.folder / "config.json")
        self.assertEqual(done.returncode, 5)
        self.assertIn("config.json: not valid JSON near byte", done.stderr)
        done = colvec("embed", self.folder / "absent.json")
        self.assertEqual(done.returncode, 3)

    def test_input(self):
        self.make_input()
        self.refused(3, "input_db_path: no such file", input_db_path="absent.duckdb")
        self.refused(3, "no such table", input_table="absent")
        self.refused(3, "(there: source_texts)", input_table="absent")
        self.refused(3, "(there: document_id, content)", text_column="absent")
        self.refused(2, "type BIGINT: must be VARCHAR, ENUM, JSON or BLOB", text_column="document_id",
                     id_column="content")
        (self.folder / "text.duckdb").write_text("this is not a database, only text" * 500)
        self.refused(2, "not a valid DuckDB database", input_db_path="text.duckdb")
        self.refused(2, "is a folder", input_db_path=".")
        self.refused(2, "is the input itself", output_db_path="input.duckdb")

    def test_output(self):
        self.make_input()
        self.refused(3, "no such folder", output_db_path="absent/output.duckdb")
        sql(self.folder / "output.duckdb", "CREATE TABLE embedded_texts (a INTEGER)")
        self.refused(2, "but this job writes")
        os.remove(self.folder / "output.duckdb")
        (self.folder / "output.duckdb").write_text("text" * 5000)
        self.refused(2, "not a valid DuckDB database")

    def test_model(self):
        self.make_input()
        self.refused(3, "absent-model", model="absent-model")
        (self.folder / "empty-model").mkdir()
        self.refused(3, "empty-model", model="empty-model")
        self.refused(2, "dimension", dimension=100_000 // 2)

    def test_invalid_utf8_in_a_csv_names_the_file(self):
        (self.folder / "bad.csv").write_bytes(b"document_id,content\n1,good\n2,b\xff\xfed\n")
        self.refused(2, "bad.csv", input_db_path="bad.csv", input_table=None)

    def test_a_locked_database_names_the_process(self):
        self.make_input()
        holder = subprocess.Popen(
            [COLVEC, "embed", write_config(self.folder), "--progress", "none"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        holder.wait()
        # A program that holds the output open for writing until it is told to go.
        lock = subprocess.Popen(
            [sys.executable, "-c",
             "import fcntl,sys,os\n"
             "f=open(sys.argv[1],'r+b')\n"
             "fcntl.lockf(f,fcntl.LOCK_EX)\n"
             "print('locked',flush=True)\n"
             "sys.stdin.read()",
             self.folder / "output.duckdb"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(lock.stdout.readline(), "locked\n")
        self.refused(6, f"PID {lock.pid}")
        lock.communicate("")
        self.assertEqual(self.embed().returncode, 0)


class OddRows(JobCase):
    def test_null_empty_nul_and_huge_texts(self):
        self.make_input(3)
        sql(self.folder / "input.duckdb",
            "INSERT INTO source_texts VALUES (10, NULL), (11, ''), (12, chr(0) || chr(0)),"
            " (13, repeat('fifty megabytes ', 3276800))")
        done = self.embed()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(
            self.output("SELECT document_id, kind, policy FROM embedded_texts_issues ORDER BY 1"),
            ["10|null|skip", "11|empty|skip"])
        self.assertEqual(self.output("SELECT document_id, length(content) FROM embedded_texts"
                                     " WHERE document_id > 9 ORDER BY 1"), ["12|2", "13|52428800"])
        self.assertIn("0 rows pending of 7", self.embed().stdout)

    def test_a_policy_of_error_ends_with_9_and_keeps_the_rest(self):
        self.make_input(3)
        sql(self.folder / "input.duckdb", "INSERT INTO source_texts VALUES (10, NULL)")
        self.refused(9, "1 rows met a policy", on_null="error")
        self.assertEqual(self.output("SELECT count(*) FROM embedded_texts"), ["3"])


class Stopping(JobCase):
    def stop_with(self, number):
        self.make_input(120_000, text="'a text of some words, number ' || i")
        config = write_config(self.folder)
        process = subprocess.Popen([COLVEC, "embed", config, "--progress", "json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if '"embedding"' in line and '"rows_done":0,' not in line:
                break
        process.send_signal(number)
        out, _ = process.communicate()
        return process.returncode, out

    def test_signals_commit_and_the_next_run_goes_on(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(number):
                returned, out = self.stop_with(number)
                self.assertEqual(returned, code)
                self.assertIn("Stopped", out)
                rows = int(self.output("SELECT count(*) FROM embedded_texts")[0])
                self.assertGreater(rows, 0)
                done = self.embed("--json")
                self.assertEqual(json.loads(done.stdout)["rows_written"], 120_000 - rows)
                for name in ("input.duckdb", "output.duckdb"):
                    os.remove(self.folder / name)


    def test_a_query_that_takes_hours_is_broken_off(self):
        self.make_input(1000)
        self.assertEqual(self.embed().returncode, 0)
        sql(self.folder / "input.duckdb",
            "CREATE VIEW slow AS FROM source_texts UNION ALL SELECT count(*), ''"
            f" FROM {HOURS_OF_ROWS}")
        config = write_config(self.folder, input_table="slow")
        for command, said in ((("embed", "--progress", "none"), "Stopped"), (("plan",), "")):
            for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
                with self.subTest(command=command, number=number):
                    process = subprocess.Popen([COLVEC, *command, config], stdout=subprocess.PIPE,
                                               stderr=subprocess.DEVNULL, text=True)
                    time.sleep(3)
                    self.assertIsNone(process.poll())
                    begin = time.monotonic()
                    process.send_signal(number)
                    out, _ = process.communicate(timeout=60)
                    self.assertEqual(process.returncode, code)
                    self.assertLess(time.monotonic() - begin, 20)
                    self.assertIn(said, out)
        self.assertEqual(self.output("SELECT count(*) FROM embedded_texts"), ["1000"])
        sql(self.folder / "input.duckdb", "INSERT INTO source_texts VALUES (1000, 'one more')")
        done = self.embed("--json")
        self.assertEqual(json.loads(done.stdout)["rows_written"], 1)


class FullDisk(JobCase):
    def test_says_so_and_goes_on_later(self):
        small = self.folder / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(small)],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest("cannot mount a small file system: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", str(small)])
        # Different words in every text, so that the vectors do not compress away.
        self.make_input(40_000, text="md5(i::VARCHAR) || ' ' || md5('a' || i)")
        self.refused(6, "No space left on device", output_db_path="small/output.duckdb",
                     memory_limit="300MB")
        before = int(sql(small / "output.duckdb", "SELECT count(*) FROM embedded_texts")[0])
        subprocess.run(["mount", "-o", "remount,size=400m", str(small)], check=True)
        done = self.embed("--json", output_db_path="small/output.duckdb")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["rows_written"], 40_000 - before)


class OtherCommands(JobCase):
    def test_plan_writes_nothing(self):
        self.make_input()
        done = colvec("plan", write_config(self.folder), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        plan = json.loads(done.stdout)
        self.assertEqual((plan["pending_rows"], plan["distinct_texts"]), (100, 100))
        self.assertFalse((self.folder / "output.duckdb").exists())
        self.embed()
        again = colvec("plan", write_config(self.folder), "--json")
        self.assertEqual(json.loads(again.stdout)["pending_rows"], 0)

    def test_the_example_ends_with_neighbours(self):
        example = self.folder / "example"
        sample = ROOT / "examples" / "sample_texts.csv"
        self.assertEqual(colvec("example", example, "--sample", sample).returncode, 0)
        self.assertEqual(colvec("embed", example / "config.json").returncode, 0)
        peek = colvec("peek", example / "config.json")
        self.assertIn("Nearest to", peek.stdout)
        self.assertIn("1.0000", peek.stdout)

    def test_encode_and_tokenize_read_standard_input(self):
        done = colvec("encode", "builtin:lexical", "--output", self.folder / "v.npy",
                      stdin='{"text": "one"}\n{"text": "two", "prompt_name": null}\n')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.folder / "v.npy").stat().st_size, 128 + 2 * 384 * 4)
        done = colvec("encode", "builtin:lexical", stdin='{"text": 3}\n')
        self.assertEqual(done.returncode, 2)
        self.assertIn("line 1", done.stderr)

    def test_tokenize_works_with_all_kinds_of_tokenizers(self):
        kinds = ROOT / "testdata" / "tokenizer_kinds"
        texts = [json.loads(line) for line in (kinds / "texts.jsonl").open()]
        stdin = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        for folder in sorted(path for path in kinds.iterdir() if path.is_dir()):
            done = colvec("tokenize", folder, stdin=stdin)
            self.assertEqual(done.returncode, 0, done.stderr)
            found = [json.loads(line)["ids"] for line in done.stdout.split("\n")[:-1]]
            expected = [json.loads(line) for line in (folder / "ids.jsonl").open()]
            self.assertEqual(found, expected, folder.name)
        self.assertEqual(colvec("tokenize", kinds, stdin=stdin).returncode, 3)

    def test_a_result_that_cannot_be_written_is_an_error(self):
        self.make_input()
        with open("/dev/full", "w") as full:
            done = subprocess.run([COLVEC, "plan", write_config(self.folder), "--json"],
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 6)
        self.assertIn("standard output", done.stderr)

    def test_a_job_goes_on_when_its_progress_cannot_be_written(self):
        self.make_input()
        with open("/dev/full", "w") as full:
            done = subprocess.run([COLVEC, "embed", write_config(self.folder), "--progress", "bar"],
                                  stdout=subprocess.DEVNULL, stderr=full)
        self.assertEqual(done.returncode, 0)
        # Streams that are closed are not taken for the files of the job.
        done = subprocess.run(["bash", "-c", '"$0" embed "$1" >&- 2>&- <&-', COLVEC,
                               write_config(self.folder)])
        self.assertEqual(done.returncode, 6)

    def test_unknown_commands_and_options(self):
        for words in (["embbed", "config.json"], ["--offline", "embbed"], ["nonsense", "--help"]):
            done = colvec(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn("no such command: colvec ", done.stderr)
        self.assertIn("no such command: colvec dataset refrsh (see colvec dataset --help)",
                      colvec("dataset", "refrsh", "x").stderr)
        self.assertEqual(colvec("embed", "--nonsense").returncode, 2)
        self.assertEqual(colvec("--version").returncode, 0)
        self.assertIn("embed", colvec("--help").stdout)


if __name__ == "__main__":
    unittest.main()
