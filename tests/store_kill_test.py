#!/usr/bin/env python3
"""Kills the commands that write a store, fills its disk and fails its fsyncs; then looks at it.

After each, both logs replay cleanly, every version is whole, and the command, run again, ends in
what an uninterrupted run gives. Files that no version names may be left; they are no damage.
"""

import argparse
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from jobs import COLVEC, IS_LONG, colvec  # noqa: E402
from parquet_readers import list_of  # noqa: E402

FINGERPRINT = "ab" * 32
ROWS = 4000
DIMENSION = 64


def make_input(path, first, rows=ROWS):
    stores.query(
        f"COPY (SELECT *, list_transform(range({DIMENSION}), j -> (hash(content || j) % 20001"
        " / 10000.0 - 1)::FLOAT)::FLOAT[] AS embedding FROM (SELECT i AS document_id,"
        f" 'text ' || (i // 2) AS content FROM range({first}, {first + rows}) r(i)))"
        f" TO '{path}' (FORMAT parquet)")


def store_command(command, store, *arguments):
    return [str(COLVEC), "store", command, str(store), *map(str, arguments)]


def import_command(store, path):
    return store_command("import", store, path, "--key", "document_id", "--text", "content",
                         "--vector", "embedding", "--fingerprint", FINGERPRINT)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.returncode}: {done.stdout}{done.stderr}"


def rows_of(table, columns, copy):
    """The live rows of a table, without what depends on when they were written."""
    stores.query(f"COPY (SELECT {columns} FROM {list_of(stores.files_of(table))} ORDER BY ALL)"
                 f" TO '{copy}' (FORMAT parquet)")
    return stores.query(f"SELECT count(*), bit_xor(hash({columns})), sum(hash({columns}))"
                        f" FROM '{copy}'")[0]


def content_of(store, copy):
    vectors, keys = stores.replay_store(store, check_checkpoints=True)
    return (rows_of(vectors, "text_hash, text_value, embedding", copy),
            rows_of(keys, "document_id, text_hash", copy))


def check(store):
    """Replays the logs and asks `verify`; the versions of both tables."""
    vectors, keys = stores.replay_store(store, check_checkpoints=True)
    assert not stores.doubles(vectors, "text_hash"), store
    assert not stores.doubles(keys, "document_id, text_hash"), store
    assert not stores.missing_vectors(vectors, keys), store
    for table in (vectors, keys):
        stores.check_checksums(table)
    verified = colvec("store", "verify", store)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return vectors, keys


class Case:
    """A store before a command, and what it holds after it."""

    def __init__(self, work, name, before, arguments):
        self.name = name
        self.before = before
        self.arguments = arguments
        self.after = work / f"after_{name}"
        self.copy = work / "rows.parquet"
        self.work = work
        shutil.copytree(before, self.after)
        began = time.monotonic()
        run(self.command(self.after))
        self.seconds = time.monotonic() - began
        self.expected = content_of(self.after, self.copy)
        self.tables = check(self.after)
        self.versions_before = [table.version for table in check(before)]

    def command(self, store):
        make, *arguments = self.arguments
        return make(store, *arguments)

    def fresh(self):
        store = self.work / "store"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(self.before, store)
        return store

    def check_and_finish(self, store):
        """How many commits of the command there are; then it is run to its end."""
        tables = check(store)
        count = 0
        for table, before, after in zip(tables, self.versions_before, self.tables):
            assert before <= table.version <= after.version, (self.name, table.version)
            count += table.version - before
            # A version that is there is the one that the whole run made: as many rows and files.
            whole = stores.replay(after.folder, table.version, strict=True, files=False)
            if table.version > before:
                assert table.rows() == whole.rows(), (self.name, table.folder, table.version)
        run(self.command(store))
        assert content_of(store, self.copy) == self.expected, self.name
        check(store)
        return count


def kill_command(command):
    return lambda store, *arguments: store_command(command, store, *arguments)


def make_cases(work):
    first = work / "first"
    for number in range(3):
        make_input(work / f"{number}.parquet", number * ROWS)
    for number in range(2):
        run(import_command(first, work / f"{number}.parquet"))
    cases = [Case(work, "import", first, [import_command, work / "2.parquet"]),
             Case(work, "compact", first, [kill_command("compact")]),
             Case(work, "migrate", first, [kill_command("migrate"), "--to", "builtin:lexical"])]
    compacted = work / "after_compact"
    cases.append(Case(work, "vacuum", compacted,
                      [kill_command("vacuum"), "--retention-hours", "0"]))
    cases.append(Case(work, "restore", first, [kill_command("restore"), "--version", "1"]))
    cases.append(Case(work, "forget", first,
                      [kill_command("forget"), "--where", "document_id % 3 = 0", "--now"]))
    return cases


