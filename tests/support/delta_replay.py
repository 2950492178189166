#!/usr/bin/env python3
"""Replays the log of a Delta table, by the words of the Delta protocol and nothing of colvec.

  delta_replay.py TABLE [--version N] [--strict] [--no-files]

Prints the live files, one JSON object a line. What the protocol forbids ends with one line of error
and exit code 1. --strict also asks for what docs/formats/store.md promises and the protocol leaves
open; --no-files does not look at the data files themselves.

Source: github.com/delta-io/delta, PROTOCOL.md, for reader version 1 and writer version 2. The log
is replayed from entry 0, without checkpoints: those are caches, and are Parquet.
"""

import argparse
import json
import pathlib
import re
import sys
import urllib.parse

ENTRY = re.compile(r"(\d{20})\.json")
CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(\.\d{10}\.\d{10})?\.parquet")
DRAFT = re.compile(r"\..*")
PRIMITIVES = {"string", "long", "integer", "short", "byte", "float", "double", "boolean", "binary",
              "date", "timestamp", "void"}
DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
# What a URI's path may hold (RFC 2396, section 3.3), and %XX.
URI_PATH = re.compile(r"(?:[A-Za-z0-9\-_.!~*'()/:@&=+$,;]|%[0-9A-Fa-f]{2})+")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PARTITION_FORMS = {
    "boolean": re.compile(r"true|false"), "date": re.compile(r"\d{4}-\d\d-\d\d"),
    **dict.fromkeys(("long", "integer", "short", "byte"), re.compile(r"-?\d+"))}
MS_MIN, MS_MAX = 946_684_800_000, 4_102_444_800_000  # The years 2000 and 2100.


class ReplayError(Exception):
    """What is wrong, with the place in front."""


def check(condition, message):
    if not condition:
        raise ReplayError(message)


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check_time(table, value, what):
    is_likely = not table.strict or is_whole(value) and MS_MIN <= value < MS_MAX
    check(is_whole(value) and is_likely, f"{what}: not milliseconds: {value!r}")


def check_texts(value, what, may_be_null=False):
    check(isinstance(value, dict), f"{what}: not a map: {value!r}")
    for name, text in value.items():
        is_text = isinstance(text, str) or text is None and may_be_null
        check(is_text, f"{what}: {name}: not a string: {text!r}")


def check_type(kind, where):
    if isinstance(kind, str):
        digits = DECIMAL.fullmatch(kind)
        if digits:
            precision, scale = map(int, digits.groups())
            check(1 <= precision <= 38 and scale <= precision, f"{where}: unknown type: {kind}")
        else:
            check(kind in PRIMITIVES, f"{where}: unknown type: {kind}")
        return
    check(isinstance(kind, dict), f"{where}: not a type: {kind!r}")
    if kind.get("type") == "struct":
        fields_of(kind, where)
    elif kind.get("type") == "array":
        check(isinstance(kind.get("containsNull"), bool), f"{where}: no containsNull")
        check_type(kind.get("elementType"), where + ".element")
    elif kind.get("type") == "map":
        check(isinstance(kind.get("valueContainsNull"), bool), f"{where}: no valueContainsNull")
        check_type(kind.get("keyType"), where + ".key")
        check_type(kind.get("valueType"), where + ".value")
    else:
        raise ReplayError(f"{where}: unknown type: {kind!r}")


def fields_of(struct, where):
    """Name -> type of a struct's fields, in order."""
    check(isinstance(struct, dict) and struct.get("type") == "struct", f"{where}: not a struct")
    check(isinstance(struct.get("fields"), list), f"{where}: no fields")
    columns = {}
    for field in struct["fields"]:
        name = field.get("name")
        check(isinstance(name, str) and name, f"{where}: a field without a name")
        check(isinstance(field.get("nullable"), bool), f"{where}.{name}: no nullable")
        check(isinstance(field.get("metadata"), dict), f"{where}.{name}: no metadata")
        check_type(field.get("type"), f"{where}.{name}")
        columns[name] = field["type"]
    check(len({name.lower() for name in columns}) == len(struct["fields"]),
          f"{where}: two fields of one name")
    return columns


class Table:
    """The state after the entries replayed so far."""

    def __init__(self, folder, strict):
        self.folder = pathlib.Path(folder)
        self.strict = strict
        self.version = None
        self.protocol = None
        self.meta_data = None
        self.columns = {}       # Name -> type.
        self.live = {}          # Decoded path -> add, with "stats" parsed.
        self.tombstones = {}    # Decoded path -> remove.
        self.transactions = {}  # appId -> version.
        self.commits = []       # The commitInfo of each version, {} where there is none.
        self.commit_ids = set()
        self.times = []         # Of each version, ms.

    @property
    def partition_columns(self):
        return self.meta_data["partitionColumns"]

    def rows(self):
        return sum(add["stats"]["numRecords"] for add in self.live.values())


