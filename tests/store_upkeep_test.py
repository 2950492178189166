#!/usr/bin/env python3
"""`colvec store` keeping house: compact, vacuum, restore, forget, verify."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from jobs import colvec  # noqa: E402
from parquet_readers import check_readers_agree, list_of, need_readers  # noqa: E402
from store_case import StoreCase, rows_sql  # noqa: E402


class Upkeep(StoreCase):
    def setUp(self):
        super().setUp()
        self.contents = []
        for step in range(3):
            self.load(rows_sql(100, shift=100 * step, text="'text number ' || (i % 130)"))
            self.contents.append(self.content())

    def test_restore_is_a_new_version(self):
        _, keys = self.look()
        first = [info["operation"] for info in keys.commits].index("WRITE")
        self.run_store("restore", "--version", first)
        _, restored = self.look()
        self.assertEqual(restored.version, keys.version + 1)
        self.assertEqual(restored.commits[-1]["operation"], "RESTORE")
        self.assert_same_rows(self.content(), self.contents[0])
        self.assert_same_rows(self.content("--version", keys.version), self.contents[2])
        self.run_store("restore", "--version", keys.version)
        self.assert_same_rows(self.content(), self.contents[2])

    def test_compact_keeps_content_and_history(self):
        before = self.look()
        self.run_store("compact")
        after = self.look()
        for one, other in zip(before, after):
            self.assertLess(len(other.live), len(one.live))
            self.assertEqual(other.rows(), one.rows())
            self.assertEqual(other.commits[-1]["operation"], "OPTIMIZE")
        self.assert_same_rows(self.content(), self.contents[2])
        self.assert_same_rows(self.content("--version", before[1].version), self.contents[2])
        check_readers_agree(self, stores.files_of(after[0]))
        check_readers_agree(self, stores.files_of(after[1]))
        versions = [table.version for table in after]
        self.run_store("compact")
        self.assertEqual([table.version for table in self.look()], versions)

    def test_vacuum_deletes_what_no_version_needs(self):
        self.run_store("compact")
        tables = self.look()
        on_disk = set(self.store.rglob("*.parquet"))
        live = {file for table in tables for file in stores.files_of(table)}
        self.run_store("vacuum")  # The retention is longer than this test.
        self.assertEqual(set(self.store.rglob("*.parquet")), on_disk)
        self.run_store("vacuum", "--retention-hours", "0", "--dry-run")
        self.assertEqual(set(self.store.rglob("*.parquet")), on_disk)
        self.run_store("vacuum", "--retention-hours", "0")
        self.assertEqual(set(self.store.rglob("*.parquet")), live)
        self.assert_same_rows(self.content(), self.contents[2])
        self.assertEqual(colvec("store", "verify", self.store).returncode, 0)
        first = [info["operation"] for info in tables[1].commits].index("WRITE")
        self.refused(3, "vacuum", "export", self.store, "--version", first, "--output",
                     self.folder / "old.parquet")


class Forget(StoreCase):
    def setUp(self):
        super().setUp()
        self.load(rows_sql(300))
        self.load(rows_sql(50, shift=300, text="'only of ' || i"))

    def texts_on_disk(self, table, column):
        files = sorted((self.store / table).rglob("*.parquet"))
        files = [file for file in files if "_delta_log" not in str(file)]
        return {row[0] for row in self.query(f"SELECT {column} FROM {list_of(files)}")}

    def test_leaves_texts_that_others_have(self):
        self.run_store("forget", "--where", "document_id IN (3, 310)")
        content = self.content()
        rows = self.query(f"SELECT document_id FROM {content} WHERE document_id IN (3, 310, 73)")
        self.assertEqual(rows, [["73"]])
        vectors, keys = self.look()
        self.assertEqual((vectors.rows(), keys.rows()), (70 + 50 - 1, 348))
        self.assertIn("only of 310", self.texts_on_disk("vectors", "text_value"))  # Of the past.

    def test_now_means_everywhere(self):
        self.run_store("forget", "--where", "document_id = 310", "--now")
        self.look()
        self.assertNotIn("only of 310", self.texts_on_disk("vectors", "text_value"))
        self.assertNotIn("310", self.texts_on_disk("keys", "document_id"))
        for path in self.store.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"only of 310", path.read_bytes(), path)
        self.assertEqual(colvec("store", "verify", self.store).returncode, 0)

    def test_refuses_what_is_no_expression(self):
        self.refused(2, "", "forget", self.store, "--where", "document_id = ")
        self.refused(2, "absent", "forget", self.store, "--where", "absent = 3")


class BadInput(StoreCase):
    def test_what_is_no_store(self):
        for command in ("compact", "vacuum"):
            with self.subTest(command):
                self.refused(3, "no store", command, self.folder)


if __name__ == "__main__":
    need_readers()
    unittest.main()
