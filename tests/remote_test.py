#!/usr/bin/env python3
"""Datasets and a real object store: what is pushed comes back, costs nothing twice, and what goes
wrong is an error that says what to do."""

import json
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from datasets import products_sql  # noqa: E402
from faulty_proxy import FaultyProxy  # noqa: E402
from jobs import IS_LONG, sql, write_config  # noqa: E402
from remote_case import RemoteCase, need_radosgw  # noqa: E402
from s3_requests import Keys  # noqa: E402
from servers import Server  # noqa: E402

DATA_FILES = 1500 if IS_LONG else 60  # Two a commit: vectors and keys.


def data_files(folder):
    return [path for path in pathlib.Path(folder).rglob("part-*.parquet")
            if "_tmp" not in path.parts]


class Roundtrip(RemoteCase):
    def grow(self, refreshes, rows=3):
        self.add(products_sql(rows))
        for count in range(1, refreshes + 1):
            self.write(products_sql(rows * count))
            self.refresh("--no-table")

    def test_what_was_paid_for_comes_back_and_costs_nothing(self):
        self.grow(DATA_FILES // 2)
        self.assertEqual(len(data_files(self.store())), DATA_FILES)
        pushed = self.sync("push", "--remote", self.remote)["pushed"]
        before = self.gateway.objects(self.bucket)
        self.assertEqual(len([key for key in before if key.endswith(".parquet")
                              and "/part-" in key]), DATA_FILES)
        # A second push sends nothing.
        again = self.sync("push")["pushed"]
        self.assertEqual([again["commits"], again["files"], again["bytes"]], [0, 0, 0])
        self.assertEqual(self.gateway.objects(self.bucket), before)
        # A fresh host.
        other = self.folder / "other home"
        pulled = self.sync("pull", "--remote", self.remote, home=other)["pulled"]
        self.assertEqual(pulled["commits"], pushed["commits"])
        store = other / "datasets" / "products" / "embeddings" / "description"
        self.assertEqual(len(data_files(store)), DATA_FILES)
        self.verify(store)
        began = time.monotonic()
        run = json.loads(self.run_colvec("dataset", "refresh", "products", "--json", "--progress",
                                         "none", home=other).stdout)
        self.assertEqual(run["rows"], 3 * (DATA_FILES // 2))
        self.assertEqual([(c["texts_embedded"], c["tokens"]) for c in run["columns"]], [(0, 0)])
        print(f"{DATA_FILES} data files ({pushed['bytes']} bytes, {pushed['commits']} commits)"
              f" pushed and pulled, verified; refresh of {run['rows']} rows in"
              f" {time.monotonic() - began:.1f} s, 0 texts embedded; second push: 0 objects")

    def test_any_name_is_kept(self):
        self.write("SELECT i AS id, 'text ' || i AS \"größe + 50%=a/b\" FROM range(5) r(i)")
        name = "wares & more/é ü"
        self.run_colvec("dataset", "add", name, self.source, "--key", "id", "--remote", self.remote)
        self.run_colvec("column", "set", name, "größe + 50%=a/b", "--model", "builtin:lexical")
        self.run_colvec("dataset", "refresh", name)
        self.run_colvec("push", name)
        other = self.folder / "other"
        self.run_colvec("pull", name, "--remote", self.remote, home=other)
        show = self.run_colvec("dataset", "status", name, "--json", home=other).stdout
        states = [c["status"] for c in json.loads(show)["columns"]]
        self.assertEqual(states, ["not configured", "ready"])

    def test_a_dry_run_lists_what_would_move(self):
        self.grow(2)
        would = self.sync("push", "--remote", self.remote, "--dry-run")["pushed"]
        self.assertEqual(self.gateway.objects(self.bucket), {})
        files = [path for path in would["paths"] if "/part-" in path]
        self.assertEqual(len(files), 4)
        self.sync("push", "--remote", self.remote)
        for path in files:
            self.assertTrue(any(key.endswith("/datasets/products/" + path)
                                for key in self.gateway.objects(self.bucket)), path)

    def test_a_large_file_goes_in_parts_and_a_limit_is_kept(self):
        # One file of more than 64 MB.
        self.write("SELECT i AS document_id, md5(i::VARCHAR) AS content, list_transform(range(384),"
                   " j -> (hash(i * 1000 + j) / 1.8446744e19 - 0.5)::FLOAT)::FLOAT[] AS embedding"
                   " FROM range(60000) r(i)")
        store = self.folder / "store"
        self.run_colvec("store", "import", store, self.source, "--key", "document_id", "--text",
                        "content", "--vector", "embedding", "--fingerprint", "ab" * 32)
        self.assertGreater(max(path.stat().st_size for path in data_files(store)), 64 << 20)
        began = time.monotonic()
        moved = json.loads(self.run_colvec("store", "push", store, "--remote", self.remote,
                                           "--bandwidth", "60MB", "--json").stdout)["pushed"]
        self.assertGreater(time.monotonic() - began, moved["bytes"] / 60e6 * 0.8)
        back = self.folder / "back"
        self.store_sync("pull", back)
        self.verify(back)
        hashes = [sorted((path.name, path.stat().st_size) for path in data_files(one))
                  for one in (store, back)]
        self.assertEqual(*hashes)

    def test_a_remote_is_compacted_and_vacuumed(self):
        self.grow(4)
        self.sync("push", "--remote", self.remote)
        done = self.run_colvec("remote", "compact", self.remote).stdout
        self.assertIn("8 files became 2", done)
        self.run_colvec("remote", "vacuum", self.remote, "--retention-hours", "0")
        other = self.folder / "other"
        self.sync("pull", "--remote", self.remote, home=other)
        self.verify(other / "datasets" / "products" / "embeddings" / "description")
        # The home that pushed goes on.
        self.write(products_sql(50))
        self.refresh()
        self.sync("sync")
        self.sync("sync", home=other)
        status = json.loads(self.run_colvec("dataset", "status", "products", "--json",
                                            home=other).stdout)
        self.assertEqual([c["status"] for c in status["columns"] if c["model"]], ["ready"])
        self.assertEqual(status["sync"]["status"], "in step")

    def test_an_object_that_is_lost_is_pushed_again(self):
        self.grow(2)
        self.sync("push", "--remote", self.remote)
        lost = next(key for key in self.gateway.objects(self.bucket) if key.endswith(".parquet"))
        self.gateway.request("DELETE", f"/{self.bucket}/{lost}")
        other = self.folder / "other"
        self.run_colvec("pull", "products", "--remote", self.remote, home=other, code=3)
        # By their commits both sides have all.
        self.assertEqual(self.sync("push")["pushed"]["files"], 0)
        repaired = self.sync("push", "--repair")["pushed"]
        self.assertEqual([repaired["commits"], repaired["files"]], [0, 1])
        self.assertIn(lost, self.gateway.objects(self.bucket))
        self.sync("pull", "--remote", self.remote, home=other)
        self.verify(other / "datasets" / "products" / "embeddings" / "description")


    def test_an_entry_that_is_damaged_there_is_pushed_again(self):
        self.grow(3)
        self.sync("push", "--remote", self.remote)
        damaged = next(key for key in self.gateway.objects(self.bucket)
                       if key.endswith("/keys/_delta_log/00000000000000000001.json"))
        entry = self.gateway.request("GET", f"/{self.bucket}/{damaged}")
        self.gateway.request("PUT", f"/{self.bucket}/{damaged}",
                             body=entry.replace(b"part-", b"port-"))
        other = self.folder / "other"
        done = self.run_colvec("pull", "products", "--remote", self.remote, home=other, code=5)
        self.assertIn("00000000000000000001.json", done.stderr)
        # As docs/remote.md says it.
        self.gateway.request("DELETE", f"/{self.bucket}/{damaged}")
        self.assertEqual(self.sync("push", "--repair")["pushed"]["files"], 1)
        self.sync("pull", "--remote", self.remote, home=other)
        self.verify(other / "datasets" / "products" / "embeddings" / "description")


class ByItself(RemoteCase):
    def status_of_sync(self):
        return json.loads(self.run_colvec("dataset", "status", "products", "--json").stdout)["sync"]

    def test_every_commit_is_pushed_and_a_remote_that_is_away_is_no_failure(self):
        self.add(products_sql(20))
        self.run_colvec("dataset", "set", "products", "--remote", self.remote, "--sync", "auto")
        self.assertEqual(self.status_of_sync()["status"], "never synced")
        self.refresh()
        status = self.status_of_sync()
        self.assertEqual((status["status"], status["mode"], status["error"]),
                         ("in step", "auto", ""))
        self.assertGreater(status["pushed_ms"], 0)
        other = self.folder / "other"
        self.sync("pull", "--remote", self.remote, home=other)
        self.assertEqual(len(data_files(other)), 2)

        # What a colleague has embedded is pulled before anything is embedded here.
        self.run_colvec("dataset", "set", "products", "--source",
                        self.write(products_sql(25), self.folder / "more.parquet"), home=other)
        self.run_colvec("dataset", "refresh", "products", home=other)
        self.sync("push", home=other)
        self.write(products_sql(25))
        self.assertEqual(self.column()["texts_embedded"], 0)

        self.gateway.kill_gateway()
        try:
            self.write(products_sql(30))
            run = self.refresh()
            self.assertEqual(run["outcome"], "done")
            self.assertTrue(any("not pushed" in note for note in run["notes"])
                            or any("not pulled" in note for note in run["notes"]), run["notes"])
            status = self.status_of_sync()
            self.assertEqual(status["status"], "failed")
            self.assertIn("127.0.0.1", status["error"])
            self.assertGreater(status["error_ms"], 0)
            text = self.run_colvec("dataset", "status", "products").stdout
            self.assertIn("last error", text)
        finally:
            self.gateway.start_gateway()
        self.refresh()
        self.assertEqual(self.status_of_sync()["status"], "in step")
        self.sync("pull", home=other)
        self.run_colvec("dataset", "set", "products", "--source", self.source, home=other)
        run = json.loads(self.run_colvec("dataset", "refresh", "products", "--json", "--progress",
                                         "none", home=other).stdout)
        self.assertEqual(run["columns"][0]["texts_embedded"], 0)


class Buckets(RemoteCase):
    """Bundles that go to a bucket, and sources that come from one."""

    def put(self, key, path):
        self.gateway.request("PUT", f"/{self.bucket}/{key}", body=path.read_bytes())

    def test_a_bundle_goes_through_a_bucket(self):
        model = self.make_model("model", 1)
        self.add(products_sql(20, texts=10), model=model)
        self.refresh()
        first = json.loads(self.run_colvec("deploy", "products", "--to", self.remote,
                                           "--json").stdout)
        host = self.folder / "host"
        self.run_colvec("bundle", "fetch", self.remote, "--to", host)
        self.run_colvec("bundle", "verify", host)
        self.write(products_sql(30, texts=15))
        self.refresh()
        second = json.loads(self.run_colvec("deploy", "products", "--to", self.remote,
                                            "--json").stdout)
        self.assertLess(second["files_copied"], first["files_copied"])
        fetched = json.loads(self.run_colvec("bundle", "fetch", self.remote, "--to", host,
                                             "--json").stdout)
        self.assertEqual(fetched["id"], second["id"])
        shutil.rmtree(model)
        self.run_colvec("bundle", "verify", host)
        output = self.folder / "out.parquet"
        told = json.loads(self.run_colvec("bundle", "encode", host, self.source, "--output", output,
                                          "--json").stdout)
        self.assertEqual((told["rows"], told["columns"][0]["texts_embedded"]), (30, 0))
        self.assertEqual(list(self.home.glob("datasets/products/deploy.tmp*")), [])

    def test_a_deployment_that_is_stopped_leaves_the_bundle_of_another_home(self):
        """Both homes are at the same revision, with another content."""
        self.add(products_sql(20))
        self.refresh()
        self.run_colvec("push", "products", "--remote", self.remote)
        other = self.folder / "other"
        self.sync("pull", "--remote", self.remote, home=other)
        bundle, host = f"s3://{self.bucket}/bundle", self.folder / "host"
        files = [home / "datasets" / "products" / "dataset.json" for home in (self.home, other)]
        ours, theirs = (json.loads(file.read_text()) for file in files)
        theirs["revision"] = ours["revision"]
        theirs["source"] = {"path": "/elsewhere/products.parquet"}
        files[1].write_text(json.dumps(theirs))
        self.run_colvec("deploy", "products", "--to", bundle)
        before = {key: self.gateway.request("GET", f"/{self.bucket}/{key}")
                  for key in self.gateway.objects(self.bucket) if key.startswith("bundle/")}
        self.run_colvec("deploy", "products", "--to", bundle, home=other)
        # As it was before the last step.
        published = next(key for key in before if key.endswith("/bundle.json"))
        self.gateway.request("PUT", f"/{self.bucket}/{published}", body=before.pop(published))
        for key, body in before.items():
            self.assertEqual(self.gateway.request("GET", f"/{self.bucket}/{key}"), body, key)
        self.run_colvec("bundle", "fetch", bundle, "--to", host)
        self.run_colvec("bundle", "verify", host)

    def test_a_dataset_has_its_source_in_a_bucket(self):
        self.put("in/products.parquet", self.write(products_sql(10)))
        url = f"s3://{self.bucket}/in/products.parquet"
        self.run_colvec("dataset", "add", "products", url, "--key", "shop,product_id")
        self.run_colvec("column", "set", "products", "description", "--model", "builtin:lexical")
        self.assertEqual(self.refresh()["rows"], 10)
        self.assertEqual(self.refresh()["outcome"], "unchanged")
        self.put("in/products.parquet", self.write(products_sql(15)))
        run = self.refresh()
        self.assertEqual((run["rows"], run["columns"][0]["texts_embedded"]), (15, 5))
        server = Server(home=self.home, env={**self.environment, "HOME": str(self.folder)})
        self.addCleanup(server.stop)
        preview = server.get("/api/v1/datasets/products/preview?rows=12")
        self.assertEqual((preview.status, len(preview.json.get("rows", []))), (200, 12),
                         preview.body)
        self.run_colvec("dataset", "set", "products", "--remote", self.remote)
        self.sync("push")
        other = self.folder / "other"
        self.sync("pull", "--remote", self.remote, home=other)
        run = json.loads(self.run_colvec("dataset", "refresh", "products", "--json", "--progress",
                                         "none", home=other).stdout)
        self.assertEqual((run["rows"], run["columns"][0]["texts_embedded"]), (15, 0))

    def test_a_table_job_reads_files_in_a_bucket(self):
        for part in range(3):
            self.put(f"in/part {part}.parquet", self.write(
                f"SELECT i AS document_id, 'text ' || i AS content"
                f" FROM range({part * 10}, {part * 10 + 10}) r(i)"))
        config = write_config(self.folder, input_table=None,
                              input_db_path=f"s3://{self.bucket}/in/*.parquet")
        self.run_colvec("embed", config)
        rows = sql(self.folder / "output.duckdb", "SELECT count(*) FROM embedded_texts")
        self.assertEqual(rows, ["30"])
        missing = write_config(self.folder, input_table=None,
                               input_db_path=f"s3://{self.bucket}/nothing.parquet")
        refused = self.run_colvec("embed", missing, code=3).stderr
        self.assertIn("nothing.parquet: no such object", refused)


class Errors(RemoteCase):
    def setUp(self):
        super().setUp()
        self.add(products_sql(5))
        self.refresh()

    def push_refused(self, code, *words, remote=None, environment=None):
        done = self.run_colvec("push", "products", "--remote", remote or self.remote, code=code,
                               environment=environment)
        errors = [line for line in done.stderr.splitlines() if line.startswith("colvec: error: ")]
        self.assertEqual(len(errors), 1, done.stderr)
        for word in words:
            self.assertIn(word, errors[0])
        for keys in (self.gateway.OWNER, self.gateway.READER):
            self.assertNotIn(keys.secret, done.stdout + done.stderr)
        return errors[0]

    def test_the_check_tells_what_a_remote_can_do(self):
        done = self.run_colvec("remote", "check", self.remote).stdout
        self.assertIn("usable by many writers", done)
        self.assertNotIn("FAILED", done)
        self.assertEqual(self.gateway.objects(self.bucket), {})

    def test_keys(self):
        owner = self.gateway.OWNER
        wrong_secret = self.gateway.environment(Keys(owner.access, "wrongSecret999"))
        self.push_refused(2, "the secret key does not fit", environment=wrong_secret)
        unknown = self.gateway.environment(Keys("AKNOBODY", owner.secret))
        self.push_refused(2, "does not know the access key", environment=unknown)
        none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.push_refused(2, "AWS_ACCESS_KEY_ID", environment=none)

    def test_buckets(self):
        self.push_refused(3, "no such bucket", "make it", remote="s3://no-such-bucket/x")
        policy = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/reader"]},
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{self.bucket}", f"arn:aws:s3:::{self.bucket}/*"]}]}
        self.gateway.request("PUT", f"/{self.bucket}", "policy=", json.dumps(policy).encode())
        self.sync("push", "--remote", self.remote)
        reader = self.gateway.environment(self.gateway.READER)
        self.write(products_sql(9))
        self.refresh()
        self.push_refused(2, "access denied", "lack the right", environment=reader)
        # Who may read can pull.
        other = self.folder / "other"
        self.sync("pull", "--remote", self.remote, home=other, environment=reader)
        self.assertEqual(len(data_files(other)), 2)

    def test_another_region_and_a_server_that_is_not_there(self):
        body = (b"<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>")
        with FaultyProxy(0, answer=(301, [("x-amz-bucket-region", "eu-west-9")], body)) as proxy:
            self.push_refused(2, "another region", "AWS_REGION=eu-west-9",
                              environment={"AWS_ENDPOINT_URL": proxy.endpoint})
        self.push_refused(2, "must be s3://", remote="gs://bucket/x")

    def test_a_clock_that_is_wrong(self):
        if shutil.which("faketime") is None:
            self.skipTest("SKIPPED: not installed: faketime (./setup.sh --tests)")
        process = self.start("push", "products", "--remote", self.remote,
                             prefix=("faketime", "-f", "-3h"))
        errors = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 2, errors)
        self.assertIn("this machine's clock is wrong: set it", errors)

    def test_secrets_stay_where_they_are(self):
        secret = self.gateway.OWNER.secret
        process = self.start("push", "products", "--remote", self.remote, "--bandwidth", "5kB")
        seen = ""
        for _ in range(20):
            try:
                seen += pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
            except (FileNotFoundError, ProcessLookupError):
                break
            time.sleep(0.05)
        out, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("push", seen)
        for text in (seen, out, errors):
            self.assertNotIn(secret, text)
        for path in self.home.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        for key in self.gateway.objects(self.bucket):
            self.assertNotIn(secret.encode(),
                             self.gateway.request("GET", f"/{self.bucket}/{key}"), key)

    def test_keys_in_a_url_are_neither_kept_nor_shown(self):
        self.sync("push", "--remote", self.remote)
        other = self.folder / "other"
        parts = ("wJalrXUtnFEMI", "K7MDENGbPxRfiCYEXAMPLEKEY")
        for secret in ("".join(parts), "/".join(parts)):
            url = f"s3://AKIAEXAMPLE:{secret}@bucket/x"
            for arguments in (["push", "products", "--remote", url],
                              ["pull", "products", "--remote", url],
                              ["dataset", "set", "products", "--remote", url],
                              ["dataset", "set", "products", "--source", url],
                              ["dataset", "add", "others", f"{url}.parquet", "--key", "x"],
                              ["deploy", "products", "--to", url],
                              ["bundle", "fetch", url, "--to", self.folder / "fetched"],
                              ["store", "push", self.store(), "--remote", url],
                              ["remote", "check", url], ["remote", "vacuum", url],
                              ["embed", write_config(self.folder, input_table=None,
                                                     input_db_path=url)]):
                done = self.run_colvec(*arguments, code=2)
                for part in ("AKIAEXAMPLE", *parts):
                    self.assertNotIn(part, done.stdout + done.stderr, arguments)
            (self.folder / "config.json").unlink()
            self.run_colvec("pull", "products", "--remote", self.remote, "--source", url,
                            home=other, code=2)
        for path in self.folder.rglob("*"):
            if path.is_file():
                for part in parts:
                    self.assertNotIn(part.encode(), path.read_bytes(), path)
        self.sync("push")
        for key in self.gateway.objects(self.bucket):
            for part in parts:
                self.assertNotIn(part.encode(),
                                 self.gateway.request("GET", f"/{self.bucket}/{key}"), key)


if __name__ == "__main__":
    need_radosgw()
    unittest.main(verbosity=2 if IS_LONG else 1)
