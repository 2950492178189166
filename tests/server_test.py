#!/usr/bin/env python3
"""`colvec serve` through the front door: datasets, columns, jobs and events, as the page uses them."""

import json
import os
import pathlib
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from jobs import ROOT, colvec, sql  # noqa: E402
from servers import Server, ServerCase, quoted  # noqa: E402

LEXICAL_DIMENSION = 384
COLUMN = "/api/v1/datasets/products/columns/description"


class ApiCase(ServerCase):
    def write(self, rows=60, name="products.parquet", text="'text of product ' || i"):
        path = self.data / name
        stores.query(f"COPY (SELECT i::BIGINT AS product_id, {text} AS description, i % 3 AS kind,"
                     f" i * 1.25 AS price FROM range({rows}) r(i)) TO '{path}' (FORMAT parquet)")
        return path

    def add(self, server, rows=60, embed=True, **write):
        source = {"path": str(self.write(rows, **write))}
        proposal = self.ok(server.post("/api/v1/datasets/propose",
                                       {"name": "products", "source": source})).json
        self.ok(server.post("/api/v1/datasets", {"dataset": proposal["dataset"]}), 201)
        if embed:
            self.change(server, {"is_primary_key": True}, "product_id")
            self.change(server, {"embedding": {"model": "builtin:lexical"}})
        return proposal

    def change(self, server, change, column="description", status=200):
        answer = server.request("PATCH", f"/api/v1/datasets/products/columns/{column}", change)
        return self.ok(answer, status).json

    def refresh(self, server, state="done"):
        job = self.ok(server.post("/api/v1/datasets/products/refresh", {}), 202).json["job"]
        job = self.wait_for_job(server, job)
        self.assertEqual(job["state"], state, job)
        return job

    def status(self, server):
        columns = self.ok(server.get("/api/v1/datasets/products/status")).json["columns"]
        return next(column for column in columns if column["column"] == "description")


