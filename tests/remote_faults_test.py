#!/usr/bin/env python3
"""Stores and a real object store while things go wrong: kills, a gateway that dies, answers that
are cut, two homes that push at once. Both sides end with the same rows, and no reader ever sees a
half of anything."""

import pathlib
import random
import shutil
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from faulty_proxy import FaultyProxy  # noqa: E402
from jobs import IS_LONG  # noqa: E402
from remote_case import RemoteCase, need_radosgw  # noqa: E402

COMMITS = 200 if IS_LONG else 12  # Of each of two homes.
KILLS = 50 if IS_LONG else 6      # Of pushes, and as many of pulls.
ROWS = 10                         # Of a commit.
SEED = 20260101


class FaultCase(RemoteCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.a, self.b = self.folder / "a", self.folder / "b"

    def assert_keys(self, store, count, at_least=False):
        """Keys 0 to count - 1, each once."""
        keys = self.keys_of(store)
        self.assertEqual(len(keys), len(set(keys)), f"{store}: read twice")
        if at_least:
            self.assertGreaterEqual(len(keys), count)
        else:
            self.assertEqual(sorted(keys), list(range(count)))

    def kill_after(self, process, seconds):
        """Whether it was still at work."""
        time.sleep(seconds)
        is_at_work = process.poll() is None
        if is_at_work:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        return is_at_work

    def seconds_of(self, call):
        began = time.monotonic()
        call()
        return time.monotonic() - began


class TwoHomes(FaultCase):
    def live(self, store, writers, errors):
        """Commits and syncs in turns; looks at what a reader gets now and then."""
        try:
            for count, writer in enumerate(writers):
                self.append(store, writer)
                self.store_sync("sync", store)
                if count % 10 == 3:
                    keys = self.keys_of(store)
                    self.assertEqual(len(keys), len(set(keys)), f"{store}: read twice")
                if store == self.a and count % 4 == 1:
                    self.run_colvec("store", "compact", store)
        except BaseException as error:  # Shown by the test, on its own thread.
            errors.append(error)

    def test_both_end_with_the_rows_of_all_commits(self):
        self.append(self.a, 0)
        self.store_sync("push", self.a)
        self.store_sync("pull", self.b)
        errors = []
        began = time.monotonic()
        threads = [threading.Thread(target=self.live, args=(store, range(first, 2 * COMMITS, 2),
                                                            errors))
                   for store, first in ((self.a, 2), (self.b, 1))]
        for thread in threads:
            thread.start()
        # Once in between, by a third.
        time.sleep(2)
        while len(self.gateway.objects(self.bucket)) < 2 * COMMITS and threads[0].is_alive():
            time.sleep(0.5)
        compacted = self.run_colvec("remote", "compact", self.remote).stdout.strip()
        vacuumed = self.run_colvec("remote", "vacuum", self.remote, "--retention-hours",
                                   "0").stdout.strip()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        for store in (self.a, self.b, self.a):
            self.store_sync("sync", store)
        fresh = self.folder / "fresh"
        self.store_sync("pull", fresh)
        for store in (self.a, self.b, fresh):
            self.verify(store)
            self.assert_keys(store, 2 * COMMITS * ROWS)
        for store in (self.a, self.b):
            again = self.store_sync("push", store)["pushed"]
            self.assertEqual([again["commits"], again["files"]], [0, 0])
        print(f"two homes, {COMMITS} commits each, in {time.monotonic() - began:.0f} s; in between:"
              f" {compacted}; {vacuumed}; both hold {2 * COMMITS * ROWS} keys, each once")


class Kills(FaultCase):
    def setUp(self):
        super().setUp()
        self.writers = 0
        self.commit()
        self.store_sync("push", self.a)

    def commit(self, count=1):
        for _ in range(count):
            self.append(self.a, self.writers)
            self.writers += 1

    def look(self, least):
        """A reader who comes now finds whole commits, all that were ever seen."""
        fresh = self.folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        self.store_sync("pull", fresh)
        self.verify(fresh)
        keys = self.keys_of(fresh)
        self.assertEqual(sorted(keys), list(range(len(keys))))
        self.assertEqual(len(keys) % ROWS, 0)
        self.assertGreaterEqual(len(keys), least)
        return len(keys)

    def test_pushes_that_are_killed(self):
        self.commit(4)
        whole = self.seconds_of(lambda: self.store_sync("push", self.a))
        killed, seen = 0, 0
        for _ in range(KILLS):
            self.commit(4)
            process = self.start("store", "push", self.a, "--remote", self.remote)
            killed += self.kill_after(process, self.random.uniform(0, whole))
            seen = self.look(seen)
        self.store_sync("push", self.a)
        self.assertEqual(self.look(0), self.writers * ROWS)
        self.assertGreater(killed, 0)
        print(f"{killed} of {KILLS} pushes killed at work; the rest came to their end first")

    def test_pulls_that_are_killed(self):
        self.commit(4)
        self.store_sync("push", self.a)
        whole = self.seconds_of(lambda: self.store_sync("pull", self.folder / "timed"))
        self.store_sync("pull", self.b)
        killed = 0
        for round_number in range(KILLS):
            self.commit(4)
            self.store_sync("push", self.a)
            # Into a home that knows most of it, and every fifth time into an empty one.
            if round_number % 5 == 4:
                shutil.rmtree(self.b)
            process = self.start("store", "pull", self.b, "--remote", self.remote)
            killed += self.kill_after(process, self.random.uniform(0, whole))
            if (self.b / "keys" / "_delta_log" / f"{0:020}.json").exists():
                self.verify(self.b)
                keys = self.keys_of(self.b)
                self.assertEqual(sorted(keys), list(range(len(keys))))
        self.store_sync("pull", self.b)
        self.verify(self.b)
        self.assert_keys(self.b, self.writers * ROWS)
        self.assertGreater(killed, 0)
        print(f"{killed} of {KILLS} pulls killed at work; the rest came to their end first")

    def test_a_gateway_that_dies_and_comes_back(self):
        for command, store in (("push", self.a), ("pull", self.b)):
            self.commit(20)
            if command == "pull":
                self.store_sync("push", self.a)
            process = self.start("store", command, store, "--remote", self.remote)
            time.sleep(0.3)
            self.gateway.kill_gateway()
            time.sleep(1)
            self.gateway.start_gateway()
            errors = process.communicate(timeout=120)[1]
            self.assertEqual(process.returncode, 0, errors)
        self.verify(self.b)
        self.assert_keys(self.b, self.writers * ROWS)


class BadNetwork(FaultCase):
    def test_every_seventh_request_fails(self):
        with FaultyProxy(self.gateway.port, every=7) as proxy:
            through = {"AWS_ENDPOINT_URL": proxy.endpoint}
            self.append(self.a, 0, batches=40 if IS_LONG else 10)
            self.store_sync("push", self.a, environment=through)
            self.store_sync("pull", self.b, environment=through)
            self.assertEqual(sorted(self.keys_of(self.a)), sorted(self.keys_of(self.b)))
            self.append(self.b, 1, batches=40 if IS_LONG else 10)
            self.store_sync("sync", self.b, environment=through)
            self.store_sync("sync", self.a, environment=through)
            requests, faults = proxy.count, proxy.faults
        for store in (self.a, self.b):
            self.verify(store)
            keys = self.keys_of(store)
            self.assertEqual(len(keys), len(set(keys)))
        self.assertEqual(sorted(self.keys_of(self.a)), sorted(self.keys_of(self.b)))
        self.assertGreater(faults, 5)
        print(f"{faults} of {requests} requests failed (503, cut, answer lost); both sides equal")


if __name__ == "__main__":
    need_radosgw()
    unittest.main(verbosity=2 if IS_LONG else 1)
