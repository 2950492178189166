#!/usr/bin/env python3
"""The routes for models of a hub: pull, list, use, verify, remove, with a hub that the test runs."""

import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from fake_hub import FakeHub  # noqa: E402
from jobs import ROOT  # noqa: E402
from servers import ServerCase, quoted  # noqa: E402

TINY = ROOT / "testdata" / "models" / "tiny-bert" / "model"
NAME = {"name": "org/tiny"}


class Models(ServerCase):
    def setUp(self):
        super().setUp()
        shutil.copytree(TINY, self.folder / "hub" / "org" / "tiny", copy_function=shutil.copyfile)
        self.hub = FakeHub(self.folder / "hub").__enter__()
        self.addCleanup(self.hub.__exit__)
        self.server = self.serve(env={"HF_HOME": str(self.folder / "cache"), "HF_HUB_CACHE": "",
                                      "HF_ENDPOINT": self.hub.endpoint, "HF_TOKEN": "",
                                      "HF_HUB_OFFLINE": "", "no_proxy": "*"})

    def job(self, path, body, state="done"):
        answer = self.ok(self.server.post("/api/v1/models/" + path, body), 202)
        done = self.wait_for_job(self.server, answer.json["job"])
        self.assertEqual(done["state"], state, done)
        return done

    def cached(self):
        return [model for model in self.ok(self.server.get("/api/v1/models")).json
                if model["is_cached"]]

    def test_a_model_comes_is_used_and_goes(self):
        self.assertEqual(self.cached(), [])
        done = self.job("pull", NAME)
        self.assertEqual((done["kind"], done["title"], done["dataset"]),
                         ("pull_model", "Pull org/tiny", ""))
        pulled = done["result"]
        self.assertEqual((pulled["name"], pulled["files"]), ("org/tiny", 10))
        self.assertEqual(pulled["bytes_fetched"], pulled["bytes"])
        self.assertEqual(done["progress"]["done"], pulled["bytes"])
        [model] = self.cached()
        self.assertEqual((model["name"], model["label"], model["family"], model["dimension"]),
                         ("org/tiny", "org/tiny", "bert", 24))

        (self.data / "t.csv").write_text("id,text\n1,hello\n2,world\n")
        self.ok(self.server.post("/api/v1/datasets", {"dataset": {
            "name": "t", "source": {"path": str(self.data / "t.csv")},
            "columns": [{"name": "id", "is_primary_key": True}, {"name": "text"}]}}), 201)
        column = "/api/v1/datasets/t/columns/text"
        self.ok(self.server.request("PATCH", column, {"embedding": {"model": "org/tiny"}}))
        refresh = self.ok(self.server.post("/api/v1/datasets/t/refresh"), 202).json["job"]
        self.assertEqual(self.wait_for_job(self.server, refresh)["state"], "done")

        self.assertEqual(self.job("verify", NAME)["result"]["files"], 10)
        weights = next((self.folder / "cache").rglob("model.safetensors")).resolve()
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1
        weights.write_bytes(data)
        failed = self.job("verify", NAME, "failed")
        self.assertIn("has the checksum", failed["error"]["message"])

        self.ok(self.server.request("DELETE", "/api/v1/models/" + quoted("org/tiny")), 204)
        self.assertEqual(self.cached(), [])

    def test_refusals(self):
        self.refused(self.server.post("/api/v1/models/verify", NAME), 404, "colvec model pull")
        self.refused(self.server.request("DELETE", "/api/v1/models/" + quoted("org/tiny")), 404,
                     "org/tiny")
        self.refused(self.server.request("DELETE", "/api/v1/models/" + quoted("../x")), 400,
                     "not the name of a model at a hub")
        self.refused(self.server.post("/api/v1/models/pull", {}), 400, "name")
        for name, says in (("nonsense", "not the name of a model at a hub"),
                           ("org/none", "the hub has no such model")):
            self.assertIn(says, self.job("pull", {"name": name}, "failed")["error"]["message"])


if __name__ == "__main__":
    unittest.main()
