#!/usr/bin/env python3
"""`colvec dataset` and `colvec column`: a column that is always embedded, and what that costs."""

import json
import os
import pathlib
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from datasets import LEXICAL_DIMENSION, DatasetCase, products_sql  # noqa: E402
from jobs import sql  # noqa: E402


class Refresh(DatasetCase):
    def test_embeds_each_distinct_text_once(self):
        self.add(products_sql(600, texts=70))
        run = self.column()
        self.assertEqual((run["rows"], run["distinct_texts"], run["texts_embedded"]), (600, 70, 70))
        self.assertEqual((run["vectors_added"], run["keys_added"]), (70, 600))
        self.assertEqual(self.status()["status"], "ready")

    def test_an_unchanged_source_costs_no_forward_pass_and_no_file(self):
        self.add(products_sql(300))
        self.refresh()
        before = {path: path.stat().st_mtime_ns for path in self.home.rglob("*") if path.is_file()}
        run = self.refresh()
        self.assertEqual(run["outcome"], "unchanged")
        self.assertEqual(run["columns"][0]["texts_embedded"], 0)
        after = {path: path.stat().st_mtime_ns for path in self.home.rglob("*") if path.is_file()}
        self.assertEqual(after, before)

    def test_embeds_only_what_is_new_or_changed(self):
        self.add(products_sql(300))
        self.refresh()
        self.write(products_sql(310, changed="i % 100 = 0"))
        run = self.column()
        # 0, 100, 200 and 300 have another text, 300 to 309 are new.
        self.assertEqual((run["rows_new"], run["rows_changed"], run["texts_embedded"]), (10, 3, 13))
        self.assertEqual(run["keys_removed"], 0)
        self.assertIn("10 new rows, 3 with another text", run["did"][0])

    def test_another_row_order_or_value_is_written_but_not_embedded(self):
        self.add(products_sql(300))
        self.assertIn("column description: builtin:lexical is not a neural model",
                      self.refresh()["notes"][0])
        self.write(products_sql(300) + " ORDER BY product_id DESC")
        run = self.refresh()
        self.assertEqual((run["outcome"], run["columns"][0]["texts_embedded"]), ("done", 0))
        self.assertEqual(run["notes"], [], "no model is at work")
        self.assertEqual(stores.query(f"SELECT product_id FROM {self.processed} LIMIT 1"),
                         [["299"]])
        self.write(products_sql(300).replace("1.25", "1.5"))
        run = self.refresh()
        self.assertEqual((run["outcome"], run["columns"][0]["texts_embedded"]), ("done", 0))
        self.assertEqual(stores.query(f"SELECT max(price) FROM {self.processed}"), [["448.50"]])

    def test_a_removed_row_goes_from_the_table_and_stays_in_the_store(self):
        self.add(products_sql(300))
        self.refresh()
        self.write(products_sql(290))
        run = self.column()
        self.assertEqual((run["keys_removed"], run["texts_embedded"]), (10, 0))
        self.assertEqual(stores.query(f"SELECT count(*) FROM {self.processed}"), [["290"]])
        vectors, keys = stores.replay_store(self.store())
        self.assertEqual((vectors.rows(), keys.rows()), (300, 300))
        self.write(products_sql(300))
        self.assertEqual(self.column()["texts_embedded"], 0)

    def test_several_columns_in_one_run(self):
        self.write("SELECT i AS id, 'title ' || i AS title, CASE WHEN i < 50 THEN 'title ' || i"
                   " ELSE 'body ' || i END AS body FROM range(100) r(i)")
        self.run_colvec("dataset", "add", "products", self.source)
        for column in ("title", "body"):
            self.run_colvec("column", "set", "products", column, "--model", "builtin:lexical")
        run = self.refresh()
        title, body = run["columns"]
        self.assertEqual((title["texts_embedded"], title["texts_copied"]), (100, 0))
        # What the other column has is copied.
        self.assertEqual((body["texts_embedded"], body["texts_copied"]), (50, 50))
        self.assertEqual(
            stores.query(f"SELECT count(*) FILTER (title_embedding = body_embedding), count(*) FROM"
                         f" {self.processed}"), [["50", "100"]])

    def test_a_run_of_some_columns_leaves_the_others(self):
        self.write("SELECT i AS id, 'title ' || i AS title, 'body ' || i AS body"
                   " FROM range(9) r(i)")
        self.run_colvec("dataset", "add", "products", self.source)
        for column in ("title", "body"):
            self.run_colvec("column", "set", "products", column, "--model", "builtin:lexical")
        run = self.refresh("--column", "body", "--no-table")
        self.assertEqual([column["column"] for column in run["columns"]], ["body"])
        self.assertEqual((self.status(0)["status"], self.status(1)["status"]), ("empty", "ready"))
        self.refresh()
        before = stores.query(f"SELECT id, title_embedding, body_embedding FROM {self.processed}")
        self.write("SELECT i AS id, 'title ' || i AS title, 'body ' || i AS body"
                   " FROM range(10) r(i)")
        self.refresh("--column", "title")
        after = stores.query(f"SELECT id, title_embedding, body_embedding FROM {self.processed}")
        self.assertEqual(after[:9], before)
        self.run_colvec("search", "products", "body", "body 3")

    def test_a_table_that_was_left_is_written_by_the_next_refresh(self):
        self.add(products_sql(30))
        self.refresh()
        self.write(products_sql(40))
        self.assertEqual(self.refresh("--no-table")["outcome"], "done")
        self.assertEqual(stores.query(f"SELECT count(*) FROM {self.processed}"), [["30"]])
        self.assertEqual(self.refresh()["outcome"], "done")
        self.assertEqual(stores.query(f"SELECT count(*) FROM {self.processed}"), [["40"]])

    def test_vectors_are_those_of_the_model(self):
        self.add(products_sql(50, texts=7))
        self.refresh()
        texts = self.folder / "texts.jsonl"
        stores.query(f"COPY (SELECT description AS text FROM {self.processed}) TO '{texts}'"
                     " (FORMAT json)")
        self.run_colvec("encode", "builtin:lexical", "--input", texts, "--output",
                        self.folder / "v.npy")
        expected = (self.folder / "v.npy").read_bytes()[128:]
        # The vectors of the rows in order, through the store's own export.
        rows = stores.query(f"SELECT to_json(description_embedding) FROM {self.processed}")

        got = b"".join(struct.pack(f"<{LEXICAL_DIMENSION}f", *json.loads(row[0])) for row in rows)
        self.assertEqual(got, expected)

    def test_plan_writes_nothing_and_tells_what_would_be_done(self):
        self.add(products_sql(300))
        files = sorted(self.home.rglob("*"))
        done = self.run_colvec("dataset", "refresh", "products", "--plan", "--json")
        plan = json.loads(done.stdout)[0]
        self.assertEqual((plan["run"]["texts_missing"], plan["sampled_texts"]), (300, 300))
        self.assertGreater(plan["texts_per_second"], 0)
        self.assertEqual(plan["bytes_predicted"], 300 * LEXICAL_DIMENSION * 4)
        self.assertEqual(sorted(self.home.rglob("*")), files)
        self.assertIn("300 texts to embed",
                      self.run_colvec("dataset", "refresh", "products", "--plan").stdout)


