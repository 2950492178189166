#!/usr/bin/env python3
"""The DuckDB extension, loaded into a DuckDB that knows nothing of colvec."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import BUILD, ROOT, colvec, need, sql, write_config  # noqa: E402

EXTENSION = BUILD / "colvec.duckdb_extension"
HOST = BUILD / "tests" / "sql_host"
MODEL = "builtin:lexical"


def ask(folder, *statements, connections=1, code=0):
    """The rows of the statements that follow LOAD, as lists of texts."""
    shared = ["--connections", str(connections)] if connections > 1 else []
    done = subprocess.run([HOST, folder / "host.duckdb", *shared, f"LOAD '{EXTENSION}'",
                           *statements], capture_output=True, text=True)
    assert done.returncode == code, f"{statements}: {done.stdout}{done.stderr}"
    return [line.split("|") for line in done.stdout.splitlines()]


class SqlCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="colvec_sql_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def refused(self, message, *statements):
        rows = ask(self.folder, *statements, code=1)
        self.assertIn(message, "\n".join("|".join(row) for row in rows))

    def make_store(self, rows=1000, texts=300):
        """A keyed store of `rows` products, and its path."""
        source = self.folder / "products.parquet"
        home = {"COLVEC_HOME": str(self.folder / "home")}
        sql(self.folder / "scratch.duckdb",
            f"COPY (SELECT i::BIGINT AS product_id, 'text of product ' || (i % {texts}) AS words,"
            f" DATE '2024-01-01' AS listed FROM range({rows}) r(i)) TO '{source}'")
        for arguments in (["dataset", "add", "products", source, "--key", "product_id"],
                          ["column", "set", "products", "words", "--model", MODEL],
                          ["dataset", "refresh", "products", "--progress", "none"]):
            done = colvec(*arguments, env=home)
            self.assertEqual(done.returncode, 0, done.stderr)
        return self.folder / "home/datasets/products/embeddings/words"


class Embed(SqlCase):
    def test_gives_the_vectors_of_the_table_job(self):
        sql(self.folder / "input.duckdb", "CREATE TABLE source_texts AS SELECT i AS document_id,"
            " CASE WHEN i % 7 = 3 THEN 'the same' ELSE 'text number ' || i END AS content"
            " FROM range(5000) r(i)")
        done = colvec("embed", write_config(self.folder), "--progress", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = ask(self.folder, f"ATTACH '{self.folder}/output.duckdb' AS o (READ_ONLY)",
                   f"SELECT count(*), count(*) FILTER (embedding = embed('{MODEL}', content)"
                   "::FLOAT[384]) FROM o.embedded_texts")
        self.assertEqual(rows, [["5000", "5000"]])

    def test_null_in_null_out(self):
        rows = ask(self.folder, "CREATE TABLE t AS SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE"
                   f" 'x' || i END AS s, CASE WHEN i % 5 = 0 THEN NULL ELSE '{MODEL}' END AS m"
                   " FROM range(3000) r(i)",
                   "SELECT count(*), count(e), count(*) FILTER ((e IS NULL) = (s IS NULL OR m IS"
                   " NULL)) FROM (SELECT s, m, embed(m, s) AS e FROM t)",
                   f"SELECT embed(NULL, 'a') IS NULL, embed('{MODEL}', NULL) IS NULL,"
                   f" embed('{MODEL}', 'a', NULL) IS NULL, typeof(embed('{MODEL}', 'a'))")
        self.assertEqual(rows[-2], ["3000", "1600", "3000"])
        self.assertEqual(rows[-1], ["true", "true", "true", "FLOAT[]"])

    def test_takes_options_and_several_models_in_one_query(self):
        tiny = ROOT / "testdata/models/tiny-bert/model"
        rows = ask(self.folder, "SELECT m, len(v), embed(m, 'a', '{}') = v FROM (SELECT m,"
                   f" embed(m, 'a') AS v FROM (VALUES ('{MODEL}'), ('{tiny}'), ('{MODEL}')) t(m))"
                   " ORDER BY m DESC",
                   f"SELECT embed('{tiny}', 'a', '{{\"prompt_name\": \"query\"}}') <>"
                   f" embed('{tiny}', 'a')")
        self.assertEqual([row[0] for row in rows[:3]], [MODEL, MODEL, str(tiny)])
        self.assertEqual([row[2] for row in rows[:3]], ["true"] * 3)
        self.assertNotEqual(rows[0][1], rows[2][1])
        self.assertEqual(rows[3], ["true"])

    def test_options_may_differ_by_row_more_than_are_remembered(self):
        tiny = ROOT / "testdata/models/tiny-bert/model"
        made = (f"SELECT i, embed('{tiny}', 'a', '{{\"prompt\": \"' || i || ': \"}}') AS v"
                " FROM range(20) r(i)")
        rows = ask(self.folder, f"CREATE TABLE once AS {made}",
                   f"SELECT count(*), count(*) FILTER (o.v = n.v), count(DISTINCT o.v)"
                   f" FROM once o JOIN ({made}) n USING (i)")
        self.assertEqual(rows[-1], ["20", "20", "20"])

    def test_eight_connections_at_once_get_what_one_gets(self):
        query = (f"SELECT count(*), sum(hash(embed('{MODEL}', 'text ' || (i % 1000))))::VARCHAR"
                 " FROM range(20000) r(i)")
        alone = ask(self.folder, query)
        self.assertEqual(alone[0][0], "20000")
        self.assertEqual(ask(self.folder, query, connections=8), alone * 8)

    def test_says_what_is_wrong(self):
        self.refused("embed: no such model: /no/model", "SELECT embed('/no/model', 'a')")
        self.refused("embed: options: unknown key: dimensions",
                     f"SELECT embed('{MODEL}', 'a', '{{\"dimensions\": 3}}')")

    def test_loads_only_where_unsigned_extensions_are_allowed(self):
        done = subprocess.run([BUILD / "tests" / "duck_sql", self.folder / "x.duckdb",
                               f"LOAD '{EXTENSION}'"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("unsigned extensions", done.stderr)


class Stores(SqlCase):
    def test_hands_out_what_the_store_has(self):
        store = self.make_store()
        out = self.folder / "rows.parquet"
        done = colvec("store", "export", store, "--output", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = ask(self.folder,
                   f"SELECT count(*), count(DISTINCT text_hash) FROM colvec_store('{store}')",
                   f"SELECT count(*) FROM (SELECT * FROM colvec_store('{store}') EXCEPT ALL"
                   f" SELECT * FROM '{out}')",
                   f"SELECT count(*) FROM (SELECT * FROM 'colvec:{store}' EXCEPT ALL"
                   f" SELECT * FROM '{out}')",
                   f"SELECT string_agg(column_name || ' ' || column_type, ', ') FROM"
                   f" (DESCRIBE SELECT * FROM colvec_store('{store}'))")
        self.assertEqual(rows[:3], [["1000", "300"], ["0"], ["0"]])
        self.assertEqual(rows[3][0], "product_id BIGINT, text_hash VARCHAR, text_value VARCHAR,"
                         " embedding FLOAT[], token_count INTEGER, truncated BOOLEAN,"
                         " seen_at TIMESTAMP WITH TIME ZONE")

    def test_finds_keys_and_texts(self):
        store = self.make_store()
        rows = ask(self.folder,
                   f"SELECT product_id, text_value FROM colvec_store('{store}', keys := ['17',"
                   " '301', '5000']) ORDER BY 1",
                   f"SELECT count(*), any_value(text_value) FROM colvec_store('{store}',"
                   " texts := ['text of product 7', 'not there'])",
                   f"SELECT count(*) FROM colvec_store('{store}', keys := [])",
                   f"SELECT product_id FROM 'colvec:{store}' WHERE product_id = 17")
        self.assertEqual(rows, [["17", "text of product 17"], ["301", "text of product 1"],
                                ["4", "text of product 7"], ["0"], ["17"]])

    def test_pushes_conditions_and_columns_into_the_scan_of_parquet(self):
        store = self.make_store()
        plan = "\n".join("|".join(row) for row in ask(
            self.folder, f"EXPLAIN SELECT text_value FROM 'colvec:{store}' WHERE product_id = 17"))
        self.assertIn("product_id=17", plan.replace(" ", ""))
        self.assertNotIn("embedding", plan)

    def test_searches_by_the_model_that_made_the_vectors(self):
        store = self.make_store()
        rows = ask(self.folder, f"SELECT text_value, score FROM colvec_search('{store}',"
                   " 'text of product 42', 5) ORDER BY score DESC",
                   f"SELECT count(*) FROM colvec_search('{store}', 'product', 5000)")
        # Products 42, 342, 642 and 942 have this text.
        self.assertEqual([row[0] for row in rows[:4]], ["text of product 42"] * 4)
        self.assertAlmostEqual(float(rows[3][1]), 1, places=5)
        self.assertLess(float(rows[4][1]), 0.9999)
        self.assertEqual(rows[5], ["1000"])

    def test_says_what_is_wrong(self):
        store = self.make_store(10)
        tiny = ROOT / "testdata/models/tiny-bert/model"
        nowhere = self.folder / "nowhere"
        for message, query in (
                ("nowhere", f"SELECT * FROM colvec_store('{nowhere}')"),
                ("nowhere", f"SELECT * FROM 'colvec:{nowhere}'"),
                ("k: must be 1 or more: 0", f"SELECT * FROM colvec_search('{store}', 'a', 0)"),
                ("did not make these vectors",
                 f"SELECT * FROM colvec_search('{store}', 'a', 1, encoder := '{tiny}')"),
                # A key of one column may hold a comma; this one is no BIGINT.
                ("1,2", f"SELECT * FROM colvec_store('{store}', keys := ['1,2'])"),
                ("holds no vectors of fff",
                 f"SELECT * FROM colvec_store('{store}', model := 'fff')")):
            with self.subTest(query=query):
                self.refused(message, query)


if __name__ == "__main__":
    need(EXTENSION)
    unittest.main()
