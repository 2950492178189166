#!/usr/bin/env python3
"""The replay that the store's tests lean on: against tables of Spark, and against broken logs."""

import copy
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from delta_replay import ReplayError, replay  # noqa: E402
from jobs import TESTDATA, sql  # noqa: E402

GOLDEN = TESTDATA / "delta_golden"
NOW = 1_750_000_000_000
ID = "00000000-0000-4000-8000-00000000000"  # And one more digit.


@unittest.skipUnless(GOLDEN.is_dir(), f"SKIPPED: not there: {GOLDEN}")
class TablesOfSpark(unittest.TestCase):
    def test_agrees_with_the_checkpoints_of_spark(self):
        for name, version, part in (("basic-with-inserts-deletes-checkpoint", 10, ""),
                                    ("checkpoint", 10, ""), ("multi-part-checkpoint", 1, ".*")):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                files = GOLDEN / name / "_delta_log" / f"{version:020}.checkpoint{part}.parquet"
                expected = sql(pathlib.Path(folder) / "scratch.duckdb",
                               f"SELECT add.path FROM '{files}' WHERE add IS NOT NULL ORDER BY 1")
                live = replay(GOLDEN / name, version, files=False).live
                self.assertEqual(sorted(live), expected)

    def test_rows_are_those_of_the_live_files(self):
        table = replay(GOLDEN / "basic-with-inserts-deletes-checkpoint")
        self.assertEqual(table.version, 13)
        files = ", ".join(f"'{table.folder / path}'" for path in table.live)
        with tempfile.TemporaryDirectory() as folder:
            rows = sql(pathlib.Path(folder) / "scratch.duckdb",
                       f"SELECT count(*) FROM read_parquet([{files}])")
        self.assertEqual(rows, [str(table.rows())])

    def test_live_files_are_those_that_vacuum_left(self):
        live = replay(GOLDEN / "snapshot-vacuumed").live
        on_disk = (GOLDEN / "snapshot-vacuumed").glob("*.parquet")
        self.assertEqual(sorted(live), sorted(path.name for path in on_disk))

    def test_decodes_paths(self):
        live = replay(GOLDEN / "data-reader-escaped-chars").live  # The files are looked for.
        self.assertEqual(len(live), 3)
        live = replay(GOLDEN / "data-reader-partition-values").live
        self.assertIn(None, {add["partitionValues"]["as_date"] for add in live.values()})

    def test_the_newest_meta_data_counts(self):
        table = replay(GOLDEN / "log-replay-latest-metadata-protocol", files=False)
        first = replay(GOLDEN / "log-replay-latest-metadata-protocol", 0, files=False)
        self.assertGreater(len(table.columns), len(first.columns))

    def test_refuses_deletion_vectors_by_name(self):
        with self.assertRaisesRegex(ReplayError, "reader version 3: deletionVectors"):
            replay(GOLDEN / "dv-partitioned-with-checkpoint")


def field(name, kind):
    return {"name": name, "type": kind, "nullable": True, "metadata": {}}


SCHEMA = {"type": "struct", "fields": [
    field("key", "long"), field("vector", {"type": "array", "elementType": "float",
                                           "containsNull": True}), field("bucket", "integer")]}


def info(number):
    return {"timestamp": NOW, "operation": "WRITE", "operationParameters": {}, "engineInfo": "test",
            "commitId": f"{ID}{number}"}


def add(name, **keys):
    stats = {"numRecords": 3, "minValues": {"key": 1}, "maxValues": {"key": 7},
             "nullCount": {"key": 0}}
    return {"path": f"bucket=1/{name}%20x.parquet", "partitionValues": {"bucket": "1"}, "size": 4,
            "modificationTime": NOW, "dataChange": True, "stats": json.dumps({**stats, **keys}),
            "tags": {"xxh3_128": "0" * 32}}


