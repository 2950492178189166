#!/usr/bin/env python3
"""`colvec store` from the command line: import, query, export, migrate, the past, bad input."""

import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from jobs import colvec, sql  # noqa: E402
from parquet_readers import check_readers_agree, list_of, need_readers  # noqa: E402
from store_case import FINGERPRINT, VECTOR, StoreCase, rows_sql  # noqa: E402


class Import(StoreCase):
    def test_keeps_each_text_once_and_each_pair_once(self):
        out = self.load(rows_sql(300))
        self.assertIn("70 new vectors, 300 new keys", out)
        vectors, keys = self.look()
        self.assertEqual((vectors.rows(), keys.rows()), (70, 300))
        self.assert_same_rows(
            self.flat_sql(), "(SELECT document_id, left(sha256(content), 32) AS text_hash,"
            f" content, embedding FROM ({rows_sql(300)}))")

    def test_appends_only_what_is_new(self):
        self.load(rows_sql(300))
        before = {path: path.stat().st_mtime_ns for path in self.store.rglob("*.parquet")}
        out = self.load(rows_sql(300, shift=200, text="'text number ' || (i % 90)"))
        self.assertIn("20 new vectors, 300 new keys", out)
        for path, time_ns in before.items():
            self.assertEqual(path.stat().st_mtime_ns, time_ns, path)
        self.assertEqual(len(list(self.store.rglob("*.parquet"))), len(before) + 2)
        versions = [table.version for table in self.look()]
        self.assertIn("0 new vectors, 0 new keys", self.load(rows_sql(300)))
        self.assertEqual([table.version for table in self.look()], versions)

    def test_reads_every_format_alike(self):
        for ending, options in (("parquet", []), ("csv", []), ("jsonl", []),
                                ("duckdb", ["--table", "source_texts"])):
            with self.subTest(ending):
                self.store = self.folder / f"store_{ending}"
                form = {"csv": "(HEADER)", "jsonl": "(FORMAT json)"}.get(ending, "")
                path = self.write(rows_sql(100), ending, form)
                self.load(None, "--fingerprint", FINGERPRINT, *options, path=path)
                self.assert_same_rows(
                    self.flat_sql(), "(SELECT document_id, left(sha256(content), 32) AS text_hash,"
                    f" content, embedding FROM ({rows_sql(100)}))")

    def test_a_cache_has_no_keys(self):
        self.load(rows_sql(100), keys=None)
        vectors, keys = self.look()
        self.assertEqual((vectors.rows(), keys), (70, None))
        self.assertEqual(self.run_store("query", "--text", "text number 7", "--format",
                                        "json").count("\n"), 1)

    def test_a_store_without_texts(self):
        self.load(rows_sql(100), "--fingerprint", FINGERPRINT, "--no-text")
        vectors, _ = self.look()
        texts = self.query(f"SELECT count(text_value) FROM {list_of(stores.files_of(vectors))}")
        self.assertEqual(texts, [["0"]])
        out = self.run_store("query", "--text", "text number 7", "--format", "json")
        self.assertEqual(len(out.splitlines()), 2)  # Keys 7 and 77.

    def test_two_models_side_by_side(self):
        self.load(rows_sql(100))
        self.load(rows_sql(100), "--fingerprint", "cd" * 32)
        vectors, keys = self.look()
        self.assertEqual((vectors.rows(), keys.rows()), (140, 100))
        self.assertEqual({add["partitionValues"]["model"] for add in vectors.live.values()},
                         {"f" + "ab" * 8, "f" + "cd" * 8})

    def test_compares_with_the_model_that_made_the_vectors(self):
        texts = "\n".join(json.dumps({"text": f"some words {i}"}) for i in range(20)) + "\n"
        npy = self.folder / "v.npy"
        self.assertEqual(colvec("encode", "builtin:lexical", "--output", npy,
                                stdin=texts).returncode, 0)
        numbers = memory_of(npy)
        lines = [json.dumps({"document_id": i, "content": f"some words {i}",
                             "embedding": numbers[i]}) for i in range(20)]
        path = self.folder / "good.jsonl"
        path.write_text("\n".join(lines) + "\n")
        out = self.load(None, "--model", "builtin:lexical", path=path)
        self.assertIn("20 new vectors", out)
        self.store = self.folder / "other"
        path.write_text("\n".join(lines).replace("some words", "other words") + "\n")
        self.refused(2, "cosine", "import", self.store, path, "--key", "document_id", "--text",
                     "content", "--vector", "embedding", "--model", "builtin:lexical")
        self.assertFalse(list(self.store.rglob("*.parquet")))


