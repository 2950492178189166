#!/usr/bin/env python3
"""`colvec serve` and sources that take long: who waits, what is shown meanwhile, what ends it."""

import os
import pathlib
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from api_case import ApiCase  # noqa: E402
from jobs import HOURS_OF_ROWS, colvec, sql  # noqa: E402
from servers import ServerCase  # noqa: E402


class LongScans(ServerCase):
    """Scans of a source that is a pipe: they wait until something comes out of it."""

    def serve_csv(self):
        server = self.serve()
        self.source = self.data / "products.csv"
        self.source.write_text("id,text\n1,a\n")
        source = {"source": {"path": str(self.source)}}
        proposal = self.ok(server.post("/api/v1/datasets/propose", source)).json
        self.ok(server.post("/api/v1/datasets", {"dataset": proposal["dataset"]}), 201)
        return server

    def hold_scans(self):
        self.source.unlink()
        os.mkfifo(self.source)
        self.addCleanup(self.let_scans_go)

    def let_scans_go(self, text="id,text\n1,a\n"):
        if not self.source.is_fifo():
            return
        pipe = os.open(self.source, os.O_RDWR)
        file = self.source.with_suffix(".new")
        file.write_text(text)
        file.replace(self.source)
        os.close(pipe)  # Whoever read it finds its end; later ones find the file.

    def wait_for_rows(self, server, rows):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            answer = server.get("/api/v1/datasets/products/status")
            if answer.status == 200 and answer.json["is_current"] and answer.json["rows"] == rows:
                return
            time.sleep(0.1)
        self.fail(f"{answer.status}: {answer.body}")

    def test_who_waits_for_a_scan_holds_up_nobody(self):
        server = self.serve_csv()
        self.hold_scans()
        answers = []

        def ask():
            begin = time.monotonic()
            answer = server.get("/api/v1/datasets/products/status")
            answers.append((answer, time.monotonic() - begin))

        askers = [threading.Thread(target=ask) for _ in range(40)]
        for asker in askers:
            asker.start()
        for path in ("/health", "/metrics", "/api/v1/jobs", "/api/v1/info", "/api/v1/datasets") * 3:
            begin = time.monotonic()
            self.ok(server.get(path))
            self.assertLess(time.monotonic() - begin, 5, path)
        for asker in askers:
            asker.join()
        for answer, seconds in answers:
            self.refused(answer, 503, "is still being looked at")
            self.assertEqual(answer.json["error"]["code"], "service unavailable")
            self.assertIn("Retry-After", answer.headers)
            self.assertLess(seconds, 10)
        self.let_scans_go()
        self.wait_for_rows(server, 1)

    def test_the_last_status_is_shown_while_another_is_looked_for(self):
        server = self.serve_csv()
        self.wait_for_rows(server, 1)
        self.hold_scans()
        status = self.ok(server.get("/api/v1/datasets/products/status")).json
        self.assertEqual((status["is_current"], status["rows"]), (False, 1))
        self.let_scans_go("id,text\n1,a\n2,b\n")
        self.wait_for_rows(server, 2)

    def test_a_glob_is_scanned_when_somebody_asks_and_not_by_its_own_events(self):
        server = self.serve_csv()
        dataset = self.ok(server.get("/api/v1/datasets/products")).json
        dataset["source"]["path"] = str(self.data / "*.csv")
        self.ok(server.request("PUT", "/api/v1/datasets/products", dataset))
        told = []

        def listen():
            for event, data in server.events():
                if (event, data.get("change")) == ("dataset", "status"):
                    told.append(data)
                    server.get("/api/v1/datasets")

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        for _ in range(3):
            self.wait_for_rows(server, 1)
            time.sleep(1)
        self.assertLessEqual(len(told), 1)
        (self.data / "more.csv").write_text("id,text\n2,b\n")
        server.get("/api/v1/datasets/products/status?fresh=1")
        self.wait_for_rows(server, 2)


class LongQueries(ApiCase):
    def show_view(self, more=""):
        sql(self.data / "slow.duckdb",
            f"CREATE OR REPLACE VIEW t AS SELECT 1 AS id, 'some text' AS text {more}")

    def test_a_query_that_takes_hours_is_broken_off_by_a_cancel_and_by_a_stop(self):
        self.show_view()
        server = self.serve()
        source = {"path": str(self.data / "slow.duckdb"), "table": "t"}
        self.ok(server.post("/api/v1/datasets", {"dataset": {
            "name": "products", "source": source,
            "columns": [{"name": "id", "is_primary_key": True}, {"name": "text"}]}}), 201)
        self.change(server, {"embedding": {"model": "builtin:lexical"}}, "text")
        self.show_view(f"UNION ALL SELECT count(*), '' FROM {HOURS_OF_ROWS}")

        def reading():
            job = self.ok(server.post("/api/v1/datasets/products/refresh"), 202).json["job"]
            for event, data in server.events(f"/api/v1/events?job={job['id']}"):
                if event == "job" and data["progress"]["phase"] == "reading the source":
                    return job
            self.fail("the stream ended")

        job = reading()
        self.ok(server.post(f"/api/v1/jobs/{job['id']}/cancel"))
        over = self.wait_for_job(server, job)
        self.assertEqual((over["state"], over["error"]), ("cancelled", None))
        server.get("/api/v1/datasets/products/status")  # A scan, which hangs as the job does.
        begin = time.monotonic()
        reading()
        self.assertEqual(server.stop(signal.SIGTERM), 143)
        self.assertLess(time.monotonic() - begin, 20)
        self.show_view()
        done = colvec("dataset", "refresh", "products", "--home", self.home)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