def good_log():
    """Three entries: make the table, add two files, replace one."""
    return [
        [{"commitInfo": info(0)}, {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
         {"metaData": {"id": f"{ID}9", "format": {"provider": "parquet", "options": {}},
                       "schemaString": json.dumps(SCHEMA), "partitionColumns": ["bucket"],
                       "configuration": {}, "createdTime": NOW}}],
        [{"commitInfo": info(1)}, {"txn": {"appId": "a", "version": 1}}, {"add": add("one")},
         {"add": add("two")}],
        [{"commitInfo": info(2)}, {"txn": {"appId": "a", "version": 2}},
         {"remove": {"path": "bucket=1/one%20x.parquet", "deletionTimestamp": NOW,
                     "dataChange": True}},
         {"add": add("three")}]]


def write_table(folder, log):
    (folder / "_delta_log").mkdir(parents=True)
    (folder / "bucket=1").mkdir()
    for name in ("one", "two", "three"):
        (folder / "bucket=1" / f"{name} x.parquet").write_bytes(b"PAR1")
    for version, actions in enumerate(log):
        lines = "".join(json.dumps(action) + "\n" for action in actions)
        (folder / "_delta_log" / f"{version:020}.json").write_text(lines)


def change(version, line, action, /, **values):
    """A function that sets members of one action (None: takes them away)."""
    def apply(log):
        content = log[version][line][action]
        content.update(values)
        for name in [name for name, value in values.items() if value is None]:
            del content[name]
    return apply


def change_schema(edit):
    def apply(log):
        schema = copy.deepcopy(SCHEMA)
        edit(schema["fields"])
        log[0][2]["metaData"]["schemaString"] = json.dumps(schema)
    return apply


# What is done to the log of good_log(), and what the replay says of it.
BROKEN = [
    ("two actions for protocol", lambda log: log[0].append(log[0][1])),
    ("no protocol", lambda log: log[0].pop(1)),
    ("no metaData", lambda log: log[0].pop(2)),
    ("reader version 2", change(0, 1, "protocol", minReaderVersion=2)),
    ("not a UUID", change(0, 2, "metaData", id="table")),
    ("no schemaString", change(0, 2, "metaData", schemaString=None)),
    ("schemaString: Expecting", change(0, 2, "metaData", schemaString="{")),
    ("unknown type: int", change_schema(lambda fields: fields[0].update(type="int"))),
    ("unknown type: decimal(39,0)",
     change_schema(lambda fields: fields[0].update(type="decimal(39,0)"))),
    ("two fields of one name", change_schema(lambda fields: fields[0].update(name="Bucket"))),
    ("no nullable", change_schema(lambda fields: fields[0].pop("nullable"))),
    ("not a column name", change_schema(lambda fields: fields.append(field("a b", "long")))),
    ("no containsNull", change_schema(lambda fields: fields[1]["type"].pop("containsNull"))),
    ("the partition column day is not", change(0, 2, "metaData", partitionColumns=["day"])),
    ("createdTime: not milli", change(0, 2, "metaData", createdTime=NOW // 1000)),
    ("configuration: a: not a string", change(0, 2, "metaData", configuration={"a": 1})),
    ("timestamp: not milliseconds", change(1, 0, "commitInfo", timestamp=NOW * 1000)),
    ("commitId twice", change(1, 0, "commitInfo", commitId=f"{ID}0")),
    ("commitId: None", change(1, 0, "commitInfo", commitId=None)),
    ("commitInfo is not the first", lambda log: log[1].reverse()),
    ("partitionValues: []", change(1, 2, "add", partitionValues={})),
    ("bucket: not a string: 1", change(1, 2, "add", partitionValues={"bucket": 1})),
    ("bucket: not a integer: 'x'", change(1, 2, "add", partitionValues={"bucket": "x"})),
    ("not a URI", change(1, 2, "add", path="bucket=1/one x.parquet")),
    ("not a URI", change(1, 2, "add", path="bucket=1/one%x.parquet")),
    ("not relative", change(1, 2, "add", path="/bucket=1/one.parquet")),
    ("not relative", change(1, 2, "add", path="file:/one.parquet")),
    ("leaves the table", change(1, 2, "add", path="a/%2E%2E/one.parquet")),
    ("a hidden folder", change(1, 2, "add", path="_tmp/one.parquet")),
    ("size: '4'", change(1, 2, "add", size="4")),
    ("4 bytes, but the log says 5", change(1, 3, "add", size=5)),
    ("modificationTime: not", change(1, 2, "add", modificationTime=NOW * 1000)),
    ("no dataChange", change(1, 2, "add", dataChange=None)),
    ("tags: xxh3_128", change(1, 2, "add", tags={})),
    ("stats: the JSON object", change(1, 2, "add", stats=None)),
    ("stats: Expecting", change(1, 2, "add", stats="{")),
    ("numRecords: None", change(1, 2, "add", **add("one", numRecords=None))),
    ("minValues: no such column: ['day']",
     change(1, 2, "add", **add("one", minValues={"day": 1}))),
    ("nullCount: no such column: ['bucket']",
     change(1, 2, "add", **add("one", nullCount={"bucket": 1}))),
    ("nullCount: key: 4", change(1, 2, "add", **add("one", nullCount={"key": 4}))),
    ("min 8 above max 7", change(1, 2, "add", **add("one", minValues={"key": 8}))),
    ("added while it is live", lambda log: log[2].append({"add": add("two")})),
    ("two actions for file", lambda log: log[2].append({"add": add("one")})),
    ("two actions for file", lambda log: log[1].append({"add": add("one")})),
    ("but it is not live", change(2, 2, "remove", path="bucket=1/nine.parquet")),
    ("deletionTimestamp: not", change(2, 2, "remove", deletionTimestamp=None)),
    ("version 1 after 1", change(2, 1, "txn", version=1)),
    ("deletionVectors", change(1, 2, "add", deletionVector={"storageType": "u"})),
    ("not one action", lambda log: log[1].append({"add": {}, "remove": {}})),
]


class BrokenLogs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "table"

    def refused(self, message):
        with self.assertRaisesRegex(ReplayError, re.escape(message)):
            replay(self.folder, strict=True)

    def test_a_good_one_is_replayed(self):
        write_table(self.folder, good_log())
        table = replay(self.folder, strict=True)
        self.assertEqual(sorted(table.live), ["bucket=1/three x.parquet", "bucket=1/two x.parquet"])
        self.assertEqual((table.version, table.rows()), (2, 6))
        self.assertEqual(sorted(replay(self.folder, 1).live),
                         ["bucket=1/one x.parquet", "bucket=1/two x.parquet"])

    def test_each_break_is_named(self):
        for number, (message, apply) in enumerate(BROKEN):
            with self.subTest(message=message, number=number):
                log = good_log()
                apply(log)
                self.folder = self.folder.with_name(f"table{number}")
                write_table(self.folder, log)
                self.refused(message)

    def test_files_of_the_log(self):
        write_table(self.folder, good_log())
        log = self.folder / "_delta_log"
        (log / ".draft.tmp").write_text("not an entry")
        self.assertEqual(replay(self.folder, strict=True).version, 2)
        (log / "_last_checkpoint").write_text('{"version": 1, "size": 4}')
        self.refused("no checkpoint of 1")
        (log / f"{1:020}.checkpoint.parquet").touch()
        replay(self.folder, strict=True)
        (log / "3.json").touch()
        self.refused("no business in the log: 3.json")
        (log / "3.json").unlink()
        (log / f"{7:020}.checkpoint.parquet").touch()
        self.refused("a checkpoint without its entry")
        (log / f"{7:020}.checkpoint.parquet").unlink()
        (log / f"{1:020}.json").unlink()
        self.refused("the versions have gaps")

    def test_files_of_the_table(self):
        write_table(self.folder, good_log())
        (self.folder / "bucket=1" / "one x.parquet").unlink()  # Removed: it may go.
        replay(self.folder, strict=True)
        (self.folder / "bucket=1" / "two x.parquet").unlink()
        self.refused("two x.parquet: no such file")

    def test_a_line_without_end(self):
        write_table(self.folder, good_log())
        entry = self.folder / "_delta_log" / f"{2:020}.json"
        entry.write_bytes(entry.read_bytes()[:-1])
        self.refused("cut")


if __name__ == "__main__":
    unittest.main()