def memory_of(npy):
    """The rows of a NumPy file of 32-bit floats, as lists."""
    content = npy.read_bytes()
    size = int.from_bytes(content[8:10], "little")
    header = content[10:10 + size].decode()
    rows, columns = map(int, header.split("(")[1].split(")")[0].split(","))
    values = memoryview(content[10 + size:]).cast("f")
    return [list(values[i * columns:(i + 1) * columns]) for i in range(rows)]


TYPED_KEYS = """SELECT i % 2 = 0 AS flag, i::TINYINT AS tiny, i::UINTEGER AS unsigned,
    (i + 18446744073709551000)::UBIGINT AS huge_unsigned, sum(i) AS total,
    (i / 8)::DECIMAL(9, 3) AS price,
    'key „' || i AS "a name, with (odd) signs", DATE '2024-01-01' + i::INTEGER AS day,
    TIMESTAMP '2024-01-01 00:00:00.000001' + to_seconds(i) AS moment,
    TIMESTAMPTZ '2024-01-01 00:00:00+02' + to_seconds(i) AS instant,
    uuid_of(i) AS identity, 'text ' || (i % 30) AS content FROM range(120) r(i) GROUP BY i"""


class Keys(StoreCase):
    NAMES = ["flag", "tiny", "unsigned", "huge_unsigned", "total", "price",
             "a name, with (odd) signs", "day", "moment", "instant", "identity"]
    STORED = {"flag": "BOOLEAN", "tiny": "BIGINT", "unsigned": "BIGINT",
              "huge_unsigned": "DECIMAL(20,0)", "total": "DECIMAL(38,0)", "price": "DECIMAL(9,3)",
              "a%20name%2C%20with%20%28odd%29%20signs": "VARCHAR", "day": "DATE",
              "moment": "TIMESTAMP WITH TIME ZONE", "instant": "TIMESTAMP WITH TIME ZONE",
              "identity": "VARCHAR", "text_hash": "VARCHAR", "seen_at": "TIMESTAMP WITH TIME ZONE"}

    def typed(self):
        query = TYPED_KEYS.replace("uuid_of(i)", "(md5('' || i))::UUID")
        path = self.folder / "typed.duckdb"
        sql(path, "SET TimeZone = 'UTC'",
            f"CREATE TABLE source_texts AS SELECT *, {VECTOR.format('content')} AS embedding"
            f" FROM ({query})")
        return path

    def test_every_type_is_stored_as_the_format_says_and_read_by_all(self):
        path = self.typed()
        arguments = []
        for name in self.NAMES:
            arguments += ["--key", name.replace(",", "\\,") if "," in name else name]
        names = [name for name in self.NAMES if "," not in name]
        out = self.run_store("import", path, "--table", "source_texts", "--key", ",".join(names),
                             "--text", "content", "--vector", "embedding", "--fingerprint",
                             FINGERPRINT)
        self.assertIn("30 new vectors, 120 new keys", out)
        vectors, keys = self.look()
        files = stores.files_of(keys)
        columns = dict(self.query("SELECT column_name, column_type FROM"
                                  f" (DESCRIBE FROM {list_of(files)})"))
        self.assertEqual(columns, {name: kind for name, kind in self.STORED.items()
                                   if "%" not in name})
        check_readers_agree(self, files)
        check_readers_agree(self, stores.files_of(vectors))
        got = self.query(f"SELECT flag, tiny, huge_unsigned, total, price, day, moment, instant"
                         f" FROM {list_of(files)} WHERE tiny = 119")
        self.assertEqual(got, [["false", "119", "18446744073709551119", "119", "14.875",
                                "2024-04-29", "2024-01-01 00:01:59.000001+00",
                                "2023-12-31 22:01:59+00"]])

    def test_odd_names_are_escaped(self):
        path = self.write(f"SELECT i AS \"a name; (odd)\", 'text ' || i AS content,"
                          f" {VECTOR.format('i')} AS embedding FROM range(5) r(i)")
        self.load(path=path, keys="a name; (odd)")
        _, keys = self.look()
        self.assertIn("a%20name%3B%20%28odd%29", keys.columns)
        out = self.run_store("query", "--key", "3", "--format", "json")
        self.assertEqual(json.loads(out)["a name; (odd)"], 3)

    def test_refused_keys(self):
        path = self.write("SELECT 1.5::DOUBLE AS weight, [1]::INTEGER[] AS list, 1 AS text_hash,"
                          " 2 AS id, 'a' AS content, [1, 2]::FLOAT[] AS embedding")
        rest = ("--text", "content", "--vector", "embedding", "--fingerprint", FINGERPRINT)
        self.refused(4, "weight", "import", self.store, path, "--key", "weight", *rest)
        self.refused(4, "list", "import", self.store, path, "--key", "list", *rest)
        self.refused(2, "text_hash", "import", self.store, path, "--key", "text_hash", *rest)
        self.refused(3, "absent", "import", self.store, path, "--key", "absent", *rest)
        self.assertFalse(list(self.store.rglob("*.parquet")))