class Datasets(ApiCase):
    def test_a_dataset_goes_from_a_file_to_vectors_and_a_search(self):
        server = self.serve()
        proposal = self.add(server, embed=False)
        self.assertEqual(proposal["rows"], 60)
        self.assertEqual([column["name"] for column in proposal["dataset"]["columns"]],
                         ["product_id", "description", "kind", "price"])
        self.assertEqual(proposal["preview"][0][1], "text of product 0")
        self.assertEqual(self.status(server)["status"], "not configured")
        self.change(server, {"is_primary_key": True}, "product_id")
        changed = self.change(server, {"embedding": {"model": "builtin:lexical"}})
        self.assertEqual(changed["column"]["embedding"]["model"], "builtin:lexical")
        self.assertEqual(self.status(server)["status"], "empty")
        run = self.refresh(server)["result"]
        self.assertEqual(run["columns"][0]["texts_embedded"], 60)
        status = self.status(server)
        self.assertEqual((status["status"], status["embedded"], status["dimension"]),
                         ("ready", 60, LEXICAL_DIMENSION))
        found = self.ok(server.post(f"{COLUMN}/search", {"text": "text of product 17", "k": 3,
                                                         "where": "kind = 2"})).json
        self.assertEqual(found["hits"][0]["values"][1], "text of product 17")
        self.assertEqual((len(found["hits"]), found["rows"]), (3, 20))

    def test_the_list_says_how_far_each_one_is(self):
        server = self.serve()
        self.assertEqual(self.ok(server.get("/api/v1/datasets")).json, [])
        self.add(server)
        self.refresh(server)
        (brief,) = self.ok(server.get("/api/v1/datasets")).json
        self.assertEqual((brief["name"], brief["rows"], brief["columns"], brief["status"]),
                         ("products", 60, 4, "ready"))
        self.assertEqual(brief["embedded_columns"], 1)
        self.assertEqual(brief["last_run"]["outcome"], "done")
        self.assertIsNone(brief["running_job"])

    def test_a_status_follows_the_source_and_the_command_line(self):
        server = self.serve()
        self.add(server)
        self.refresh(server)
        self.write(70)
        self.assertEqual(self.status(server)["missing"], 10)
        done = colvec("dataset", "refresh", "products", "--home", self.home)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.status(server)["status"], "ready")
        self.assertEqual(len(self.ok(server.get("/api/v1/datasets/products/runs")).json), 2)
        runs = self.ok(server.get("/api/v1/datasets/products/runs?limit=1")).json
        self.assertEqual(runs[0]["columns"][0]["texts_embedded"], 10)

    def test_a_change_of_what_somebody_else_has_changed_is_refused(self):
        server = self.serve()
        self.add(server)
        dataset = self.ok(server.get("/api/v1/datasets/products")).json
        changed = dict(dataset, sync="manual", remote=str(self.data / "remote"))
        saved = self.ok(server.request("PUT", "/api/v1/datasets/products", changed)).json
        self.assertEqual(saved["revision"], dataset["revision"] + 1)
        self.refused(server.request("PUT", "/api/v1/datasets/products", changed), 409, "revision")

    def test_names_may_be_of_any_letters(self):
        server = self.serve()
        name = "Schöne Dinge / 1.0"
        source = {"path": str(self.write())}
        proposal = self.ok(server.post("/api/v1/datasets/propose",
                                       {"name": name, "source": source})).json
        self.ok(server.post("/api/v1/datasets", {"dataset": proposal["dataset"]}), 201)
        self.assertEqual(self.ok(server.get(f"/api/v1/datasets/{quoted(name)}")).json["name"], name)
        renamed = self.ok(server.post(f"/api/v1/datasets/{quoted(name)}/rename", {"to": "b"})).json
        self.assertEqual(renamed["name"], "b")
        self.refused(server.get(f"/api/v1/datasets/{quoted(name)}"), 404)
        self.ok(server.request("DELETE", "/api/v1/datasets/b"), 204)
        self.assertEqual(self.ok(server.get("/api/v1/datasets")).json, [])
        self.assertTrue((self.data / "products.parquet").exists())

    def test_rows_of_the_source_are_shown(self):
        server = self.serve()
        self.add(server, embed=False)
        preview = self.ok(server.get("/api/v1/datasets/products/preview?rows=2")).json
        self.assertEqual(preview["columns"][0], {"name": "product_id", "type": "BIGINT"})
        self.assertEqual([row[0] for row in preview["rows"]], ["0", "1"])

    def test_what_is_wrong_is_said_with_field_and_value(self):
        server = self.serve()
        self.add(server)
        for method, path, body, status, says in (
                ("GET", "/api/v1/datasets/none", None, 404, "no such dataset: none"),
                ("GET", "/api/v1/datasets/none/status", None, 404, "none"),
                ("GET", "/api/v1/datasets/products/runs?limit=0", None, 400, "limit: must be"),
                ("GET", "/api/v1/datasets/products/runs?max=1", None, 400, "parameter: max"),
                ("POST", "/api/v1/datasets", {}, 400, "missing: dataset"),
                ("POST", "/api/v1/datasets", {"dataset": {"name": "x"}}, 400, "source"),
                ("POST", "/api/v1/datasets/propose", {"source": {"path": 5}}, 400, "path: must be"),
                ("POST", "/api/v1/datasets/propose",
                 {"source": {"path": str(self.data / "none.csv")}}, 404, "none.csv"),
                ("POST", "/api/v1/datasets/products/refresh", {"columns": ["x"]}, 404, "x"),
                ("POST", "/api/v1/datasets/products/refresh", {"colums": []}, 400, "colums"),
                ("POST", "/api/v1/datasets/products/rename", {"to": ""}, 400, "name"),
                ("PATCH", COLUMN, {"embedding": {"model": "builtin:none"}}, 404, "builtin:none"),
                ("PATCH", COLUMN, {"embedding": {"dimension": 1000}}, 400, "dimension"),
                ("PATCH", COLUMN, {"embedding": {"modle": "x"}}, 400, "modle"),
                ("PATCH", COLUMN, {"embedding": {"on_null": "maybe"}}, 400, "on_null"),
                ("PATCH", COLUMN, {"is_target": "yes"}, 400, "is_target: must be true or false"),
                ("PATCH", COLUMN + "s", {}, 404, "descriptions"),
                ("PATCH", COLUMN.replace("desc", "Desc"), {}, 404, "(the source has description)"),
                ("POST", f"{COLUMN}/search", {"text": "a"}, 404, "refresh"),
                ("POST", f"{COLUMN}/search", {"text": "a", "k": 0}, 400, "k: must be"),
                ("GET", f"{COLUMN}/map", None, 404, "refresh"),
                ("GET", "/api/v1/jobs/none", None, 404, "no such job: none"),
                ("POST", "/api/v1/jobs/none/cancel", None, 404, "none"),
                ("GET", "/api/v1/events?job=none", None, 404, "none"),
                ("GET", "/api/v1/nothing", None, 404, "/api/v1/nothing"),
                ("PATCH", "/api/v1/jobs", {}, 405, "PATCH")):
            with self.subTest(path=path, body=body):
                self.refused(server.request(method, path, body), status, says)


