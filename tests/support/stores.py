"""Looks at stores from outside: replays the logs, compares checkpoints, rows and checksums."""

import ctypes
import ctypes.util
import json
import pathlib
import tempfile
import urllib.parse

from delta_replay import ReplayError, replay
from jobs import sql
from parquet_readers import list_of


def query(*statements):
    """Rows of the last statement, split at the bars."""
    with tempfile.TemporaryDirectory() as folder:
        rows = sql(pathlib.Path(folder) / "scratch.duckdb", "SET TimeZone = 'UTC'", *statements)
    return [row.split("|") for row in rows]


def files_of(table):
    return sorted(table.folder / path for path in table.live)


def replay_table(folder, check_checkpoints=False):
    """The newest state of a table of a store, with all that its log promises checked."""
    snapshots = {}

    def keep(table):
        if (pathlib.Path(folder) / "_delta_log" / checkpoint_name(table.version)).exists():
            snapshots[table.version] = (
                dict(table.live), set(table.tombstones), dict(table.transactions), table.meta_data)

    table = replay(folder, strict=True, on_version=keep if check_checkpoints else None)
    for version, snapshot in snapshots.items():
        check_checkpoint(pathlib.Path(folder) / "_delta_log" / checkpoint_name(version), snapshot)
    return table


def replay_store(folder, check_checkpoints=False):
    """(vectors, keys) of a store; keys is None for a cache. ReplayError: something is wrong."""
    folder = pathlib.Path(folder)
    # Keys first: their vectors were committed before them.
    keys = None
    if (folder / "keys" / "_delta_log" / f"{0:020}.json").exists():
        keys = replay_table(folder / "keys", check_checkpoints)
    vectors = replay_table(folder / "vectors", check_checkpoints)
    if keys:
        for number, info in enumerate(keys.commits):
            version = info.get("vectorsVersion", 0)
            if not isinstance(version, int) or version > vectors.version:
                raise ReplayError(f"keys: version {number}: vectorsVersion: {version}")
    return vectors, keys


def checkpoint_name(version):
    return f"{version:020}.checkpoint.parquet"


def check_checkpoint(path, snapshot):
    """A checkpoint holds what replaying the entries gives."""
    live, tombstones, transactions, meta_data = snapshot
    source = f"read_parquet('{path}')"
    adds = query(f"SELECT to_json(add)::VARCHAR FROM {source} WHERE add IS NOT NULL")
    found = {}
    for row in adds:
        add = json.loads("|".join(row))
        found[urllib.parse.unquote(add["path"])] = add
    if set(found) != set(live) or len(adds) != len(live):
        raise ReplayError(f"{path}: {len(adds)} live files, the entries give {len(live)}")
    for name, add in live.items():
        other = found[name]
        for member in ("size", "modificationTime", "partitionValues", "tags"):
            if other[member] != add[member]:
                raise ReplayError(f"{path}: {name}: {member}: {other[member]}, not {add[member]}")
        if json.loads(other["stats"]) != add["stats"]:
            raise ReplayError(f"{path}: {name}: stats: {other['stats']}")
    rest = query(f"SELECT count(protocol), count(metaData), any_value(metaData.id),"
                 f" any_value(protocol.minReaderVersion), count(txn) FROM {source}")[0]
    if rest != ["1", "1", meta_data["id"], "1", str(len(transactions))]:
        raise ReplayError(f"{path}: protocol, metaData, its id, reader, transactions: {rest}")
    removed = query(f"SELECT remove.path FROM {source} WHERE remove IS NOT NULL")
    unknown = {urllib.parse.unquote(row[0]) for row in removed} - tombstones
    if unknown:
        raise ReplayError(f"{path}: tombstones that no entry made: {unknown}")


def orphans(table):
    """Data files and drafts in the table's folder that no entry names, relative to it."""
    on_disk = {str(path.relative_to(table.folder)) for path in table.folder.rglob("*")
               if path.is_file() and path.parent.name != "_delta_log"}
    drafts = {str(path.relative_to(table.folder))
              for path in (table.folder / "_delta_log").glob(".*")}
    return (on_disk | drafts) - set(table.live) - set(table.tombstones)


def missing_vectors(vectors, keys):
    """Texts that keys have and vectors do not."""
    if not keys.live:
        return []
    have = list_of(files_of(vectors)) if vectors.live else "(SELECT '' AS text_hash)"
    return query(f"SELECT DISTINCT text_hash FROM {list_of(files_of(keys))} k"
                 f" ANTI JOIN {have} v USING (text_hash)")


def doubles(table, columns):
    """Rows that are live twice in one partition."""
    found = []
    partitions = {}
    for path, add in table.live.items():
        partitions.setdefault(json.dumps(add["partitionValues"], sort_keys=True), []).append(
            table.folder / path)
    if "pk_bucket" in table.partition_columns:
        partitions = {"all": [file for files in partitions.values() for file in files]}
    for files in partitions.values():
        found += query(f"SELECT {columns}, count(*) FROM {list_of(files)} GROUP BY ALL"
                       " HAVING count(*) > 1")
    return found


class _Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def check_checksums(table):
    """The tag of every live file is the XXH3-128 of its bytes, by libxxhash itself."""
    library = ctypes.CDLL(ctypes.util.find_library("xxhash"))
    library.XXH3_128bits.restype = _Hash128
    library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    for path, add in table.live.items():
        content = (table.folder / path).read_bytes()
        digest = library.XXH3_128bits(content, len(content))
        hexadecimal = f"{digest.high:016x}{digest.low:016x}"
        if hexadecimal != add["tags"]["xxh3_128"]:
            raise ReplayError(f"{path}: XXH3-128 is {hexadecimal}, its tag {add['tags']}")
