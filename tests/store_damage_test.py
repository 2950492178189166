#!/usr/bin/env python3
"""Damages any one file of a store: `verify` names it, and so do reads that need it; others go on."""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from jobs import BUILD, IS_LONG, colvec  # noqa: E402

WRITER = BUILD / "tests" / "store_writer"
BATCHES = 104  # A checkpoint at version 100, and entries after it.


def flip(place):
    def damage(path, other):
        content = bytearray(path.read_bytes())
        content[int(place * (len(content) - 1))] ^= 0x40
        path.write_bytes(content)
    damage.__name__ = f"flip at {place:.0%}"
    return damage


def cut(path, other):
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])


def cut_to_nothing(path, other):
    path.write_bytes(b"")


def delete(path, other):
    path.unlink()


def swap(path, other):
    """The bytes of two files of a kind change places."""
    ours, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(ours)


DAMAGES = [flip(0), flip(0.25), flip(0.5), flip(0.75), flip(1), cut, cut_to_nothing, delete, swap]


class DamagedStore:
    """A copy of a store that is damaged and mended again."""

    def __init__(self, folder):
        self.folder = folder
        self.saved = {}

    def damage(self, path, apply, other):
        self.saved = {file: file.read_bytes() for file in (path, other)}
        apply(path, other)

    def mend(self):
        for path, content in self.saved.items():
            path.write_bytes(content)


def read(store, *arguments):
    done = colvec("store", "export", store, "--format", "parquet", "--output",
                  store.parent / "out.parquet", *arguments)
    return done.returncode, done.stderr


def read_digest(store, *arguments):
    """The rows of a read, or its error."""
    code, errors = read(store, *arguments)
    if code != 0:
        return code, errors
    rows = stores.query(f"SELECT count(*), bit_xor(hash(key, text_hash, text_value, embedding))"
                        f" FROM '{store.parent / 'out.parquet'}'")
    return 0, str(rows)


def names(paths, text):
    return any(path.name in text for path in paths)


def check_data_file(store, paths, good, problems, what):
    """Damage to a data file: reads that need it fail by its name, older versions go on."""
    code, text = read_digest(store.folder)
    if code == 0 and text != good["now"]:
        problems.append(f"{what}: a read gave other rows in silence")
    elif code == 0:
        problems.append(f"{what}: a read that needs it did not notice")
    elif code != 5 or not names(paths, text):
        problems.append(f"{what}: exit {code}: {text.strip()}")
    if read_digest(store.folder, "--version", "2") != (0, good["old"]):
        problems.append(f"{what}: a read that does not need it failed:"
                        f" {read_digest(store.folder, '--version', '2')}")


def check_entry(store, paths, good, problems, what):
    """Damage to an entry of the log: a read fails by its name, or (a checkpoint makes up for it)
    gives the same rows."""
    code, text = read_digest(store.folder)
    if (code, text) != (0, good["now"]) and (code != 5 or not names(paths, text)):
        problems.append(f"{what}: exit {code}: {text.strip()}")


def check_cache(store, paths, good, problems, what):
    """Damage to a checkpoint: it is a cache, so reads go on."""
    if read_digest(store.folder) != (0, good["now"]):
        problems.append(f"{what}: {read_digest(store.folder)}")


def files_to_damage(store):
    """(file, another of its kind, what its damage may do) for every file of the store."""
    found = []
    for table in stores.replay_store(store):
        log = table.folder / "_delta_log"
        data = stores.files_of(table)
        by_version = {}
        for path, add in table.live.items():
            by_version.setdefault(add["modificationTime"], table.folder / path)
        newest = sorted(data, key=lambda file: file.stat().st_mtime_ns)
        chosen = newest if IS_LONG else newest[50:52]
        found += [(file, newest[60], check_data_file) for file in chosen if file != newest[60]
                  and file not in newest[:3]]
        entries = sorted(log.glob("*.json"))
        chosen = entries if IS_LONG else [entries[i] for i in (0, 1, 50, 100, 101, -1)]
        found += [(file, entries[99], check_entry) for file in chosen if file != entries[99]]
        checkpoint = log / stores.checkpoint_name(100)
        found += [(checkpoint, log / "_last_checkpoint", check_cache),
                  (log / "_last_checkpoint", checkpoint, check_cache)]
    return found


def is_newest_entry(path):
    return path.suffix == ".json" and not path.with_name(f"{int(path.stem) + 1:020}.json").exists()


def damage_one(store, path, other, check, damages, good, problems):
    for apply in damages:
        what = f"{path.relative_to(store.folder)}: {apply.__name__}"
        damaged = (path, other) if apply is swap else (path,)
        store.damage(path, apply, other)
        # Whether the newest commit of all has ever been, nothing but its data files could say.
        lost = apply is delete and is_newest_entry(path)
        # A checkpoint is a cache with parts that nobody reads: what it says must not reach a
        # reader (check_cache), but verify need not name it.
        may_pass = lost or check is check_cache
        verified = colvec("store", "verify", store.folder)
        said = verified.stdout + verified.stderr
        if verified.returncode == 0 and not may_pass:
            problems.append(f"{what}: verify found nothing")
        elif not may_pass and not names(damaged, said):
            problems.append(f"{what}: verify does not name it: {said.strip()[-300:]}")
        if not lost:
            check(store, damaged, good, problems, what)
        store.mend()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    problems = []
    with tempfile.TemporaryDirectory(prefix="colvec_damage_") as work:
        folder = pathlib.Path(work) / "store"
        subprocess.run([WRITER, "append", folder, "0", str(BATCHES), "3"], check=True,
                       stdout=subprocess.DEVNULL)
        store = DamagedStore(folder)
        good = {"now": read_digest(folder)[1], "old": read_digest(folder, "--version", "2")[1]}
        files = files_to_damage(folder)
        tried = 0
        for i, (path, other, check) in enumerate(files):
            # Each damage to a third of the files, where time is short.
            damages = DAMAGES if IS_LONG else DAMAGES[i % 3::3]
            damage_one(store, path, other, check, damages, good, problems)
            tried += len(damages)
        assert read_digest(folder) == (0, good["now"]), "the store was not mended"
    for problem in problems:
        print(problem)
    print(f"{len(files)} files, {tried} damages, {len(problems)} not noticed")
    assert not problems
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