class Table(DatasetCase):
    """The table that is handed back: the source's columns and order, with the vectors."""

    KINDS = ("i AS id, CASE WHEN i % 5 = 0 THEN NULL WHEN i % 5 = 1 THEN '' ELSE 'text ' || i END AS"
             " text, (i / 7)::DECIMAL(18,4) AS number, CASE WHEN i % 2 = 0 THEN NULL ELSE i::DOUBLE"
             " END AS maybe, TIMESTAMPTZ '2024-05-01 10:00:00+02' + to_hours(i) AS at,"
             " TIMESTAMP '2024-01-01' + to_minutes(i) AS local, {'a': i, 'b': ['x', NULL]} AS nested,"
             " [i, NULL, i + 1] AS list, MAP {'k': i} AS map, i % 2 = 0 AS flag,"
             " ('00' || (i % 10))::BLOB AS bytes, uuid '00000000-0000-0000-0000-000000000001' AS u,"
             " TIME '10:11:12' AS clock, (i % 100)::UTINYINT AS tiny")

    def check(self, rows):
        self.write(f"SELECT {self.KINDS} FROM range({rows}) r(i) ORDER BY hash(i)")
        self.run_colvec("dataset", "add", "products", self.source, "--key", "id")
        self.run_colvec("column", "set", "products", "text", "--model", "builtin:lexical")
        run = self.column()
        skipped = (rows + 4) // 5 + (rows + 3) // 5
        self.assertEqual(run["rows_with_text"], rows - skipped)
        source = f"read_parquet('{self.source}')"
        numbered = "(SELECT row_number() OVER () AS n, * EXCLUDE text_embedding FROM {})"
        self.assertEqual(
            stores.query(
                f"SELECT count(*) FROM (SELECT row_number() OVER () AS n, * FROM {source} EXCEPT ALL"
                f" SELECT * FROM {numbered.format(self.processed)})",)[0], ["0"])
        self.assertEqual(
            stores.query(f"SELECT count(*), count(text_embedding) FROM {self.processed}")[0],
            [str(rows), str(rows - skipped)])
        self.assertEqual(
            stores.query(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * EXCLUDE"
                         f" text_embedding FROM {self.processed})"),
            stores.query(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {source})"))

    def test_one_row(self):
        self.check(1)

    def test_rows_of_all_kinds_keep_their_order_and_values(self):
        self.check(1_000_000 if os.environ.get("COLVEC_LONG") else 5000)

    def test_a_hugeint_is_written_so_that_it_stays_whole(self):
        database = self.folder / "in.duckdb"
        sql(database, "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text,"
            " 170141183460469231731687303715::HUGEINT + i AS big FROM range(3) r(i)")
        self.run_colvec("dataset", "add", "products", database, "--table", "t", "--key", "id")
        self.run_colvec("column", "set", "products", "text", "--model", "builtin:lexical")
        run = self.refresh()
        self.assertIn("big: HUGEINT is written as DECIMAL(38,0)", run["notes"][-1])
        self.assertEqual(stores.query(f"SELECT max(big) FROM {self.processed}"),
                         [["170141183460469231731687303717"]])

    def test_vectors_beyond_the_memory_are_spread_over_files(self):
        # A limit of 200 MB gives vectors a fifth: slices of 24,576 rows.
        self.add(products_sql(30_000))
        self.refresh("--memory-limit", "200MB")
        folder = self.home / "datasets" / "products" / "processed"
        self.assertEqual(len(list(folder.glob("*"))), 2)
        sliced = f"(SELECT row_number() OVER () AS n, * FROM {self.processed})"
        self.assertEqual(
            stores.query(f"SELECT count(*), count(description_embedding),"
                         f" bool_and(product_id = n - 1) FROM {sliced}"),
            [["30000", "30000", "true"]])
        digest = (f"SELECT bit_xor(hash(product_id, description_embedding)) FROM {self.processed}")
        before = stores.query(digest)
        self.write(products_sql(30_000).replace("1.25", "1.5"))
        self.refresh()
        self.assertEqual(len(list(folder.glob("*.parquet"))), 1)
        self.assertEqual(stores.query(digest), before)

    def test_exploded_vectors_are_a_column_for_each_number(self):
        self.add(products_sql(20))
        self.run_colvec("column", "set", "products", "description", "--explode", "true",
                        "--dimension", "4")
        self.refresh()
        names = [row[0] for row in stores.query(f"SELECT column_name FROM (DESCRIBE FROM {self.processed})")]
        self.assertEqual(names[-4:], [f"description_embedding_{i}" for i in range(4)])
        self.assertEqual(
            stores.query(f"SELECT count(*) FROM {self.processed} WHERE abs(description_embedding_0 ** 2"
                         " + description_embedding_1 ** 2 + description_embedding_2 ** 2 +"
                         " description_embedding_3 ** 2 - 1) < 1e-5"), [["20"]])


class Changes(DatasetCase):
    """Settings that change: each does the least that is right."""

    def test_another_model_embeds_all_and_keeps_the_former_vectors(self):
        self.add(products_sql(100))
        self.refresh()
        model = self.make_model("model", 1)
        self.run_colvec("column", "set", "products", "description", "--model", model)
        self.assertEqual(self.status()["status"], "empty")
        run = self.column()
        self.assertEqual((run["texts_embedded"], run["rows_changed"]), (100, 0))
        self.assertIn("another model now", run["did"][0])
        vectors, keys = stores.replay_store(self.store())
        self.assertEqual((vectors.rows(), keys.rows()), (200, 100))
        # Going back embeds nothing.
        self.run_colvec("column", "set", "products", "description", "--model", "builtin:lexical")
        self.assertEqual(self.column()["texts_embedded"], 0)

    def test_another_model_under_the_same_name_is_refused(self):
        model = self.make_model("model", 1)
        self.add(products_sql(30), model=model)
        self.refresh()
        other = self.make_model("other", 2)
        (model / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
        line = self.refused(7, "dataset", "refresh", "products", "--progress", "none")
        self.assertIn("holds another model than before", line)
        self.assertEqual(self.status()["status"], "failed")
        self.assertEqual(self.column("--accept-changed-models")["texts_embedded"], 30)
        self.assertEqual(self.status()["status"], "ready")

    def test_another_dimension_is_made_of_the_stored_vectors(self):
        self.add(products_sql(200))
        self.refresh()
        stored = sorted(self.store().rglob("part-*.parquet"))
        self.run_colvec("column", "set", "products", "description", "--dimension", "16")
        run = self.column()
        self.assertEqual((run["texts_embedded"], run["dimension"], run["base_dimension"]),
                         (0, 16, LEXICAL_DIMENSION))
        self.assertGreater(run["explained_variance"], 0.2)
        self.assertGreater(run["overlap_at_10"], 0)
        self.assertEqual(sorted(self.store().rglob("part-*.parquet")), stored)
        self.assertEqual(stores.query(f"SELECT DISTINCT len(description_embedding) FROM"
                                      f" {self.processed}"), [["16"]])
        fingerprint = self.status()["fingerprint"]
        self.assertNotEqual(fingerprint, self.status()["base"])
        # New texts enter the base, and the same components make theirs shorter.
        digest = (f"SELECT bit_xor(hash(description_embedding)) FROM {self.processed}"
                  " WHERE product_id < 200")
        before = stores.query(digest)
        self.write(products_sql(210))
        self.assertEqual(self.column()["texts_embedded"], 10)
        self.assertEqual(stores.query(digest), before)
        self.assertEqual(self.status()["fingerprint"], fingerprint)

    def test_a_share_of_the_variance_chooses_the_dimension(self):
        self.add(products_sql(200))
        self.run_colvec("column", "set", "products", "description", "--variance", "0.5")
        run = self.column()
        self.assertGreaterEqual(run["explained_variance"], 0.5)
        self.assertLess(run["dimension"], LEXICAL_DIMENSION / 4)

    def test_another_prompt_embeds_all(self):
        self.add(products_sql(30))
        self.refresh()
        self.run_colvec("column", "set", "products", "description", "--prompt", "query: ")
        self.assertEqual(self.column()["texts_embedded"], 30)

    def test_texts_are_no_longer_stored_when_the_step_says_so(self):
        self.add(products_sql(10))
        self.refresh()
        self.run_colvec("column", "set", "products", "description", "--store-text", "false")
        self.write(products_sql(13))
        self.assertIn("the store keeps only hashes of texts from now on", self.column()["did"][0])
        stored = stores.query(f"SELECT count(*), count(text_value) FROM read_parquet('"
                              f"{self.store()}/vectors/**/part-*.parquet')")
        self.assertEqual(stored, [["13", "10"]])
        stores.replay_store(self.store())
        self.assertEqual(self.refresh()["outcome"], "unchanged")

    def test_a_renamed_column_embeds_nothing(self):
        self.add(products_sql(100))
        self.refresh()
        self.write(products_sql(100).replace("AS description", "AS summary"))
        self.refused(3, "dataset", "refresh", "products", "--progress", "none")
        self.run_colvec("column", "rename", "products", "description", "summary")
        run = self.column()
        self.assertEqual((run["column"], run["texts_embedded"], run["texts_missing"]),
                         ("summary", 0, 0))
        self.assertFalse(self.store().exists())

    def test_a_source_that_got_and_lost_columns_goes_on(self):
        products = f"({products_sql(20)})"
        self.add(products_sql(20))
        self.refresh()
        self.write(f"SELECT * EXCLUDE price, 'title ' || product_id AS title FROM {products}")
        self.run_colvec("column", "set", "products", "title", "--model", "builtin:lexical")
        self.assertEqual([c["texts_embedded"] for c in self.refresh()["columns"]], [0, 20])
        # Both the text of one step and the key of the other are gone.
        self.write(f"SELECT product_id, description FROM {products}")
        self.assertIn("colvec column rename products shop NEW_NAME",
                      self.refused(3, "dataset", "refresh", "products"))
        self.run_colvec("column", "unset", "products", "title")
        self.run_colvec("column", "set", "products", "description", "--primary-key-column",
                        "product_id")
        self.run_colvec("column", "set", "products", "shop", "--is-primary-key", "false")
        self.assertEqual(self.column()["texts_embedded"], 0)

    def test_another_key_records_the_keys_anew_and_keeps_the_vectors(self):
        self.add(products_sql(100), key="product_id")
        self.refresh()
        self.run_colvec("column", "set", "products", "shop", "--is-primary-key", "true")
        run = self.column()
        self.assertEqual((run["texts_embedded"], run["keys_added"]), (0, 100))
        self.assertIn("the key is (shop, product_id) now, not (product_id)", run["did"][0])

    def test_a_compacted_store_loses_nothing(self):
        self.add(products_sql(10))
        for rows in range(20, 100, 10):
            self.write(products_sql(rows))
            self.refresh()
        self.run_colvec("store", "compact", self.store())
        self.assertEqual(self.status()["status"], "ready")
        self.write(products_sql(90).replace("1.25", "2"))
        self.assertEqual(self.column()["texts_embedded"], 0)
        self.assertEqual(stores.query(f"SELECT count(description_embedding) FROM {self.processed}"),
                         [["90"]])

    def test_a_text_under_two_keys_is_embedded_once_and_a_changed_text_again(self):
        self.add("SELECT 0 AS shop, i AS product_id, 'same text' AS description FROM range(2) r(i)")
        self.assertEqual(self.column()["texts_embedded"], 1)
        self.write("SELECT 0 AS shop, i AS product_id, CASE i WHEN 0 THEN 'same text' ELSE 'new text'"
                   " END AS description FROM range(2) r(i)")
        self.assertEqual(self.status()["status"], "stale")
        run = self.column()
        self.assertEqual((run["texts_embedded"], run["rows_changed"]), (1, 1))


class TwoHomes(DatasetCase):
    """Homes that sync one dataset by themselves, through a folder."""

    def setUp(self):
        super().setUp()
        self.other = self.folder / "other"
        remote = self.folder / "remote"
        self.add(products_sql(30))
        self.run_colvec("dataset", "set", "products", "--remote", remote, "--sync", "auto")
        self.refresh()
        self.run_colvec("pull", "products", "--remote", remote, "--home", self.other)
        self.run_colvec("dataset", "set", "products", "--sync", "auto", "--home", self.other)

    def runs(self):
        return len(list((self.home / "datasets" / "products" / "runs").iterdir()))

    def test_come_to_rest_when_nothing_changes(self):
        self.assertEqual(self.refresh("--home", self.other)["outcome"], "done")
        outcomes = [self.refresh(*home)["outcome"]
                    for home in ([], ["--home", self.other]) for _ in range(2)]
        self.assertEqual(outcomes, ["unchanged"] * 4)
        self.assertEqual(self.runs(), 2)

    def test_a_failure_of_one_is_none_of_the_other(self):
        bad = self.write("SELECT NULL::INTEGER AS shop, 1::BIGINT AS product_id, 'a' AS"
                         " description, 1.5 AS price, DATE '2024-01-01' AS listed_on",
                         self.folder / "bad.parquet")
        self.run_colvec("dataset", "set", "products", "--source", bad, "--home", self.other)
        self.run_colvec("dataset", "refresh", "products", "--home", self.other, code=2)
        self.run_colvec("pull", "products")
        self.assertEqual(self.runs(), 2)
        self.assertEqual(self.status()["status"], "ready")


class StatusOfColumns(DatasetCase):
    def test_each_state_is_told(self):
        self.write(products_sql(40))
        self.run_colvec("dataset", "add", "products", self.source, "--key", "shop,product_id")
        done = self.run_colvec("dataset", "status", "products", "--json")
        self.assertEqual({c["status"] for c in json.loads(done.stdout)["columns"]},
                         {"not configured"})
        self.run_colvec("column", "set", "products", "description", "--model", "builtin:lexical")
        self.assertEqual(self.status()["status"], "empty")
        self.refresh()
        status = self.status()
        self.assertEqual(
            (status["status"], status["rows"], status["embedded"], status["missing"],
             status["distinct_texts"], status["dimension"], status["vectors_stored"]),
            ("ready", 40, 40, 0, 40, LEXICAL_DIMENSION, 40))
        self.assertGreater(status["bytes"], 0)
        self.write(products_sql(50))
        self.assertEqual((self.status()["status"], self.status()["missing"]), ("partial", 10))
        self.write(products_sql(40, changed="i = 7"))
        self.assertEqual((self.status()["status"], self.status()["changed"]), ("stale", 1))
        self.assertIn("stale", self.run_colvec("dataset", "status", "products").stdout)

    def test_a_damaged_store_is_a_status_that_names_the_file(self):
        self.add(products_sql(40))
        self.refresh()
        entry = self.store() / "keys" / "_delta_log" / f"{1:020}.json"
        entry.write_text(entry.read_text()[:-40])
        status = self.status()
        self.assertEqual(status["status"], "failed")
        self.assertIn(str(entry), status["detail"])

    def test_runs_are_kept(self):
        self.add(products_sql(40))
        self.refresh()
        self.write(products_sql(50))
        self.refresh()
        out = self.run_colvec("dataset", "runs", "products").stdout
        self.assertEqual(out.count("done"), 2)
        self.assertIn("10 texts embedded", out)


if __name__ == "__main__":
    unittest.main()
