#!/usr/bin/env python3
"""Kills refreshes and deployments at random moments, and runs them again.

After the last of several kills, a run that is left alone ends in what an uninterrupted one gives:
the same table, bit for bit, no double row in the store, and no text embedded twice whose vector
was committed. At every moment the table is the former one or the new one, whole.
"""

import argparse
import os
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
from datasets import products_sql  # noqa: E402
from jobs import BUILD, COLVEC, IS_LONG, colvec  # noqa: E402
from parquet_readers import list_of  # noqa: E402

ROWS = 6000
REFRESH = BUILD / "tests" / "logging_refresh"
DELAY_US = 20_000


class Home:
    def __init__(self, folder, name, source):
        self.path = folder / name
        self.env = {"COLVEC_HOME": str(self.path)}
        self.run("dataset", "add", "products", source, "--key", "shop,product_id")
        self.run("column", "set", "products", "description", "--model", "builtin:lexical")

    def run(self, *arguments):
        done = colvec(*arguments, env=self.env)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def refresh(self, log):
        return [REFRESH, self.path, "products", log, str(DELAY_US)]

    @property
    def dataset(self):
        return self.path / "datasets" / "products"

    def table(self):
        """(rows, digest in order) of the table; None where there is none yet."""
        folder = self.dataset / "processed"
        if not folder.exists():
            return None
        return tuple(stores.query(
            "SELECT count(*), bit_xor(hash(n, product_id, price, description_embedding)) FROM (SELECT"
            f" row_number() OVER () AS n, * FROM read_parquet('{folder}/*.parquet'))")[0])

    @property
    def store(self):
        return self.dataset / "embeddings" / "description"

    def check_store(self):
        """The hashes of the texts that have a vector."""
        if not (self.store / "vectors" / "_delta_log" / f"{0:020}.json").exists():
            return set()
        vectors, keys = stores.replay_store(self.store)
        assert not vectors.live or not stores.doubles(vectors, "text_hash"), "a vector twice"
        if keys and keys.live:
            assert not stores.doubles(keys, "shop, product_id, text_hash"), "a key twice"
            assert not stores.missing_vectors(vectors, keys), "a key without its vector"
        return hashes_of(self.store)


def kill_after(command, env, seconds):
    """True if it was killed; False if it came to its end."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env={**os.environ, **env})
    try:
        assert process.wait(timeout=seconds) == 0, command
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


def hashes_of(store):
    """The texts that the store has a vector of."""
    if not (store / "vectors" / "_delta_log" / f"{0:020}.json").exists():
        return set()
    vectors, _ = stores.replay_store(store)
    if not vectors.live:
        return set()
    return {row[0] for row in stores.query(
        f"SELECT text_hash FROM {list_of(stores.files_of(vectors))}")}


def refresh_until_done(home, table, states, kills, seconds):
    """Kills refreshes; checks after each that nothing is lost and nothing embedded again."""
    killed, committed = 0, hashes_of(home.store)
    for attempt in range(kills * 20):
        log = home.path / f"log.{attempt}"
        limit = random.uniform(0.1, seconds) if killed < kills else 1000
        was_killed = kill_after(home.refresh(log), home.env, limit)
        logged = set(log.read_text().split()) if log.exists() else set()
        again = logged & committed
        assert not again, f"{len(again)} committed texts embedded again"
        now = home.check_store()
        assert committed <= now, "a committed vector is gone"
        committed = now
        assert home.table() in states, "half a table"
        log.unlink(missing_ok=True)
        if not was_killed:
            break
        killed += 1
    assert home.table() == table, "not what an uninterrupted run gives"
    return killed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60 if IS_LONG else 8)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    random.seed(args.seed)
    print(f"seed {args.seed}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="colvec_dataset_kill_"))
    try:
        source = folder / "products.parquet"
        first, second = products_sql(ROWS), products_sql(ROWS + 500, changed="i % 50 = 0")
        expected = {}
        for name, select in (("first", first), ("second", second)):
            stores.query(f"COPY ({select}) TO '{source}' (FORMAT parquet)")
            reference = Home(folder, f"reference_{name}", source)
            began = time.monotonic()
            assert not kill_after(reference.refresh("/dev/null"), reference.env, 1000)
            expected[name] = (reference.table(), time.monotonic() - began)

        stores.query(f"COPY ({first}) TO '{source}' (FORMAT parquet)")
        home = Home(folder, "home", source)
        states = {None}
        for name, select in (("first", first), ("second", second)):
            stores.query(f"COPY ({select}) TO '{source}' (FORMAT parquet)")
            table, seconds = expected[name]
            states.add(table)
            killed = refresh_until_done(home, table, states, args.kills, seconds)
            print(f"{name}: {killed} refreshes killed, nothing lost, nothing embedded again")
            states = {table}

        bundle = folder / "bundle"
        deploy = ["deploy", "products", "--to", bundle]
        home.run(*deploy)
        stores.query(f"COPY ({first}) TO '{source}' (FORMAT parquet)")
        home.run("dataset", "refresh", "products")
        killed = 0
        for _ in range(args.kills):
            killed += kill_after([COLVEC, *deploy], home.env, random.uniform(0, 0.12))
            verified = colvec("bundle", "verify", bundle)
            assert verified.returncode == 0, verified.stderr
        home.run(*deploy)
        assert colvec("bundle", "verify", bundle).returncode == 0
        print(f"{killed} of {args.kills} deployments killed, the bundle always whole")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