class Columns(ApiCase):
    def test_a_dry_run_saves_nothing(self):
        server = self.serve()
        self.add(server)
        before = self.ok(server.get("/api/v1/datasets/products")).json
        change = {"embedding": {"dimension": 64}, "dry_run": True}
        changed = self.change(server, change)
        self.assertFalse(changed["saved"])
        self.assertEqual(changed["column"]["embedding"]["dimension"], 64)
        self.assertEqual(self.ok(server.get("/api/v1/datasets/products")).json, before)
        self.change(server, {"embedding": None})
        self.assertIsNone(self.ok(server.get(COLUMN)).json["column"]["embedding"])

    def test_a_plan_of_settings_that_are_not_saved(self):
        server = self.serve()
        self.add(server)
        (plan,) = self.ok(server.post(f"{COLUMN}/plan", {"embedding": {"dimension": 64}})).json
        self.assertEqual(plan["run"]["texts_missing"], 60)
        self.assertEqual(sum(step["texts"] for step in plan["token_histogram"]), 60)
        self.assertNotIn("dimension", self.ok(server.get(COLUMN)).json["column"]["embedding"])

    def test_the_details_of_a_column(self):
        server = self.serve()
        self.add(server, text="CASE WHEN i = 5 THEN NULL ELSE 'text of product ' || (i % 20) END")
        empty = self.ok(server.get(COLUMN)).json
        self.assertIsNone(empty["store"])
        self.refresh(server)
        details = self.ok(server.get(COLUMN)).json
        self.assertEqual(details["column"]["active"]["dimension"], LEXICAL_DIMENSION)
        self.assertEqual(details["status"]["distinct_texts"], 20)
        self.assertEqual(details["store"]["keys"], 59)
        self.assertEqual(details["store"]["models"][0]["vectors"], 20)
        self.assertEqual(details["tokens"]["texts"], 20)
        self.assertEqual(sum(step["texts"] for step in details["tokens"]["histogram"]), 20)
        self.assertEqual(details["last_run"]["columns"][0]["issues"], {"null": 1})
        self.assertEqual(details["last_run"]["columns"][0]["examples"][0]["key"], "product_id = 5")
        operations = {version["table"] for version in details["history"]}
        self.assertEqual(operations, {"vectors", "keys"})
        history = self.ok(server.get(f"{COLUMN}/history")).json
        self.assertEqual(history, details["history"])

    def test_the_last_run_of_a_column_is_one_of_this_home(self):
        server = self.serve()
        self.add(server)
        self.refresh(server)
        (own,) = (self.home / "datasets/products/runs").glob("*.json")
        run = json.loads(own.read_text())
        pulled = {**run, "id": "another", "started_ms": run["started_ms"] + 1, "pulled": True}
        own.with_stem("another").write_text(json.dumps(pulled))
        self.assertEqual(self.ok(server.get(COLUMN)).json["last_run"]["id"], run["id"])

    def test_a_map_of_the_vectors(self):
        server = self.serve()
        self.add(server)
        self.refresh(server)
        shown = self.ok(server.get(f"{COLUMN}/map?color=kind&points=30")).json
        self.assertEqual((len(shown["points"]), shown["rows"]), (30, 60))
        self.assertEqual({point["color"] for point in shown["points"]}, {"0", "1", "2"})
        self.assertTrue(shown["points"][0]["key"].startswith("product_id = "))

    def test_a_store_is_compacted(self):
        server = self.serve()
        self.add(server)
        for rows in (60, 70, 80):
            self.write(rows)
            self.refresh(server)
        job = self.ok(server.post(f"{COLUMN}/compact"), 202).json["job"]
        job = self.wait_for_job(server, job)
        self.assertEqual(job["state"], "done", job)
        self.assertGreater(job["result"]["files_before"], job["result"]["files_after"])
        self.assertEqual(self.status(server)["status"], "ready")

    def test_a_dataset_is_deployed(self):
        server = self.serve()
        self.add(server)
        self.refresh(server)
        to = self.data / "bundle"
        job = self.ok(server.post("/api/v1/datasets/products/deploy", {"to": str(to)}), 202).json
        self.assertEqual(self.wait_for_job(server, job["job"])["state"], "done")
        self.assertEqual(colvec("bundle", "verify", to).returncode, 0)
        self.refused(server.post("/api/v1/datasets/products/deploy", {"to": "/tmp/elsewhere"}), 400,
                     "--root")

    def test_a_dataset_is_pushed_to_its_remote(self):
        server = self.serve()
        self.add(server)
        self.refresh(server)
        place = "/api/v1/datasets/products"
        self.refused(server.post(f"{place}/push"), 400, "has no remote")
        dataset = self.ok(server.get(place)).json
        for elsewhere in ("/tmp/elsewhere", "file:///tmp/elsewhere", "../elsewhere",
                          f"file://{self.data}/%2E%2E/elsewhere",
                          f"file://{self.data}/..%2Felsewhere",
                          f"file://{self.data}%2F%2e%2e%2Felsewhere"):
            self.refused(server.request("PUT", place, {**dataset, "remote": elsewhere}), 400,
                         "--root")
            # As if somebody had written it into the file.
            file = self.home / "datasets/products/dataset.json"
            before = file.read_text()
            file.write_text(json.dumps({**dataset, "remote": elsewhere, "sync": "auto"}))
            for kind in ("push", "pull", "sync", "refresh"):
                self.refused(server.post(f"{place}/{kind}"), 400, "--root")
            file.write_text(before)
        self.assertFalse((self.folder / "elsewhere").exists())
        remote = str(self.data / "remote")
        self.ok(server.request("PUT", place, {**dataset, "remote": remote}))
        for kind in ("push", "pull", "sync"):
            job = self.ok(server.post(f"{place}/{kind}"), 202).json["job"]
            self.assertEqual(job["kind"], kind)
            job = self.wait_for_job(server, job)
            self.assertEqual(job["state"], "done", job)
            self.assertEqual(job["result"]["pushed"]["commits"] > 0, kind == "push", job)
        sync = self.ok(server.get(f"{place}/status?fresh=1")).json["sync"]
        self.assertEqual((sync["status"], sync["remote"], sync["error"]), ("in step", remote, ""))