class Query(StoreCase):
    def setUp(self):
        super().setUp()
        self.load(rows_sql(300))

    def lines(self, *arguments):
        out = self.run_store("query", "--format", "json", *arguments)
        return [json.loads(line) for line in out.splitlines()]

    def test_by_key_text_and_hash(self):
        one = self.lines("--key", "17")
        self.assertEqual([(row["document_id"], row["text_value"]) for row in one],
                         [(17, "text number 17")])
        self.assertEqual(len(one[0]["embedding"]), 8)
        same = [17, 87, 157, 227, 297]
        by_text = self.lines("--text", "text number 17")
        self.assertEqual(sorted(row["document_id"] for row in by_text), same)
        by_hash = self.lines("--hash", one[0]["text_hash"])
        self.assertEqual(sorted(row["document_id"] for row in by_hash), same)
        both = self.lines("--key", "17", "--text", "text number 18")
        self.assertEqual(both, [])
        several = self.lines("--key", "1", "--key", "2", "--no-vectors")
        self.assertEqual(sorted(row["document_id"] for row in several), [1, 2])
        self.assertNotIn("embedding", several[0])

    def test_says_how_many_are_missing(self):
        done = colvec("store", "query", self.store, "--key", "17", "--key", "5000", "--format",
                      "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("of those asked for: 1", done.stderr)

    def test_by_a_file_of_keys(self):
        path = self.write("SELECT i AS document_id, 'text number ' || (i % 80) AS content"
                          " FROM range(60, 90) r(i)")
        self.assertEqual(len(self.lines("--keys", path)), 30)
        # Keys 70 to 79 have other texts in the store; 80 to 89 again the same as here.
        with_text = self.lines("--keys", path, "--keys-text", "content")
        self.assertEqual(sorted(row["document_id"] for row in with_text), list(range(60, 70)))

    def test_by_expression_and_limit(self):
        rows = self.lines("--where", "document_id BETWEEN 5 AND 9 AND text_value LIKE '%7'")
        self.assertEqual([row["document_id"] for row in rows], [7])
        self.assertEqual(len(self.lines("--limit", "12")), 12)

    def test_the_latest_text_of_a_key(self):
        time.sleep(0.002)
        self.load(rows_sql(10, text="'a new text ' || i"))
        self.assertEqual(len(self.lines("--key", "3")), 2)
        latest = self.lines("--key", "3", "--latest")
        self.assertEqual([row["text_value"] for row in latest], ["a new text 3"])
        self.assertEqual(len(self.lines("--latest", "--limit", "1000")), 300)

    def test_refuses_what_it_does_not_know(self):
        for code, message, *arguments in (
                (2, "not an SQL expression", "--where", "true; DROP TABLE keys"),
                (2, "syntax", "--where", "document_id = = 3"),
                (2, '"nosuch" not found', "--where", "nosuch = 1"),
                (2, "--key abc", "--key", "abc"), (2, "--hash xyz", "--hash", "xyz"),
                (2, "--at yesterday", "--at", "yesterday"),
                (3, "first version is younger", "--at", "1990-01-01"),
                (3, "no version 99: there are versions 0 to 2", "--version", "99"),
                (2, "not a whole number: -1", "--version", "-1"),
                (3, "no vectors of f99", "--model", "f99"),
                (2, "must be one of", "--format", "xml")):
            with self.subTest(arguments=arguments):
                self.refused(code, message, "query", self.store, *arguments)
        self.refused(3, "no store there", "query", self.folder / "absent")


class Export(StoreCase):
    def setUp(self):
        super().setUp()
        self.load(rows_sql(300))

    def export(self, ending):
        path = self.folder / f"out.{ending}"
        self.run_store("export", "--output", path)
        return path

    def test_parquet_and_duckdb_hold_the_same_bits(self):
        columns = "document_id, text_hash, text_value, embedding"
        path = self.export("parquet")
        self.assert_same_rows(f"(SELECT {columns} FROM '{path}')", self.flat_sql())
        check_readers_agree(self, [path])
        path = self.export("duckdb")
        self.query(f"ATTACH '{path}' AS out (READ_ONLY)",
                   f"COPY (SELECT {columns} FROM out.embeddings)"
                   f" TO '{self.folder / 'copy.parquet'}'")
        self.assert_same_rows(f"'{self.folder / 'copy.parquet'}'", self.flat_sql())

    def test_csv_and_json_lines_hold_the_same_numbers(self):
        types = ("{'document_id': 'BIGINT', 'text_hash': 'VARCHAR', 'text_value': 'VARCHAR',"
                 " 'embedding': 'FLOAT[]'}")
        path = self.export("csv")
        self.assert_same_rows(
            f"(SELECT document_id, text_hash, text_value, embedding::FLOAT[] AS embedding"
            f" FROM read_csv('{path}', all_varchar = false, types = {types}))", self.flat_sql())
        path = self.export("jsonl")
        self.assert_same_rows(f"(SELECT * FROM read_json('{path}', format = 'newline_delimited',"
                              f" columns = {types}))", self.flat_sql())

    def test_npy_holds_the_vectors_of_the_rows(self):
        path = self.export("npy")
        expected = self.query(f"SELECT embedding::VARCHAR FROM {self.flat_sql()}")
        expected = sorted(tuple(json.loads(",".join(row))) for row in expected)
        found = sorted(map(tuple, memory_of(path)))
        self.assertEqual(len(found), 300)
        for one, other in zip(found, expected):
            for a, b in zip(one, other):
                self.assertAlmostEqual(a, b, places=6)

    def test_refuses_a_file_that_it_cannot_write(self):
        self.refused(6, "absent", "export", self.store, "--output",
                     self.folder / "absent" / "out.parquet")

    def test_an_ending_that_tells_no_format_is_refused(self):
        path = self.folder / "out.txt"
        self.refused(2, "must end with one of .csv, .jsonl, .json, .parquet, .npy, .duckdb, or say"
                        " --format", "export", self.store, "--output", path)
        self.assertFalse(path.exists())
        self.assertEqual(self.export("json").read_text().count("\n"), 300)


class Time(StoreCase):
    def setUp(self):
        super().setUp()
        self.moments = []
        self.contents = []
        for step in range(3):
            self.load(rows_sql(100, shift=100 * step, text="'text number ' || (i % 130)"))
            time.sleep(0.01)
            self.moments.append(self.query("SELECT now()")[0][0])
            self.contents.append(self.content())
            time.sleep(0.01)

    def test_versions_and_times(self):
        _, keys = self.look()
        versions = [number for number, info in enumerate(keys.commits)
                    if info["operation"] == "WRITE"]
        for step, version in enumerate(versions):
            self.assert_same_rows(self.content("--version", version), self.contents[step])
            self.assert_same_rows(self.content("--at", self.moments[step]), self.contents[step])
        self.assertEqual([self.count(one) for one in self.contents], [100, 200, 300])

    def test_history_and_files_say_what_the_logs_do(self):
        tables = dict(zip(("vectors", "keys"), self.look()))
        out = self.run_store("history", "--json")
        seen = {(v["table"], v["version"]): v for v in map(json.loads, out.splitlines())}
        self.assertEqual(len(seen), sum(table.version + 1 for table in tables.values()))
        for (name, version), entry in seen.items():
            info = tables[name].commits[version]
            self.assertEqual((entry["operation"], entry["commit_id"], entry["time_ms"]),
                             (info["operation"], info["commitId"], info["timestamp"]))
        for name, table in tables.items():
            listed = self.run_store("files", "--table", name).splitlines()
            self.assertEqual(sorted(listed), sorted(map(str, stores.files_of(table))))


class Migrate(StoreCase):
    def test_fills_in_and_goes_back(self):
        self.load(rows_sql(100))
        old = self.content()
        self.run_store("migrate", "--to", "builtin:lexical")
        vectors, keys = self.look_at_two()
        self.assertEqual(keys.commits[-1]["operation"], "SET MODEL")
        self.assertEqual(vectors.rows(), 140)
        lengths = self.query(f"SELECT DISTINCT len(embedding), count(*) FROM {self.content()}"
                             " GROUP BY 1")
        self.assertEqual(lengths, [["384", "100"]])
        self.assert_same_rows(self.content("--model", "f" + "ab" * 8), old)
        out = self.run_store("migrate", "--to", "builtin:lexical")
        self.assertIn("0 embedded now", out)

    def look_at_two(self):
        vectors, keys = stores.replay_store(self.store, check_checkpoints=True)
        self.assertEqual(stores.doubles(vectors, "text_hash"), [])
        return vectors, keys


class BadInput(StoreCase):
    REST = ("--key", "document_id", "--text", "content", "--vector", "embedding", "--fingerprint",
            FINGERPRINT)

    def refused_rows(self, message, query, code=2):
        self.refused(code, message, "import", self.store, self.write(query), *self.REST)
        self.assertFalse([path for path in self.store.rglob("*.parquet")])

    def test_rows(self):
        row = "SELECT 1 AS document_id, 'a' AS content, {} AS embedding"
        good = row.format("[1, 2]::FLOAT[]")
        self.refused_rows("not finite", f"{good} UNION ALL "
                          "SELECT 2, 'b', ['nan'::FLOAT, 1]")
        self.refused_rows("not finite", f"{good} UNION ALL SELECT 2, 'b', ['inf'::FLOAT, 1]")
        self.refused_rows("vectors of 2 to 3", f"{good} UNION ALL SELECT 2, 'b', [1, 2, 3]")
        self.refused_rows("input_4.parquet", f"{good} UNION ALL SELECT 2, 'b', NULL")
        self.refused_rows("input_5.parquet", f"{good} UNION ALL SELECT 2, 'b', [1, NULL]")
        self.refused_rows("1 of 2 rows have NULL in a key", f"{good} UNION ALL "
                          "SELECT NULL, 'b', [1, 2]")
        self.refused_rows("1 of 2 rows have no text", f"{good} UNION ALL SELECT 2, NULL, [1, 2]")
        self.refused_rows("type INTEGER: must be", "SELECT 1 AS document_id, 2 AS content,"
                          " [1, 2] AS embedding")
        self.refused_rows("FLOAT[]", row.format("'xx'"))

    def test_arguments(self):
        path = self.write(rows_sql(5))
        self.refused(3, "absent.parquet", "import", self.store, self.folder / "absent.parquet",
                     *self.REST)
        self.refused(2, "--model or --fingerprint", "import", self.store, path, *self.REST[:-2])
        self.refused(2, "fingerprint", "import", self.store, path, *self.REST[:-1], "xyz")
        self.refused(3, "absent", "import", self.store, path, *self.REST[:2], "--text", "absent",
                     *self.REST[4:])
        broken = self.folder / "broken.parquet"
        broken.write_bytes(path.read_bytes()[:-40])
        self.refused(2, "broken.parquet", "import", self.store, broken, *self.REST)

    def test_a_store_of_another_shape(self):
        self.load(rows_sql(5))
        path = self.write("SELECT 'a' AS other_id, 'a' AS content, [1, 2]::FLOAT[] AS embedding")
        self.refused(7, "document_id BIGINT", "import", self.store, path, "--key", "other_id",
                     *self.REST[2:])
        self.look()

    def test_what_is_no_store(self):
        (self.folder / "file").write_text("text")
        for command in ("show", "query", "files", "history"):
            with self.subTest(command):
                self.refused(3, "no store", command, self.folder)

    def test_a_table_of_others_is_not_touched(self):
        self.load(rows_sql(5))
        entry = self.store / "vectors" / "_delta_log" / f"{0:020}.json"
        actions = [json.loads(line) for line in entry.read_text().splitlines()]
        del actions[0]["commitInfo"]["entryHash"]
        actions[0]["commitInfo"]["engineInfo"] = "other"
        del actions[2]["metaData"]["configuration"]["colvec.formatVersion"]
        entry.write_text("".join(json.dumps(action) + "\n" for action in actions))
        self.refused(4, "not a table of colvec", "query", self.store)


if __name__ == "__main__":
    need_readers()
    unittest.main()
