"""Datasets and stores with a remote in a real radosgw, one for all tests of a file."""

import json
import os
import pathlib
import subprocess
import sys

import stores
from datasets import DatasetCase
from jobs import BUILD, COLVEC
from radosgw import Radosgw, missing_programs

WRITER = BUILD / "tests" / "store_writer"


def need_radosgw():
    """Leaves with what CTest takes as skipped, where the programs are not installed."""
    missing = missing_programs()
    if missing:
        print(f"SKIPPED: not installed: {', '.join(missing)} (./setup.sh --tests)")
        sys.exit(77)


class RemoteCase(DatasetCase):
    gateway = None
    buckets = 0

    @classmethod
    def setUpClass(cls):
        if RemoteCase.gateway is None:
            RemoteCase.gateway = Radosgw()

    def setUp(self):
        super().setUp()
        RemoteCase.buckets += 1
        self.bucket = f"bucket-{RemoteCase.buckets}"
        self.gateway.make_bucket(self.bucket)
        self.remote = f"s3://{self.bucket}/some prefix+=é"
        self.environment = self.gateway.environment()

    def start(self, *arguments, home=None, environment=None, prefix=()):
        env = {**os.environ, **self.environment, **(environment or {}), "HOME": str(self.folder),
               "COLVEC_HOME": str(home or self.home)}
        return subprocess.Popen([*prefix, COLVEC, *map(str, arguments)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="replace", env=env)

    def run_colvec(self, *arguments, code=0, home=None, environment=None):
        process = self.start(*arguments, home=home, environment=environment)
        out, errors = process.communicate(timeout=600)
        self.assertEqual(process.returncode, code, f"{arguments}: {out}{errors}")
        return subprocess.CompletedProcess(arguments, code, out, errors)

    def sync(self, command, *arguments, home=None, environment=None):
        """What `push`, `pull` or `sync` of the dataset says, as JSON has it."""
        return json.loads(self.run_colvec(command, "products", "--json", *arguments, home=home,
                                          environment=environment).stdout)

    def store_sync(self, command, store, remote=None, environment=None):
        return json.loads(self.run_colvec(
            "store", command, store, "--remote", remote or self.remote, "--json",
            environment=environment).stdout)

    def append(self, store, writer, batches=1, rows=10):
        """Commits of store_writer.cc: `batches` of vectors and as many of keys."""
        subprocess.run([WRITER, "append", store, str(writer), str(batches), str(rows)], check=True,
                       capture_output=True)

    def verify(self, store):
        self.run_colvec("store", "verify", store)

    def keys_of(self, store):
        """The keys that a reader of the store gets, each as often as it does."""
        path = self.folder / f"export_{pathlib.Path(store).name}.parquet"
        self.run_colvec("store", "export", store, "--output", path)
        return [int(row[0]) for row in stores.query(f"SELECT key FROM read_parquet('{path}')")]
