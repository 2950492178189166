#!/usr/bin/env python3
"""`colvec serve` through the front door: datasets, columns, jobs and events, as the page uses them."""

import json
import pathlib
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from api_case import ApiCase  # noqa: E402
from jobs import ROOT, colvec  # noqa: E402
from servers import quoted  # noqa: E402

LEXICAL_DIMENSION = 384
COLUMN = "/api/v1/datasets/products/columns/description"


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
        for url in ("s3://bucket/bundle", "gs:/bucket", f"file://{self.data}/other"):
            self.refused(server.post("/api/v1/datasets/products/deploy", {"to": url}), 400,
                         "must be a folder, not a URL")

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
        self.assertEqual(self.ok(server.get(f"{place}/status")).json["sync"]["status"],
                         "never synced")
        for kind in ("push", "pull", "sync"):
            job = self.ok(server.post(f"{place}/{kind}"), 202).json["job"]
            self.assertEqual(job["kind"], kind)
            job = self.wait_for_job(server, job)
            self.assertEqual(job["state"], "done", job)
            self.assertEqual(job["result"]["pushed"]["commits"] > 0, kind == "push", job)
            # What was kept of the status knows of it.
            sync = self.ok(server.get(f"{place}/status")).json["sync"]
            self.assertEqual((sync["status"], sync["remote"], sync["error"]),
                             ("in step", remote, ""), kind)


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