def kill_once(case):
    """False where the command was quicker than the kill."""
    store = case.fresh()
    seconds = random.uniform(0, case.seconds * 1.05)
    process = subprocess.Popen(case.command(store), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=seconds)
        was_killed = False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        was_killed = True
    commits = case.check_and_finish(store)
    ending = f"killed after {seconds:.3f} s" if was_killed else "came to its end"
    print(f"{case.name}: {ending}, {commits} commits were there", flush=True)
    return was_killed


def kill_repeatedly(cases, kills):
    killed = 0
    for attempt in range(kills * 4):
        killed += kill_once(cases[attempt % len(cases)])
        if killed == kills:
            break
    assert killed == kills, f"only {killed} of {kills}: the commands are too quick"
    print(f"{killed} kills, no damage")


def fail_one_line(done, code, what):
    errors = [line for line in done.stderr.splitlines() if line.startswith("colvec: error:")]
    assert done.returncode == code, f"{what}: {done.returncode}: {done.stdout}{done.stderr}"
    assert len(errors) == 1, f"{what}: {done.stderr}"
    return errors[0]


def fill_the_disk(case):
    small = case.work / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", small],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        print("SKIPPED: cannot mount a small file system: " + mounted.stderr.strip())
        return
    try:
        # From no room at all to enough.
        whole = sum(f.stat().st_size for f in case.after.rglob("*") if f.is_file())
        before = sum(f.stat().st_size for f in case.before.rglob("*") if f.is_file())
        refused = 0
        for step in range(8):
            store = small / "store"
            shutil.copytree(case.before, store)
            ballast = small / "ballast"
            free = shutil.disk_usage(small).free - (whole - before) * step // 5
            with open(ballast, "wb") as file:
                file.truncate(0)
                file.write(b"\0" * max(free, 0))
            done = subprocess.run(case.command(store), capture_output=True, text=True, check=False)
            ballast.unlink()
            if done.returncode != 0:
                line = fail_one_line(done, 6, f"{case.name}, disk full")
                assert "No space left" in line, line
                refused += 1
            case.check_and_finish(store)
            shutil.rmtree(store)
        assert refused > 0, "the disk was never full"
        print(f"{case.name}: the disk was full {refused} times, no damage")
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def can_trace():
    try:
        done = subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True,
                              text=True, check=False)
    except FileNotFoundError:
        return "strace is not installed"
    return None if done.returncode == 0 else done.stderr.strip()


def fail_calls(case, calls):
    """Fails the first, second, ... of a system call, until the command makes no more."""
    for number in range(1, 200):
        store = case.fresh()
        log = case.work / "strace"
        done = subprocess.run(
            ["strace", "-f", "-o", log, "-e", f"trace={calls}", "-e",
             f"inject={calls}:error=EIO:when={number}", *case.command(store)],
            capture_output=True, text=True, check=False)
        was_injected = "(INJECTED)" in log.read_text(errors="replace")
        if was_injected and done.returncode != 0:
            fail_one_line(done, 6, f"{case.name}, {calls} number {number}")
        assert was_injected or done.returncode == 0, done.stderr
        # A call that may fail without harm (a checkpoint's) leaves a command that succeeds.
        case.check_and_finish(store)
        if not was_injected:
            print(f"{case.name}: each of {number - 1} calls of {calls} failed, no damage")
            assert number > 1, f"{case.name}: no {calls}"
            return
    raise AssertionError(f"{case.name}: more than 200 calls of {calls}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200 if IS_LONG else 12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", choices=["kill", "disk", "fsync"])
    args = parser.parse_args()
    random.seed(args.seed)
    print(f"seed {args.seed}")
    with tempfile.TemporaryDirectory(prefix="colvec_store_kill_") as work:
        cases = make_cases(pathlib.Path(work))
        if args.only in (None, "kill"):
            kill_repeatedly(cases, args.kills)
        if args.only in (None, "disk"):
            for case in cases[:2 if IS_LONG else 1]:
                fill_the_disk(case)
                (case.work / "small").rmdir()
        if args.only in (None, "fsync"):
            reason = can_trace()
            if reason:
                print(f"SKIPPED: no failing of system calls: {reason}")
                return
            writing = cases if IS_LONG else cases[:1]
            for case in writing:
                if case.name == "vacuum":  # Writes nothing.
                    continue
                fail_calls(case, "fsync,fdatasync")
                fail_calls(case, "link,linkat")
                if case.name != "restore":  # Names files that are there; writes none.
                    fail_calls(case, "rename,renameat,renameat2")


if __name__ == "__main__":
    main()
