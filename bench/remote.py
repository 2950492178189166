#!/usr/bin/env python3
"""Measures a sync of one gigabyte with a real radosgw, up and down, in turns with rclone.

  bench/remote.py [--megabytes 1000] [--files 16] [--rounds 3]

The files are those of a store, the same for both; each way begins with nothing on the other side.
rclone copies files; colvec syncs commits, computes and compares the checksum of every object, and
makes what it wrote durable. rclone has as many transfers as colvec. The page cache is warm for
both. One warm-up round each is not counted.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from jobs import BUILD, COLVEC  # noqa: E402
from radosgw import Radosgw, missing_programs  # noqa: E402
from store import load, run_measured  # noqa: E402

DIMENSION = 384
PARALLEL = 8


def make_store(folder, megabytes, files):
    """A store of about so many megabytes in so many files of vectors."""
    rows = int(megabytes * 1e6 / (4 * DIMENSION) / files)
    subprocess.run([BUILD / "bench" / "store_bench", "small", folder.parent, str(files), str(rows),
                    str(DIMENSION)], check=True, stdout=subprocess.DEVNULL)
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    print(f"{size / 1e6:.0f} MB in {len(list(folder.rglob('*.parquet')))} files")
    return size


class Rclone:
    name = "rclone"

    def __init__(self, gateway):
        self.environment = {**os.environ, "RCLONE_CONFIG": "/dev/null"}
        self.environment.pop("AWS_CA_BUNDLE", None)
        keys = gateway.OWNER
        for name, value in (("TYPE", "s3"), ("PROVIDER", "Ceph"), ("ENDPOINT", gateway.endpoint),
                            ("ACCESS_KEY_ID", keys.access), ("SECRET_ACCESS_KEY", keys.secret)):
            self.environment[f"RCLONE_CONFIG_RGW_{name}"] = value

    def copy(self, source, target):
        return measured(["rclone", "copy", f"--transfers={PARALLEL}", "--exclude=_remote/**",
                         source, target], self.environment)

    def up(self, store, bucket):
        return self.copy(store, f"rgw:{bucket}/store")

    def down(self, bucket, store):
        return self.copy(f"rgw:{bucket}/store", store)


class Colvec:
    name = "colvec"

    def __init__(self, gateway):
        self.environment = {**os.environ, **gateway.environment()}

    def sync(self, command, store, bucket):
        return measured([COLVEC, "store", command, store, "--remote", f"s3://{bucket}/store",
                         "--parallel", str(PARALLEL), "--quiet"], self.environment)

    def up(self, store, bucket):
        # Each push is the first: the mirror knows of no other bucket.
        return self.sync("push", store, bucket)

    def down(self, bucket, store):
        return self.sync("pull", store, bucket)


def measured(command, environment):
    """Seconds and peak megabytes."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        seconds, megabytes, _ = run_measured(*command)
    finally:
        os.environ.clear()
        os.environ.update(kept)
    return seconds, megabytes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    missing = missing_programs() + ([] if shutil.which("rclone") else ["rclone"])
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)} (./setup.sh --tests)")
    gateway = Radosgw()
    results = {}
    with tempfile.TemporaryDirectory(prefix="colvec_remote_") as work:
        work = pathlib.Path(work)
        store = work / "store"
        size = make_store(store, args.megabytes, args.files)
        for number in range(args.rounds + 1):
            programs = [Colvec(gateway), Rclone(gateway)]
            for program in programs if number % 2 else reversed(programs):
                bucket = f"{program.name}-{number}"
                gateway.make_bucket(bucket)
                for way, call in (("up", lambda: program.up(store, bucket)),
                                  ("down", lambda: program.down(bucket, work / "back"))):
                    seconds, megabytes = call()
                    if number > 0:
                        results.setdefault((way, program.name), []).append((seconds, megabytes))
                shutil.rmtree(work / "back")
                for key in gateway.objects(bucket):
                    gateway.request("DELETE", f"/{bucket}/{key}")
                time.sleep(1)
    gateway.stop()
    print(f"{size / 1e9:.2f} GB, {args.rounds} rounds in turns, {load()}")
    for way in ("up", "down"):
        medians = {}
        for name in ("colvec", "rclone"):
            runs = results[way, name]
            medians[name] = statistics.median(run[0] for run in runs)
            rate = size / 1e6 / medians[name]
            print(f"{way:<4} {name}: {medians[name]:6.2f} s, {rate:6.0f} MB/s, peak"
                  f" {max(run[1] for run in runs):.0f} MB"
                  f" (all: {', '.join(f'{run[0]:.2f}' for run in runs)})")
        print(f"{way:<4} colvec / rclone: {medians['colvec'] / medians['rclone']:.2f}")


if __name__ == "__main__":
    main()