class LongScans(ApiCase):
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


class Jobs(ApiCase):
    def slow_server(self):
        """A dataset whose refresh takes some seconds."""
        model = self.home / "model"
        done = colvec("model", "synth", "--config", ROOT / "testdata/models/tiny-bert/model",
                      "--output", model)
        self.assertEqual(done.returncode, 0, done.stderr)
        server = self.serve()
        self.add(server, rows=100000, text="repeat('text of product ' || i || ' ', 12)")
        self.change(server, {"embedding": {"model": str(model)}})
        return server

    def running_job(self, server):
        job = self.ok(server.post("/api/v1/datasets/products/refresh"), 202).json["job"]
        for event, data in server.events(f"/api/v1/events?job={job['id']}"):
            if event == "job" and data["progress"]["per_second"] > 0:
                return data
        self.fail("the stream ended")

    def test_a_refresh_tells_how_far_it_is_and_goes_on_after_a_cancel(self):
        server = self.slow_server()
        job = self.running_job(server)
        self.assertEqual(job["state"], "running")
        self.assertEqual(job["progress"]["total"], 100000)
        self.assertGreater(job["progress"]["tokens_per_second"], 0)
        self.refused(server.request("DELETE", "/api/v1/datasets/products"), 409, job["id"])
        self.refused(server.post("/api/v1/datasets/products/rename", {"to": "b"}), 409, job["id"])
        self.ok(server.post(f"/api/v1/jobs/{job['id']}/cancel"))
        over = self.wait_for_job(server, job)
        self.assertEqual((over["state"], over["error"]), ("cancelled", None))
        self.refused(server.post(f"/api/v1/jobs/{job['id']}/cancel"), 409, "cancelled already")
        status = self.status(server)
        self.assertEqual(status["status"], "partial")
        self.assertGreater(status["embedded"], 0)
        run = self.ok(server.get("/api/v1/datasets/products/runs")).json[0]
        self.assertEqual(run["outcome"], "cancelled")

    def test_one_refresh_of_a_dataset_at_a_time(self):
        server = self.slow_server()
        job = self.running_job(server)
        second = self.ok(server.post("/api/v1/datasets/products/refresh"), 202).json["job"]
        self.assertEqual(second["state"], "queued")
        self.refused(server.post("/api/v1/datasets/products/refresh"), 409, second["id"])
        self.assertEqual([j["id"] for j in self.ok(server.get("/api/v1/jobs")).json],
                         [second["id"], job["id"]])
        self.assertEqual(self.ok(server.post(f"/api/v1/jobs/{second['id']}/cancel")).json["state"],
                         "cancelled")
        self.ok(server.post(f"/api/v1/jobs/{job['id']}/cancel"))

    def test_a_server_that_stops_leaves_jobs_so_that_they_go_on(self):
        server = self.slow_server()
        self.running_job(server)
        begin = time.monotonic()
        self.assertEqual(server.stop(signal.SIGTERM), 143)
        self.assertLess(time.monotonic() - begin, 20)
        run = json.loads(next((self.home / "datasets/products/runs").glob("*.json")).read_text())
        self.assertEqual(run["outcome"], "cancelled")
        done = colvec("dataset", "status", "products", "--json", "--home", self.home)
        column = next(c for c in json.loads(done.stdout)["columns"] if c["column"] == "description")
        self.assertGreater(column["embedded"], 0)

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
        self.show_view("UNION ALL SELECT count(*), '' FROM range(100000000) a(i),"
                       " range(1000000) b(j) WHERE hash(i, j) % 7 = 3")

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

    def test_events_tell_of_datasets_too(self):
        server = self.serve()
        got = []
        begun = threading.Event()

        def listen():
            for event, data in server.events():
                got.append((event, data.get("change", data.get("state"))))
                begun.set()
                if got[-1] == ("dataset", "removed"):
                    return

        listener = threading.Thread(target=listen)
        listener.start()
        self.add(server)
        self.assertTrue(begun.wait(10))
        self.refresh(server)
        self.ok(server.request("DELETE", "/api/v1/datasets/products"), 204)
        listener.join(20)
        self.assertFalse(listener.is_alive())
        for wanted in (("dataset", "saved"), ("job", "running"), ("job", "done"),
                       ("dataset", "refreshed"), ("dataset", "removed")):
            self.assertIn(wanted, got)


