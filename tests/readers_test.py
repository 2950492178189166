#!/usr/bin/env python3
"""Parquet as the store writes it, read by polars and hyparquet: every type, encoding and odd value.

The files here are DuckDB's own with the settings of docs/formats/store.md, so that a reader that
cannot read them is found without the store.
"""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import sql  # noqa: E402
from parquet_readers import check_readers_agree, digests_by_duckdb, need_readers  # noqa: E402

SETTINGS = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 2048"
VECTORS = """
    SELECT left(sha256('t' || i), 32) AS text_hash,
        CASE WHEN i % 3 = 0 THEN NULL WHEN i % 7 = 0 THEN '' WHEN i % 11 = 0 THEN 'nul' || chr(0)
             WHEN i % 501 = 1 THEN repeat('long ', 40000) ELSE 'Text „é" 𝄞 ' || i END AS text_value,
        list_transform(range(dimension), j -> CASE WHEN j = 3 THEN '-0'::FLOAT
             WHEN j = 4 THEN 1e-44::FLOAT WHEN j = 5 THEN 3.4028235e38::FLOAT
             ELSE (hash(i * 384 + j) % 2000003 / 1000001.0 - 1)::FLOAT END)::FLOAT[] AS embedding,
        CASE WHEN i % 5 = 0 THEN NULL ELSE i % 512 END::INTEGER AS token_count,
        CASE WHEN i % 6 = 0 THEN NULL ELSE i % 2 = 0 END AS truncated,
        CASE WHEN i % 2 = 0 THEN 'import' ELSE 'colvec/0.1.0' END AS engine_version,
        TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_microseconds(i * 1234567) AS embedded_at
    FROM range(rows) r(i)"""
KEYS = """
    SELECT i % 2 = 0 AS key_boolean, DATE '1950-01-01' + i::INTEGER AS key_date,
        (i * 18446744073709::HUGEINT)::DECIMAL(20, 0) AS key_unsigned,
        (i::HUGEINT * 99999999999999999999999999999999 * (CASE WHEN i % 2 = 0 THEN 1 ELSE -1 END)
        )::DECIMAL(38, 0) AS key_huge,
        ((i - 5000) / 100)::DECIMAL(9, 2) AS key_small, (i - 5000)::DECIMAL(18, 4) AS key_middle,
        (i - 5000) * 1844674407370955 AS key_big, 'key ' || i AS "key%20text",
        TIMESTAMPTZ '1969-06-01 00:00:00+00' + to_microseconds(i * 12345678901) AS key_time,
        left(sha256('t' || i), 32) AS text_hash,
        TIMESTAMPTZ '2026-01-01 00:00:00+00' AS seen_at
    FROM range(rows) r(i)"""


class Readers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="colvec_readers_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, query, version="v2"):
        path = self.folder / name
        sql(self.folder / "scratch.duckdb", "SET TimeZone = 'UTC'",
            f"COPY ({query}) TO '{path}' ({SETTINGS}, PARQUET_VERSION {version})")
        return path

    def encodings(self, path):
        rows = sql(self.folder / "scratch.duckdb",
                   f"SELECT DISTINCT encodings FROM parquet_metadata('{path}')")
        return {encoding for row in rows for encoding in row.split(", ")}

    def test_vectors(self):
        for version, encoding in (("v2", "BYTE_STREAM_SPLIT"), ("v1", "PLAIN")):
            for rows, dimension in ((5000, 384), (1, 1024), (3000, 7)):
                with self.subTest(version=version, dimension=dimension):
                    query = VECTORS.replace("range(rows)", f"range({rows})").replace(
                        "range(dimension)", f"range({dimension})")
                    path = self.write(f"{version}_{rows}.parquet", query, version)
                    self.assertIn(encoding, self.encodings(path))
                    digests = check_readers_agree(self, [path])
                    self.assertEqual(digests["embedding"][0], rows)

    def test_keys(self):
        for version in ("v2", "v1"):
            with self.subTest(version=version):
                path = self.write(f"keys_{version}.parquet",
                                  KEYS.replace("range(rows)", "range(10000)"), version)
                digests = check_readers_agree(self, [path])
                self.assertEqual(len(digests), 11)

    def test_columns_that_are_null_throughout(self):
        path = self.write("null.parquet", "SELECT 'a' AS text_hash, NULL::VARCHAR AS text_value,"
                          " NULL::INTEGER AS token_count, NULL::BOOLEAN AS truncated,"
                          " [1]::FLOAT[] AS embedding FROM range(3000)")
        check_readers_agree(self, [path])

    def test_several_files_are_read_in_their_order(self):
        paths = [self.write(f"part_{i}.parquet", f"SELECT {i} AS n, [{i}, 2]::FLOAT[] AS embedding")
                 for i in range(3)]
        digests = check_readers_agree(self, paths)
        self.assertNotEqual(digests, digests_by_duckdb(paths[::-1]))


if __name__ == "__main__":
    need_readers()
    unittest.main()