def read_actions(path):
    """(action name, content) of each line."""
    text = path.read_bytes()
    check(text.endswith(b"\n") or not text or b"\n" not in text.strip(),
          f"{path.name}: cut: the last line has no end")
    actions = []
    for number, line in enumerate(text.decode().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            action = json.loads(line)
        except ValueError as error:
            raise ReplayError(f"{path.name}: line {number}: {error}") from None
        check(isinstance(action, dict) and len(action) == 1,
              f"{path.name}: line {number}: not one action")
        actions.extend(action.items())
    return actions


def take_protocol(table, protocol, where):
    check(is_whole(protocol.get("minReaderVersion")), f"{where}: protocol: no minReaderVersion")
    check(is_whole(protocol.get("minWriterVersion")), f"{where}: protocol: no minWriterVersion")
    reader, features = protocol["minReaderVersion"], protocol.get("readerFeatures")
    # Version 3 asks for the features that it lists, and for nothing where it lists none.
    check(reader == 1 or reader == 3 and features == [],
          f"{where}: protocol: reader version {reader}: {', '.join(features or [])}")
    check(reader == 3 or features is None, f"{where}: protocol: readerFeatures before version 3")
    if table.strict:
        check((reader, protocol["minWriterVersion"]) == (1, 2), f"{where}: protocol: not 1 and 2")
    table.protocol = protocol


def parse_schema(text, where):
    check(isinstance(text, str), f"{where}: no schemaString")
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise ReplayError(f"{where}: schemaString: {error}") from None
    return fields_of(schema, f"{where}: schema")


def take_meta_data(table, meta, where):
    where += ": metaData"
    check(isinstance(meta.get("id"), str) and meta["id"], f"{where}: no id")
    check(isinstance(meta.get("format"), dict), f"{where}: no format")
    check(meta["format"].get("provider") == "parquet", f"{where}: format is not parquet")
    check(isinstance(meta["format"].get("options", {}), dict), f"{where}: format: no options")
    check_texts(meta.get("configuration"), f"{where}: configuration")
    columns = parse_schema(meta.get("schemaString"), where)
    names = meta.get("partitionColumns")
    check(isinstance(names, list), f"{where}: no partitionColumns")
    for name in names:
        check(name in columns, f"{where}: the partition column {name} is not in the schema")
        check(isinstance(columns[name], str), f"{where}: the partition column {name} is nested")
    check(len(set(names)) == len(names), f"{where}: a partition column twice")
    check(set(columns) - set(names), f"{where}: all columns are partition columns")
    if meta.get("createdTime") is not None:
        check_time(table, meta["createdTime"], f"{where}: createdTime")
    if table.strict:
        check(UUID.fullmatch(meta["id"]), f"{where}: id: not a UUID: {meta['id']}")
        for name in columns:
            check(not re.search(r"[ ,;{}()\n\t=]", name), f"{where}: not a column name: {name!r}")
        if table.meta_data is not None:
            check(meta["id"] == table.meta_data["id"], f"{where}: another id")
    table.meta_data, table.columns = meta, columns


def decode_path(path, where):
    check(isinstance(path, str) and URI_PATH.fullmatch(path), f"{where}: not a URI: {path!r}")
    check(not path.startswith("/") and not re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", path),
          f"{where}: not relative: {path}")
    decoded = urllib.parse.unquote(path, errors="strict")
    check(not {"", ".", ".."} & set(decoded.split("/")), f"{where}: leaves the table: {path}")
    check(not any(part.startswith("_") and "=" not in part for part in decoded.split("/")),
          f"{where}: a hidden folder: {path}")
    return decoded


def check_partition(table, values, where):
    check_texts(values, f"{where}: partitionValues", may_be_null=True)
    check(set(values) == set(table.partition_columns),
          f"{where}: partitionValues: {sorted(values)}, not {sorted(table.partition_columns)}")
    for name, text in values.items():
        form = PARTITION_FORMS.get(table.columns[name])
        check(not text or form is None or form.fullmatch(text),
              f"{where}: partitionValues: {name}: not a {table.columns[name]}: {text!r}")


def is_between(low, high):
    return type(low) is not type(high) or isinstance(low, (dict, list)) or low <= high


def parse_stats(table, text, where):
    where += ": stats"
    if text is None and not table.strict:
        return {"numRecords": None}
    try:
        stats = json.loads(text)
    except (TypeError, ValueError) as error:
        raise ReplayError(f"{where}: {error}") from None
    rows = stats.get("numRecords")
    check(is_whole(rows) and rows >= 0, f"{where}: numRecords: {rows!r}")
    in_file = set(table.columns) - set(table.partition_columns)
    for kind in ("minValues", "maxValues", "nullCount"):
        check(isinstance(stats.get(kind, {}), dict), f"{where}: {kind}: not an object")
        unknown = set(stats.get(kind, {})) - in_file
        check(not unknown, f"{where}: {kind}: no such column: {sorted(unknown)}")
    for name, count in stats.get("nullCount", {}).items():
        check(isinstance(count, dict) or is_whole(count) and 0 <= count <= rows,
              f"{where}: nullCount: {name}: {count!r}")
    highest = stats.get("maxValues", {})
    for name, low in stats.get("minValues", {}).items():
        check(name not in highest or is_between(low, highest[name]),
              f"{where}: {name}: min {low!r} above max {highest.get(name)!r}")
    if table.strict:
        check({"minValues", "maxValues", "nullCount"} <= set(stats), f"{where}: {sorted(stats)}")
    return stats


def take_add(table, add, where):
    path = decode_path(add.get("path"), where)
    where = f"{where}: {path}"
    check("deletionVector" not in add or add["deletionVector"] is None,
          f"{where}: deletionVectors are not of reader version 1")
    check_partition(table, add.get("partitionValues"), where)
    check(is_whole(add.get("size")) and add["size"] > 0, f"{where}: size: {add.get('size')!r}")
    check(isinstance(add.get("dataChange"), bool), f"{where}: no dataChange")
    check_time(table, add.get("modificationTime"), f"{where}: modificationTime")
    if add.get("tags") is not None:
        check_texts(add["tags"], f"{where}: tags", may_be_null=not table.strict)
    if table.strict:
        check(path not in table.live, f"{where}: added while it is live")
        tag = (add.get("tags") or {}).get("xxh3_128", "")
        check(re.fullmatch(r"[0-9a-f]{32}", tag), f"{where}: tags: xxh3_128: {tag!r}")
    table.live[path] = {**add, "stats": parse_stats(table, add.get("stats"), where)}
    table.tombstones.pop(path, None)


def take_remove(table, remove, where):
    path = decode_path(remove.get("path"), where)
    where = f"{where}: {path}"
    check(isinstance(remove.get("dataChange"), bool), f"{where}: no dataChange")
    if remove.get("deletionTimestamp") is not None or table.strict:
        check_time(table, remove.get("deletionTimestamp"), f"{where}: deletionTimestamp")
    if remove.get("extendedFileMetadata"):
        check_partition(table, remove.get("partitionValues"), where)
        check(is_whole(remove.get("size")), f"{where}: size: {remove.get('size')!r}")
    if table.strict:
        check(path in table.live, f"{where}: removed, but it is not live")
    table.live.pop(path, None)
    table.tombstones[path] = remove


def take_transaction(table, transaction, where):
    name, version = transaction.get("appId"), transaction.get("version")
    check(isinstance(name, str) and name, f"{where}: txn: no appId")
    check(is_whole(version), f"{where}: txn: version: {version!r}")
    if transaction.get("lastUpdated") is not None:
        check_time(table, transaction["lastUpdated"], f"{where}: txn: lastUpdated")
    if table.strict:
        check(version > table.transactions.get(name, -1),
              f"{where}: txn: {name}: version {version} after {table.transactions.get(name)}")
    table.transactions[name] = version


def take_info(table, info, where):
    check(isinstance(info, dict), f"{where}: commitInfo: not an object")
    if table.strict:
        commit_id = info.get("commitId")
        check(isinstance(commit_id, str) and UUID.fullmatch(commit_id),
              f"{where}: commitInfo: commitId: {commit_id!r}")
        check(commit_id not in table.commit_ids,
              f"{where}: commitInfo: commitId twice: {commit_id}")
        table.commit_ids.add(commit_id)
        check(isinstance(info.get("operation"), str), f"{where}: commitInfo: no operation")
        check_texts(info.get("operationParameters"), f"{where}: commitInfo: operationParameters")
        check(isinstance(info.get("engineInfo"), str), f"{where}: commitInfo: no engineInfo")
    if table.strict or info.get("timestamp") is not None:
        check_time(table, info.get("timestamp"), f"{where}: commitInfo: timestamp")


def check_alone(actions, where):
    """A commit may not hold two actions that reconcile with each other."""
    seen = set()
    for name, content in actions:
        check(isinstance(content, dict), f"{where}: {name}: not an object")
        key = {"add": ("file", content.get("path")), "remove": ("file", content.get("path")),
               "txn": ("txn", content.get("appId"))}.get(name, (name,))
        check(name == "cdc" or key not in seen,
              f"{where}: two actions for {' '.join(map(str, key))}")
        seen.add(key)


TAKERS = {"remove": take_remove, "add": take_add, "txn": take_transaction}


def take_entry(table, version, path):
    where = path.name
    actions = read_actions(path)
    check_alone(actions, where)
    contents = dict((name, content) for name, content in actions if name not in TAKERS)
    if version == 0:
        for name in ("protocol", "metaData"):
            check(name in contents, f"{where}: no {name}")
    if table.strict:
        check(actions and actions[0][0] == "commitInfo", f"{where}: commitInfo is not the first")
    if "protocol" in contents:
        take_protocol(table, contents["protocol"], where)
    if "metaData" in contents:
        take_meta_data(table, contents["metaData"], where)
    take_info(table, contents.get("commitInfo", {}), where)
    for name, take in TAKERS.items():
        for content in (content for action, content in actions if action == name):
            take(table, content, f"{where}: {name}")
    table.commits.append(contents.get("commitInfo", {}))
    table.times.append(table.commits[-1].get("timestamp"))
    table.version = version


def log_of(folder, strict):
    """(the entries' versions, the checkpoints' versions) of a log."""
    log = pathlib.Path(folder) / "_delta_log"
    check(log.is_dir(), f"{folder}: no _delta_log")
    versions, checkpoints = [], []
    for path in log.iterdir():
        if match := ENTRY.fullmatch(path.name):
            versions.append(int(match.group(1)))
        elif match := CHECKPOINT.fullmatch(path.name):
            checkpoints.append(int(match.group(1)))
        elif strict:
            check(path.name == "_last_checkpoint" or DRAFT.fullmatch(path.name),
                  f"{folder}: a file that has no business in the log: {path.name}")
    versions.sort()
    check(versions, f"{folder}: no entry in the log")
    check(versions == list(range(len(versions))),
          f"{folder}: the versions have gaps: {versions[0]} to {versions[-1]}, "
          f"{len(versions)} entries")
    return versions, sorted(checkpoints)


def check_last_checkpoint(folder, newest, checkpoints):
    path = pathlib.Path(folder) / "_delta_log" / "_last_checkpoint"
    check(all(version <= newest for version in checkpoints),
          f"{folder}: a checkpoint without its entry: {checkpoints}")
    if not path.exists():
        return
    try:
        last = json.loads(path.read_text())
    except ValueError as error:
        raise ReplayError(f"{path.name}: {error}") from None
    for name in ("version", "size"):
        check(is_whole(last.get(name)), f"{path.name}: {name}: {last.get(name)!r}")
    check(last["version"] in checkpoints, f"{path.name}: no checkpoint of {last['version']}")


def check_files(table):
    for path, add in table.live.items():
        file = table.folder / path
        check(file.is_file(), f"{path}: no such file")
        check(file.stat().st_size == add["size"],
              f"{path}: {file.stat().st_size} bytes, but the log says {add['size']}")


def replay(folder, version=None, strict=False, files=True, on_version=None):
    """The Table at `version` (default: the newest). ReplayError: what the protocol forbids.

    `on_version` sees the table at each version on the way.
    """
    versions, checkpoints = log_of(folder, strict)
    check(version is None or version in versions, f"{folder}: no version {version}")
    table = Table(folder, strict)
    log = table.folder / "_delta_log"
    for number in versions[:None if version is None else version + 1]:
        take_entry(table, number, log / f"{number:020}.json")
        if on_version:
            on_version(table)
    if strict:
        check_last_checkpoint(folder, versions[-1], checkpoints)
    if files:
        check_files(table)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("--version", type=int)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--no-files", action="store_true")
    args = parser.parse_args()
    try:
        table = replay(args.table, args.version, args.strict, not args.no_files)
    except ReplayError as error:
        print(f"delta_replay: {error}", file=sys.stderr)
        return 1
    for path, add in sorted(table.live.items()):
        print(json.dumps({"path": path, "partition": add["partitionValues"], "size": add["size"],
                          "rows": add["stats"]["numRecords"]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