class Files(ApiCase):
    def test_the_picker_shows_tables_below_the_roots(self):
        server = self.serve()
        self.write()
        (self.data / "sub").mkdir()
        (self.data / "notes.txt").write_text("no table")
        (self.data / ".hidden.csv").write_text("a\n1\n")
        (self.data / "out").symlink_to("/etc")
        roots = self.ok(server.get("/api/v1/files")).json
        self.assertEqual([folder["path"] for folder in roots["folders"]],
                         [str(self.home), str(self.data)])
        listing = self.ok(server.get(f"/api/v1/files?path={quoted(str(self.data))}")).json
        self.assertEqual([folder["name"] for folder in listing["folders"]], ["sub"])
        self.assertEqual([(f["name"], f["kind"]) for f in listing["files"]],
                         [("products.parquet", "table")])
        self.assertIsNone(listing["parent"])
        inside = self.ok(server.get(f"/api/v1/files?path={quoted(str(self.data / 'sub'))}")).json
        self.assertEqual(inside["parent"], str(self.data))

    def test_a_database_shows_its_tables(self):
        server = self.serve()
        database = self.data / "shop.duckdb"
        stores.sql(database, "CREATE TABLE products(id BIGINT)", "CREATE TABLE shops(id BIGINT)")
        tables = self.ok(server.get(f"/api/v1/files?path={quoted(str(database))}")).json["tables"]
        self.assertEqual(tables, ["products", "shops"])

    def test_nothing_outside_the_roots_is_read(self):
        secret = self.folder / "secret"
        secret.mkdir()
        (secret / "passwords.csv").write_text("id,text\n1,hunter2\n")
        (self.data / "link.csv").symlink_to(secret / "passwords.csv")
        (self.data / "folder").symlink_to(secret)
        database = self.data / "view.duckdb"
        stores.sql(database, f"CREATE VIEW v AS SELECT * FROM '{secret}/passwords.csv'")
        server = self.serve()
        self.add(server)
        wrong = [str(secret / "passwords.csv"), str(self.data / "link.csv"),
                 str(self.data / "folder/passwords.csv"),
                 str(self.data / "../secret/passwords.csv"),
                 "../secret/passwords.csv", "/etc/passwd", f"{self.data}/folder/*.csv",
                 str(secret / "*.csv")]
        for path in wrong:
            with self.subTest(path=path):
                answer = server.post("/api/v1/datasets/propose", {"source": {"path": path}})
                self.assertIn(answer.status, (400, 404))
                self.assertNotIn(b"hunter2", answer.body)
                self.assertNotEqual(server.get(f"/api/v1/files?path={quoted(path)}").status, 200)
        view = {"source": {"path": str(database), "table": "v"}}
        self.refused(server.post("/api/v1/datasets/propose", view), 422, "view")
        dataset = self.ok(server.get("/api/v1/datasets/products")).json
        dataset["source"] = {"path": str(secret / "passwords.csv")}
        self.refused(server.request("PUT", "/api/v1/datasets/products", dataset), 400, "--root")
        self.refused(server.post("/api/v1/datasets", {"dataset": dict(dataset, name="b")}), 400,
                     "--root")
        model = {"embedding": {"model": str(secret)}}
        self.refused(server.request("PATCH", COLUMN, model), 400, "model: must be below")
        self.refused(server.post(f"{COLUMN}/plan", model), 400, "model: must be below")
        self.refresh(server)
        for where in (f"(SELECT count(*) FROM '{secret}/passwords.csv') > 0",
                      f"kind IN (FROM read_csv('{secret}/passwords.csv'))",
                      "kind = 1; DROP TABLE x"):
            self.refused(server.post(f"{COLUMN}/search", {"text": "a", "where": where}), 400, "where")


