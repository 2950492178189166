#!/usr/bin/env python3
"""`colvec deploy`, `colvec bundle` and `colvec search`: embeddings that go along with a model."""

import json
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from datasets import DatasetCase, products_sql  # noqa: E402
from jobs import COLVEC, HOURS_OF_ROWS, colvec, sql  # noqa: E402


class Bundle(DatasetCase):
    def deploy(self, *arguments):
        done = self.run_colvec("deploy", "products", "--to", self.folder / "bundle", "--json",
                               *arguments)
        return json.loads(done.stdout)

    def prepare(self, rows=120):
        """A deployed bundle, alone in another place: no home, no model, no source."""
        self.model = self.make_model("model", 1)
        self.add(products_sql(rows, texts=100), model=self.model)
        self.refresh()
        self.deploy()
        bundle = self.folder / "host" / "bundle"
        bundle.parent.mkdir()
        shutil.move(self.folder / "bundle", bundle)
        shutil.move(self.home, self.folder / "home_away")
        shutil.move(self.model, self.folder / "model_away")
        return bundle

    def encode(self, bundle, select):
        path = self.write(select, self.folder / "rows.parquet")
        out = self.folder / "out.parquet"
        # In a name space without any network.
        done = subprocess.run(["unshare", "--net", COLVEC, "bundle", "encode", bundle, path,
                               "--output", out, "--json"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), f"read_parquet('{out}')"

    def test_answers_known_rows_without_a_model_and_embeds_new_ones_alike(self):
        bundle = self.prepare()
        report, rows = self.encode(bundle, products_sql(120, texts=100))
        self.assertEqual(report["columns"][0], {"column": "description", "rows": 120,
                                                "texts_known": 100, "texts_embedded": 0})
        self.assertEqual(stores.query(f"SELECT count(description_embedding),"
                                      f" count(*) FILTER (description_embedding_from = 'store')"
                                      f" FROM {rows}"), [["120", "120"]])
        report, rows = self.encode(bundle, products_sql(150))
        self.assertEqual((report["columns"][0]["texts_known"],
                          report["columns"][0]["texts_embedded"]), (100, 50))
        self.assertEqual(stores.query(f"SELECT description_embedding_from, count(*) FROM {rows}"
                                      " GROUP BY 1 ORDER BY 1"),
                         [["model", "50"], ["store", "100"]])
        # The vectors of new rows are those that a refresh would have given, to the bit.
        shutil.move(self.folder / "home_away", self.home)
        shutil.move(self.folder / "model_away", self.model)
        self.write(products_sql(150))
        self.refresh()
        self.assertEqual(
            stores.query(f"SELECT count(*) FROM {rows} a JOIN {self.processed} b USING (product_id)"
                         " WHERE a.description_embedding = b.description_embedding"), [["150"]])

    def test_a_changed_byte_anywhere_is_refused_with_the_name_of_the_file(self):
        bundle = self.prepare(20)
        self.assertEqual(colvec("bundle", "verify", bundle).returncode, 0)
        files = sorted(path for path in bundle.rglob("*") if path.is_file())
        self.assertGreater(len(files), 10)
        for path in files:
            saved = path.read_bytes()
            for offset in {0, len(saved) // 2, len(saved) - 2}:
                with self.subTest(path=path.name, offset=offset):
                    flipped = bytes([saved[offset] ^ 4])
                    path.write_bytes(saved[:offset] + flipped + saved[offset + 1:])
                    for command in (["verify", bundle],
                                    ["encode", bundle, self.source, "--output",
                                     self.folder / "o.parquet"]):
                        done = colvec("bundle", *command)
                        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
                        self.assertIn(str(path), done.stderr)
            path.unlink()
            done = colvec("bundle", "verify", bundle)
            self.assertEqual(done.returncode, 3 if path.name == "bundle.json" else 5, done.stderr)
            path.write_bytes(saved)
        self.assertEqual(colvec("bundle", "verify", bundle).returncode, 0)

    def test_deploys_what_is_new_and_names_the_rest(self):
        self.add(products_sql(100))
        self.refresh()
        first = self.deploy()
        self.assertGreater(first["bytes_copied"], 0)
        # New rows without a new text: only keys are copied.
        self.write(products_sql(130, texts=100))
        self.refresh()
        files = {path: path.stat().st_ino for path in (self.folder / "bundle").rglob("*.parquet")}
        second = self.deploy()
        self.assertEqual(second["files_copied"], 1)
        for path, inode in files.items():
            self.assertEqual(path.stat().st_ino, inode)
        self.assertEqual(self.deploy()["files_copied"], 0)
        done = self.run_colvec("bundle", "verify", self.folder / "bundle", "--json")
        self.assertEqual(json.loads(done.stdout)["cosine_min"], 1.0)

    def test_shortened_vectors_are_deployed_too(self):
        self.add(products_sql(100))
        self.run_colvec("column", "set", "products", "description", "--dimension", "8")
        self.refresh()
        self.deploy()
        _, rows = self.encode(self.folder / "bundle", products_sql(110))
        self.assertEqual(stores.query(f"SELECT DISTINCT len(description_embedding) FROM {rows}"),
                         [["8"]])
        self.assertEqual(
            stores.query(f"SELECT count(*) FROM {rows} a JOIN {self.processed} b USING (product_id)"
                         " WHERE a.description_embedding = b.description_embedding"), [["100"]])

    def test_what_cannot_be_deployed_is_refused(self):
        self.add(products_sql(10))
        self.assertIn("was never refreshed",
                      self.refused(3, "deploy", "products", "--to", self.folder / "bundle"))
        self.refresh()
        self.deploy()
        self.run_colvec("dataset", "rename", "products", "others")
        self.assertIn("holds the bundle of the dataset products",
                      self.refused(7, "deploy", "others", "--to", self.folder / "bundle"))
        self.assertIn("no bundle there", self.refused(3, "bundle", "verify", self.folder))
        path = self.write("SELECT 1 AS id, 'x' AS title", self.folder / "rows.parquet")
        self.assertIn("has none of the text columns of the bundle: description",
                      self.refused(2, "bundle", "encode", self.folder / "bundle", path, "--output",
                                   self.folder / "o.parquet"))
        self.assertIn("o.csv: must be a .parquet file",
                      self.refused(2, "bundle", "encode", self.folder / "bundle", path, "--output",
                                   self.folder / "o.csv"))

    def test_a_stop_breaks_off_and_leaves_nothing(self):
        self.add(products_sql(120))
        self.refresh()
        self.deploy()
        rows = self.folder / "rows.duckdb"
        sql(rows, "CREATE VIEW slow AS SELECT count(*) AS shop, 1 AS product_id, 'x' AS description"
                  f" FROM {HOURS_OF_ROWS}")
        process = subprocess.Popen([COLVEC, "bundle", "encode", self.folder / "bundle", rows,
                                    "--table", "slow", "--output", self.folder / "o.parquet"],
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(3)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual([path.name for path in self.folder.glob("o.parquet*")], [])


class Search(DatasetCase):
    def search(self, *arguments):
        done = self.run_colvec("search", "products", "description", *arguments, "--json")
        return json.loads(done.stdout)

    def test_finds_what_duckdb_finds(self):
        self.add("SELECT 1 AS shop, i AS product_id, 'word' || (i % 37) || ' word' || (i % 11) ||"
                 " ' word' || (i % 101) AS description, i % 4 AS kind FROM range(3000) r(i)")
        self.refresh()
        query_file = self.query_file("word3 word7 word9")
        self.run_colvec("encode", "builtin:lexical", "--input", query_file,
                        "--output", self.folder / "q.npy")
        numbers = struct.unpack("<384f", (self.folder / "q.npy").read_bytes()[128:])
        query = "[" + ", ".join(f"{n!r}::FLOAT" for n in numbers) + "]"
        for where in ("true", "kind = 2 AND product_id > 100"):
            found = self.search("word3 word7 word9", "-k", "20", "--where", where)
            expected = stores.query(
                f"SELECT list_inner_product(description_embedding, {query}) AS score FROM"
                f" {self.processed} WHERE {where} ORDER BY score DESC LIMIT 20")
            self.assertEqual(len(found["hits"]), 20)
            for hit, row in zip(found["hits"], expected):
                self.assertAlmostEqual(hit["score"], float(row[0]), places=5)
            if where != "true":
                self.assertTrue(all(hit["values"][3] == "2" for hit in found["hits"]))
                self.assertEqual(found["rows"], 725)
        self.assertEqual(found["columns"], ["shop", "product_id", "description", "kind"])

    def query_file(self, text):
        path = self.folder / "query.jsonl"
        path.write_text(json.dumps({"text": text}) + "\n")
        return path

    def test_shows_rows_and_scores(self):
        self.add(products_sql(50))
        self.refresh()
        done = self.run_colvec("search", "products", "description", "text of product 17", "-k", "2")
        self.assertRegex(done.stdout.splitlines()[0],
                         r"^1\.0000  shop = 2, product_id = 17, description = text of product 17,")
        self.assertIn("2 of 50 rows", done.stderr)

    def test_what_cannot_be_searched_is_refused(self):
        self.add(products_sql(10))
        self.assertIn("has no vectors yet",
                      self.refused(3, "search", "products", "description", "x"))
        self.refresh()
        self.assertIn("no such column", self.refused(3, "search", "products", "none", "x"))
        for where in ("1; DROP TABLE x", "(SELECT 1) = 1", "nope = 1"):
            self.assertIn("where", self.refused(3 if where == "nope" else 2, "search", "products",
                                                "description", "x", "--where", where))


if __name__ == "__main__":
    unittest.main()
