#!/usr/bin/env python3
"""`colvec dataset` and `colvec column`: what is defined and listed, and what is refused and told."""

import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from datasets import DatasetCase, products_sql  # noqa: E402
from jobs import COLVEC  # noqa: E402


class Catalog(DatasetCase):
    def test_proposes_keys_dates_and_texts(self):
        self.write("SELECT i AS product_id, 'a longer text with some words ' || i AS body, i % 3 AS"
                   " kind, DATE '2024-01-01' + i::INTEGER AS listed_on FROM range(50) r(i)")
        done = self.run_colvec("dataset", "add", "products", self.source, "--json", "--dry-run")
        proposal = json.loads(done.stdout)
        columns = {c["name"]: c for c in proposal["dataset"]["columns"]}
        self.assertTrue(columns["product_id"]["is_primary_key"])
        self.assertTrue(columns["listed_on"]["is_date_column"])
        self.assertEqual((proposal["text_like"], proposal["rows"]), (["body"], 50))
        self.assertEqual(len(proposal["preview"]), 20)
        self.assertEqual(self.run_colvec("dataset", "list").stdout, "")

    def test_takes_a_definition_and_gives_it_back(self):
        self.write(products_sql(10))
        definition = {
            "name": "other", "source": {"path": "products.parquet"},
            "columns": [{"name": "product_id", "is_primary_key": True},
                        {"name": "listed_on", "is_date_column": True},
                        {"name": "price", "is_target": True},
                        {"name": "description", "preprocessing_steps": {"params": {"embedding": {
                            "model": "builtin:lexical", "dimension": 384}}}}],
            "remote": "s3://bucket/prefix"}
        path = self.folder / "definition.json"
        path.write_text(json.dumps(definition))
        self.run_colvec("dataset", "add", "products", "--from", path)
        shown = json.loads(self.run_colvec("dataset", "show", "products", "--json").stdout)
        self.assertEqual(shown["columns"], definition["columns"])
        self.assertEqual(shown["remote"], definition["remote"])
        self.assertEqual(self.column()["texts_embedded"], 10)

    def test_a_key_that_is_named_is_not_proposed(self):
        self.write(products_sql(10))
        done = self.run_colvec("dataset", "add", "products", self.source, "--key",
                               "shop,product_id")
        self.assertNotIn("primary key:", done.stderr)
        self.assertIn("listed_on: proposed as the date column", done.stderr)

    def test_source_and_table_change_one_by_one(self):
        def place():
            shown = self.run_colvec("dataset", "show", "products", "--json").stdout
            return {"table": "", **json.loads(shown)["source"]}

        file, moved = self.folder / "wares.duckdb", self.folder / "moved.duckdb"
        stores.query(f"ATTACH '{file}' AS w; CREATE TABLE w.a AS SELECT 1 AS id, 'x' AS text;"
                     " CREATE TABLE w.b AS FROM w.a; DETACH w")
        self.run_colvec("dataset", "add", "products", file, "--table", "a")
        self.run_colvec("dataset", "set", "products", "--table", "b")
        self.assertEqual(place(), {"path": str(file), "table": "b"})
        file.rename(moved)
        self.run_colvec("dataset", "set", "products", "--source", moved)
        self.assertEqual(place(), {"path": str(moved), "table": "b"})
        self.assertIn("none (there: a, b)",
                      self.refused(3, "dataset", "set", "products", "--table", "none"))
        self.assertIn("only a DuckDB file has tables", self.refused(
            2, "dataset", "set", "products", "--source", self.write(products_sql(3))))
        definition = self.folder / "definition.json"
        definition.write_text("{}")
        self.assertIn("names the source itself", self.refused(
            2, "dataset", "add", "other", "--from", definition, "--table", "a"))

    def test_a_folder_that_is_gone_is_told(self):
        gone = self.folder / "gone"
        gone.mkdir()
        done = subprocess.run(["sh", "-c", 'rmdir "$1"; exec "$2" dataset add x y.csv', "-", gone,
                               COLVEC], cwd=gone, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertRegex(done.stderr, r"\Acolvec: error: [^\n]*No such file or directory[^\n]*\n\Z")

    def test_a_prompt_is_kept_as_it_was_typed(self):
        self.add(products_sql(10))
        for prompt, kept in (('say "it": \n\t', 'say "it": \n\t'),
                             ("not \udcff UTF-8", "not \ufffd UTF-8")):
            self.run_colvec("column", "set", "products", "description", "--prompt", prompt)
            shown = json.loads(self.run_colvec("column", "show", "products", "description",
                                               "--json").stdout)
            self.assertEqual(shown["embedding"]["prompt"], kept)

    def test_is_listed_renamed_and_removed(self):
        self.add(products_sql(10))
        self.refresh()
        self.run_colvec("dataset", "rename", "products", "wares & more")
        self.assertEqual(self.run_colvec("dataset", "list").stdout, "wares & more\n")
        done = self.run_colvec("dataset", "refresh", "wares & more", "--json", "--progress", "none")
        self.assertEqual(json.loads(done.stdout)["outcome"], "unchanged")
        self.assertIn("--yes", self.refused(2, "dataset", "remove", "wares & more"))
        self.run_colvec("dataset", "remove", "wares & more", "--yes")
        self.assertEqual(self.run_colvec("dataset", "list", "--json").stdout, "[]\n")
        self.assertTrue(self.source.exists())
        self.assertEqual(list((self.home / "datasets").iterdir()), [])


class BadInput(DatasetCase):
    def test_keys_must_be_there_and_unique(self):
        self.add("SELECT CASE WHEN i < 4 THEN NULL ELSE i END AS id, 'x' || i AS description"
                 " FROM range(9) r(i)", key="id")
        line = self.refused(2, "dataset", "refresh", "products", "--progress", "none")
        self.assertIn(
            "column description: primary_key_column: NULL in the key of 4 rows: id = NULL", line)
        self.write("SELECT i // 2 AS id, 'x' || i AS description FROM range(9) r(i)")
        line = self.refused(2, "dataset", "refresh", "products", "--progress", "none")
        self.assertIn("keys must be unique, but: id = 0 (2 rows); id = 1 (2 rows); id = 2 (2 rows)",
                      line)

    def test_settings_are_refused_with_column_field_value_and_what_is_allowed(self):
        self.add(products_sql(10))
        saved = (self.home / "datasets" / "products" / "dataset.json").read_bytes()
        for options, code, parts in (
            (["--dimension", "500"], 2, ["column description", "dimension", "1 to 384", "500"]),
            (["--dimension", "0"], 2, ["dimension", "1 to 65536", "0"]),
            (["--dimension", "abc"], 2, ["dimension", "abc"]),
            (["--precision", "f8"], 2, ["precision", "f32", "f8"]),
            (["--on-null", "drop"], 2, ["on_null", "skip, keep, error", "drop"]),
            (["--model", "/no/such/model"], 3, ["column description", "model", "/no/such/model"]),
            (["--primary-key-column", "nope"], 2, ["primary_key_column", "nope", "shop"]),
            (["--text-column", "price"], 2, ["text_column", "price", "DECIMAL(12,2)", "VARCHAR"]),
            (["--compression", "truncate", "--dimension", "64"], 2, ["truncate", "64", "pca"]),
            (["--compression", "pca"], 2, ["pca", "dimension", "variance"]),
            (["--variance", "1.5"], 2, ["variance", "between 0 and 1", "1.5"]),
        ):
            with self.subTest(options):
                line = self.refused(code, "column", "set", "products", "description", *options)
                for part in parts:
                    self.assertIn(part, line)
        self.assertEqual((self.home / "datasets" / "products" / "dataset.json").read_bytes(), saved)

    def test_what_is_to_be_done_is_said(self):
        self.write(products_sql(5))
        self.run_colvec("dataset", "add", "products", self.source, "--key", "product_id")
        step = "colvec column set products"
        self.assertIn(step, self.run_colvec("dataset", "status", "products").stdout)
        self.assertIn("colvec column set gives it one",
                      self.refused(2, "dataset", "refresh", "products"))
        self.assertIn(step, self.refused(3, "search", "products", "description", "boots"))
        self.assertIn("nothing to change", self.refused(2, "column", "set", "products", "price"))
        self.run_colvec("column", "set", "products", "description", "--model", "builtin:lexical")
        # What failed before there was a step is no failure of the step.
        self.assertEqual(self.status()["status"], "empty")
        self.source.rename(self.folder / "moved.parquet")
        self.assertIn("colvec dataset set products --source",
                      self.refused(3, "dataset", "refresh", "products"))
        self.assertIn("--remote URL", self.refused(3, "pull", "other"))

    def test_what_is_not_there_is_named_with_what_is(self):
        self.add(products_sql(10))
        for command in ("show", "runs"):
            self.assertIn("no such dataset: none (there: products)",
                          self.refused(3, "dataset", command, "none"))
        self.assertIn(": none (there: shop, product_id",
                      self.refused(3, "column", "set", "products", "none", "--model", "x"))
        self.write(products_sql(10).replace("AS price", "AS price, 1 AS more"))
        saved = (self.home / "datasets" / "products" / "dataset.json").read_bytes()
        for command in (("set", "products", "PRICE", "--is-target", "true"),
                        ("unset", "products", "more")):
            self.assertIn("(the source has ", self.refused(3, "column", *command))
        self.assertEqual((self.home / "datasets" / "products" / "dataset.json").read_bytes(), saved)
        self.assertIn("no such file",
                      self.refused(3, "dataset", "add", "x", self.folder / "no.csv"))
        self.assertIn("there is a dataset of this name already",
                      self.refused(7, "dataset", "add", "products", self.source))

    def test_a_float_cannot_be_a_key(self):
        self.write("SELECT i::DOUBLE AS id, 'x' || i AS t FROM range(9) r(i)")
        self.run_colvec("dataset", "add", "products", self.source, "--key", "id")
        self.assertIn("cannot be a key: type DOUBLE",
                      self.refused(4, "column", "set", "products", "t",
                                   "--model", "builtin:lexical"))

    def test_a_column_in_the_way_of_the_vectors_is_refused(self):
        self.add("SELECT i AS id, 'x' || i AS description, 1 AS description_embedding"
                 " FROM range(9) r(i)", key="id")
        self.assertIn("description_embedding already",
                      self.refused(2, "dataset", "refresh", "products", "--progress", "none"))

    def test_a_damaged_definition_is_refused(self):
        self.add(products_sql(10))
        path = self.home / "datasets" / "products" / "dataset.json"
        path.write_text(path.read_text().replace("is_primary_key", "is_primary_kee", 1))
        self.assertIn("unknown key: is_primary_kee (did you mean is_primary_key?)",
                      self.refused(2, "dataset", "show", "products"))
        path.write_text("{")
        self.assertIn("not valid JSON", self.refused(5, "dataset", "show", "products"))


class Issues(DatasetCase):
    TEXTS = ("SELECT i AS id, CASE i WHEN 1 THEN NULL WHEN 2 THEN '' ELSE 'text ' || i END AS text"
             " FROM range(5) r(i)")

    def add_texts(self, *options):
        self.write(self.TEXTS)
        self.run_colvec("dataset", "add", "products", self.source, "--key", "id")
        self.run_colvec("column", "set", "products", "text", "--model", "builtin:lexical", *options)

    def test_rows_without_text_are_told_and_skipped(self):
        self.add_texts()
        run = self.column()
        self.assertEqual(run["issues"], {"null": 1, "empty": 1})
        self.assertIn({"kind": "null", "key": "id = 1", "detail": ""}, run["examples"])
        self.assertEqual(stores.query(f"SELECT id FROM {self.processed} WHERE text_embedding IS NULL"),
                         [["1"], ["2"]])

    def test_an_empty_text_can_be_kept(self):
        self.add_texts("--on-empty", "keep")
        self.assertEqual(self.column()["texts_embedded"], 4)
        self.assertEqual(stores.query(f"SELECT id FROM {self.processed} WHERE text_embedding IS NULL"),
                         [["1"]])

    def test_a_policy_error_decides_the_exit_code(self):
        self.add_texts("--on-null", "error")
        run = self.refresh(code=9)
        self.assertEqual((run["outcome"], run["columns"][0]["policy_errors"]), ("done", 1))
        # Nothing has changed, and the row is still there.
        self.assertEqual(self.refresh(code=9)["outcome"], "unchanged")
        runs = self.run_colvec("dataset", "runs", "products").stdout
        self.assertIn("issue: null in 1 row\n", runs)


if __name__ == "__main__":
    unittest.main()