class Info(ApiCase):
    def test_the_server_says_what_it_is(self):
        server = self.serve()
        info = self.ok(server.get("/api/v1/info")).json
        self.assertEqual(info["roots"], [str(self.home), str(self.data)])
        self.assertFalse(info["needs_token"])
        self.assertIn("f32", info["precisions"])
        self.assertEqual(self.ok(server.get("/health")).json, {"status": "ok"})
        metrics = self.ok(server.get("/metrics")).body.decode()
        self.assertIn('colvec_requests_total{method="GET",route="/health",status="200"} 1', metrics)

    def test_a_log_that_cannot_be_written_stops_nothing(self):
        with open("/dev/full", "w") as full:
            server = self.serve("--log-requests", log=full)
            for _ in range(2):
                self.ok(server.get("/health"))

    def test_answers_have_the_members_that_the_openapi_file_names(self):
        server = self.serve()
        document = self.ok(server.get("/api/v1/openapi.json")).json
        self.add(server)
        self.refresh(server)
        schemas = document["components"]["schemas"]
        for path, content in document["paths"].items():
            answer = content.get("get")
            if not answer or "{id}" in path or path.startswith(("/api/v1/events", "/metrics")):
                continue
            shape = answer["responses"]["200"]["content"]["application/json"]["schema"]
            got = server.get(path.format(name="products", column="description"))
            self.check(self.ok(got).json, shape, schemas, path)
        (job, *_) = self.ok(server.get("/api/v1/jobs")).json
        self.check(job, {"$ref": "#/components/schemas/Job"}, schemas, "job")

    def check(self, value, shape, schemas, where):
        """The part of JSON Schema that the document uses."""
        if "$ref" in shape:
            shape = schemas[shape["$ref"].rsplit("/", 1)[1]]
        if "anyOf" in shape:
            if value is None:
                self.assertIn({"type": "null"}, shape["anyOf"], where)
                return
            shape = shape["anyOf"][0]
            self.check(value, shape, schemas, where)
            return
        kind = {"string": str, "integer": int, "number": (int, float), "boolean": bool,
                "array": list, "object": dict}.get(shape.get("type"))
        if kind:
            self.assertIsInstance(value, kind, where)
        if "enum" in shape:
            self.assertIn(value, shape["enum"], where)
        if "items" in shape:
            for i, item in enumerate(value):
                self.check(item, shape["items"], schemas, f"{where}[{i}]")
        if "properties" in shape:
            missing = set(shape["required"]) - set(value)
            self.assertEqual(missing, set(), where)
            known = set(shape["properties"])
            if "dataset.json" not in shape["description"]:
                self.assertEqual(set(value) - known, set(), where)
            for name in known & set(value):
                self.check(value[name], shape["properties"][name], schemas, f"{where}.{name}")

    def test_the_document_of_the_api_lists_every_route(self):
        server = self.serve()
        document = self.ok(server.get("/api/v1/openapi.json")).json
        text = (ROOT / "docs" / "api.md").read_text()
        for path, content in document["paths"].items():
            for method, operation in content.items():
                row = f"| {method.upper()} | `{path}` | {operation['summary']} |"
                self.assertIn(row, text, "docs/api.md: tools/make_api_doc.py writes it anew")

    def test_it_does_not_start_where_it_would_be_open_to_others(self):
        for arguments, code, says in (
                (("--address", "0.0.0.0"), 2, "--token-file"),
                (("--address", "localhost"), 2, "must be an IP address"),
                (("--root", "/nowhere"), 3, "/nowhere"),
                (("--model", "/nowhere"), 3, "/nowhere"),
                (("--bundle", "/nowhere"), 3, "/nowhere"),
                (("--token-file", "/nowhere"), 3, "/nowhere")):
            with self.subTest(arguments=arguments):
                done = colvec("serve", "--port", "0", "--home", self.home, *arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(says, done.stderr)

    def test_a_port_that_is_taken_is_said(self):
        server = self.serve()
        done = colvec("serve", "--port", server.port, "--home", self.home)
        self.assertEqual(done.returncode, 6)
        self.assertIn(f"--port: cannot listen on 127.0.0.1 port {server.port}", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
