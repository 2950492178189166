#!/usr/bin/env python3
"""colvec model pull, list, verify, remove, and names in other commands, with a hub that the test
runs, which also fails."""

import fcntl
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from fake_hub import FakeHub, sha256  # noqa: E402
from jobs import COLVEC, ROOT, colvec, sql, write_config  # noqa: E402

TINY = ROOT / "testdata" / "models" / "tiny-bert" / "model"
NEEDED = ["1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors",
          "config.json", "config_sentence_transformers.json", "model.safetensors", "modules.json",
          "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json"]


class HubCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="colvec_hub_")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.models = self.folder / "hub"
        self.cache = self.folder / "home" / "hub"
        self.add("org/tiny")
        self.hub = FakeHub(self.models).__enter__()
        self.addCleanup(self.hub.__exit__)
        self.env = {"HF_HOME": str(self.folder / "home"), "HF_ENDPOINT": self.hub.endpoint,
                    "HF_HUB_CACHE": "", "HF_TOKEN": "", "HF_TOKEN_PATH": "", "HF_HUB_OFFLINE": "",
                    "no_proxy": "*"}

    def add(self, repo):
        shutil.copytree(TINY, self.models / repo, copy_function=shutil.copyfile)
        (self.models / repo / "README.md").write_text("# tiny")
        (self.models / repo / "pytorch_model.bin").write_bytes(b"never opened" * 200)
        return self.models / repo

    def colvec(self, *arguments, **env):
        return colvec(*arguments, env={**self.env, **env})

    def ok(self, *arguments, **env):
        done = self.colvec(*arguments, **env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, code, message, *arguments, **env):
        done = self.colvec(*arguments, **env)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(message, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done

    def pull(self, *arguments, **env):
        return json.loads(self.ok("model", "pull", *arguments, "--json", **env))

    def files_of(self, snapshot):
        root = pathlib.Path(snapshot)
        return {path.relative_to(root).as_posix(): path for path in root.rglob("*")
                if not path.is_dir()}


class Pull(HubCase):
    def test_brings_the_files_that_the_loader_needs(self):
        pulled = self.pull("org/tiny")
        self.assertEqual((pulled["name"], pulled["commit"]),
                         ("org/tiny", self.hub.commit("org/tiny")))
        files = self.files_of(pulled["path"])
        self.assertEqual(sorted(files), NEEDED)
        self.assertEqual((pulled["files"], pulled["files_fetched"]), (10, 10))
        for name, path in files.items():
            self.assertTrue(path.is_symlink())
            self.assertEqual(path.read_bytes(), (TINY / name).read_bytes())
            self.assertFalse(os.path.isabs(os.readlink(path)))
        weights = pathlib.Path(os.readlink(files["model.safetensors"])).name
        self.assertEqual(weights, sha256((TINY / "model.safetensors").read_bytes()))
        repo = self.cache / "models--org--tiny"
        self.assertEqual((repo / "refs" / "main").read_text(), pulled["commit"])
        self.assertEqual(len(list((repo / "blobs").iterdir())), 10)
        asked = " ".join(self.hub.requests)
        self.assertNotIn("README", asked)
        self.assertNotIn("pytorch_model", asked)

    def test_a_name_is_a_model_in_every_command(self):
        self.refused(3, "org/tiny: fetch it with: colvec model pull org/tiny", "model", "show",
                     "org/tiny")
        self.ok("model", "pull", "org/tiny")
        shown = json.loads(self.ok("model", "show", "org/tiny", "--json"))
        same = json.loads(self.ok("model", "show", TINY, "--json"))
        self.assertEqual(shown["fingerprint"], same["fingerprint"])
        self.assertEqual((shown["model"], shown["dimension"]), ("org/tiny", 24))
        sql(self.folder / "input.duckdb", "CREATE TABLE source_texts AS SELECT i AS document_id, "
            "'hello world ' || i AS content FROM range(5) AS r(i)")
        write_config(self.folder, model="org/tiny", store="store")
        self.ok("embed", self.folder / "config.json")
        rows = sql(self.folder / "output.duckdb", "SELECT count(*) FROM embedded_texts")
        self.assertEqual(rows, ["5"])
        self.ok("tokenize", "org/tiny", "--input", self.texts(), "--output",
                self.folder / "ids.jsonl")

    def texts(self):
        path = self.folder / "texts.jsonl"
        path.write_text('{"text": "hello"}\n')
        return path

    def test_only_what_is_new_is_fetched(self):
        first = self.pull("org/tiny")
        self.assertEqual(self.pull("org/tiny")["files_fetched"], 0)
        settings = self.models / "org/tiny" / "sentence_bert_config.json"
        settings.write_text('{"max_seq_length": 40}')
        second = self.pull("org/tiny")
        self.assertNotEqual(second["commit"], first["commit"])
        self.assertEqual(second["files_fetched"], 1)
        shown = json.loads(self.ok("model", "show", "org/tiny", "--json"))
        self.assertEqual(shown["tokens_max"], 40)
        old = json.loads(self.ok("model", "show", f"org/tiny@{first['commit']}", "--json"))
        self.assertEqual(old["tokens_max"], 48)

    def test_shards_come_by_their_index(self):
        model = self.add("org/sharded")
        (model / "model.safetensors").rename(model / "model-00001-of-00001.safetensors")
        names = json.loads(self.header_of(model / "model-00001-of-00001.safetensors"))
        places = {name: "model-00001-of-00001.safetensors" for name in names
                  if name != "__metadata__"}
        (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
        (model / "model-00001-of-00009.safetensors").write_bytes(b"of another index")
        files = self.files_of(self.pull("org/sharded")["path"])
        self.assertIn("model-00001-of-00001.safetensors", files)
        self.assertNotIn("model-00001-of-00009.safetensors", files)
        self.ok("model", "show", "org/sharded")

    def header_of(self, path):
        data = path.read_bytes()
        size = int.from_bytes(data[:8], "little")
        return data[8:8 + size]

    def test_pulls_at_once_fetch_once(self):
        results = []
        threads = [threading.Thread(target=lambda: results.append(self.pull("org/tiny")))
                   for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(result["files_fetched"] for result in results), 10)


class BadHub(HubCase):
    def test_goes_on_after_each_fault(self):
        for kind in ("503", "429", "reset", "cut", "cut"):
            self.hub.fail(kind)
        self.assertEqual(self.pull("org/tiny")["files_fetched"], 10)
        self.assertTrue([line for line in self.hub.requests if " from " in line])
        self.ok("model", "verify", "org/tiny")

    def test_a_killed_pull_goes_on(self):
        weights = os.urandom(4_000_000)
        large = self.models / "org/tiny" / "2_Dense" / "model.safetensors"
        large.write_bytes(weights)
        blob = self.cache / "models--org--tiny" / "blobs" / (sha256(weights) + ".incomplete")
        self.hub.fail("slow")
        process = subprocess.Popen([COLVEC, "model", "pull", "org/tiny", "--quiet"],
                                   env={**os.environ, **self.env}, stdout=subprocess.DEVNULL)
        while process.poll() is None and not (blob.exists() and blob.stat().st_size > 1_000_000):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertTrue(blob.exists(), "the pull came to its end first")
        self.assertFalse((self.cache / "models--org--tiny" / "refs" / "main").exists())
        # What has come is no model, though its folder can be named.
        part = f"org/tiny@{self.hub.commit('org/tiny')}"
        self.refused(3, "is here only in part", "--offline", "model", "pull", part)
        self.refused(3, f"colvec model pull {part}", "model", "verify", part)
        there = blob.stat().st_size
        pulled = self.pull("org/tiny")
        self.assertLessEqual(pulled["bytes_fetched"], pulled["bytes"] - there)
        self.assertEqual((pathlib.Path(pulled["path"]) / "2_Dense/model.safetensors").read_bytes(),
                         weights)

    def test_wrong_bytes_are_never_taken(self):
        self.hub.fail("wrong")
        self.refused(5, "the hub sends other bytes than it has named", "model", "pull", "org/tiny",
                     "--quiet")
        self.refused(3, "fetch it with", "model", "show", "org/tiny")
        self.ok("model", "pull", "org/tiny")

    def test_refusals_say_what_to_do(self):
        for repo in ("gated/tiny", "closed/tiny"):
            self.add(repo)
        self.refused(2, "Access to this model is restricted", "model", "pull", "gated/tiny")
        self.refused(2, "the hub refuses access", "model", "pull", "closed/tiny")
        self.refused(2, "no such model for those without a token", "model", "pull", "org/none")
        self.refused(3, "the hub has no such revision: v9", "model", "pull", "org/tiny@v9")
        self.refused(3, "the hub has no such revision: v9", "model", "pull", "org/tiny",
                     "--revision", "v9")
        self.refused(2, "not the name of a model at a hub", "model", "pull", "tiny")
        self.refused(2, "HF_ENDPOINT or --endpoint", "model", "pull", "org/tiny", HF_ENDPOINT="")

    def test_a_model_that_is_not_ours_costs_no_weights(self):
        model = self.add("org/other")
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps({**config, "model_type": "quantumbert"}))
        self.refused(4, "org/other: ", "model", "pull", "org/other")
        self.assertFalse([line for line in self.hub.requests if "/cdn/" in line and
                          sha256((model / "model.safetensors").read_bytes()) in line])
        pickled = self.add("org/pickled")
        (pickled / "model.safetensors").unlink()
        self.refused(4, "pickled files are never opened", "model", "pull", "org/pickled")

    def test_the_token_goes_to_the_hub_alone(self):
        self.add("gated/tiny")
        token = self.folder / "home" / "token"
        token.parent.mkdir(exist_ok=True)
        token.write_text("secret\n")
        self.pull("gated/tiny")
        self.assertTrue(all("+token" in line for line in self.hub.requests
                            if not line.startswith("GET /cdn/")))
        self.assertFalse([line for line in self.hub.requests
                          if line.startswith("GET /cdn/") and "+token" in line])
        self.refused(2, "does not take the token", "model", "pull", "gated/tiny", HF_TOKEN="wrong")

    def test_a_full_disk_is_one_line(self):
        # As large as the small files, not as the weights.
        weights = os.urandom(3_000_000)
        (self.models / "org/tiny" / "2_Dense" / "model.safetensors").write_bytes(weights)
        mount = self.folder / "disk"
        mount.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", mount],
                          capture_output=True).returncode != 0:
            self.skipTest("no disk can be mounted here")
        self.addCleanup(subprocess.run, ["umount", mount])
        self.refused(6, "MB are free", "model", "pull", "org/tiny", HF_HUB_CACHE=str(mount))


class Offline(HubCase):
    def test_asks_nobody(self):
        for arguments, env in ((("--offline", "model", "pull", "org/tiny"), {}),
                               (("model", "pull", "org/tiny", "--offline"), {}),
                               (("model", "pull", "org/tiny"), {"HF_HUB_OFFLINE": "1"})):
            self.refused(3, "offline it stays so", *arguments, **env)
        self.assertEqual(self.hub.requests, [])
        self.ok("model", "pull", "org/tiny")
        self.hub.requests.clear()
        self.assertIn("org/tiny at", self.ok("--offline", "model", "pull", "org/tiny"))
        self.ok("model", "show", "org/tiny")
        self.assertEqual(self.hub.requests, [])


class Cache(HubCase):
    def list(self):
        return [json.loads(line) for line in self.ok("model", "list", "--json").splitlines()]

    def test_list_says_what_is_there(self):
        self.assertEqual(self.ok("model", "list"), "")
        pulled = self.pull("org/tiny")
        [model] = self.list()
        self.assertEqual((model["name"], model["family"], model["dimension"], model["tokens_max"],
                          model["bytes"], model["path"], model["problem"]),
                         ("org/tiny", "bert", 24, 48, pulled["bytes"], pulled["path"], None))
        text = self.ok("model", "list")
        self.assertIn("org/tiny\n  bert, 24 numbers, 48 tokens, ", text)
        # What another program has left there in part.
        (pathlib.Path(pulled["path"]) / "config.json").unlink()
        self.assertIn("config.json", self.list()[0]["problem"])
        self.assertIn("cannot be run: ", self.ok("model", "list"))

    def fetched_by_python(self, commit, *names):
        """The commit as huggingface_hub leaves it when asked for these files alone."""
        repo = self.cache / "models--org--tiny"
        snapshot = repo / "snapshots" / commit
        for folder in (repo / "refs", repo / "blobs", snapshot):
            folder.mkdir(parents=True, exist_ok=True)
        (repo / "refs" / "main").write_text(commit)
        for name in names:
            blob = repo / "blobs" / sha256((TINY / name).read_bytes())
            shutil.copyfile(TINY / name, blob)
            (snapshot / name).symlink_to(os.path.relpath(blob, snapshot))

    def test_what_another_program_has_left_in_part_is_no_model(self):
        # transformers asks for these, and vectors of theirs alone would be a mean without a Dense.
        names = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
        commit = self.hub.commit("org/tiny")
        self.fetched_by_python(commit, *names)
        said = "org/tiny: is here only in part, has no modules.json"
        self.refused(3, said, "model", "show", "org/tiny")
        self.refused(3, "colvec model pull org/tiny", "model", "verify", "org/tiny")
        self.refused(3, said, "--offline", "model", "pull", "org/tiny")
        self.assertIn(said, self.list()[0]["problem"])
        self.assertIn("cannot be run: ", self.ok("model", "list"))
        # Its folder is what it says.
        self.ok("model", "show", self.cache / "models--org--tiny" / "snapshots" / commit)
        self.assertEqual(self.pull("org/tiny")["commit"], commit)
        whole = json.loads(self.ok("model", "show", "org/tiny", "--json"))
        # A newer commit in part takes the name from the one that was pulled, until it is whole.
        (self.models / "org/tiny" / "README.md").write_text("# newer")
        newer = self.hub.commit("org/tiny")
        self.fetched_by_python(newer, *names)
        self.refused(3, said, "model", "show", "org/tiny")
        self.ok("model", "show", f"org/tiny@{commit}")
        self.assertEqual(self.pull("org/tiny")["commit"], newer)
        shown = json.loads(self.ok("model", "show", "org/tiny", "--json"))
        self.assertEqual(shown["fingerprint"], whole["fingerprint"])
        self.ok("--offline", "model", "pull", "org/tiny")
        self.ok("model", "remove", "org/tiny", "--yes")

    def test_a_part_can_be_removed(self):
        self.fetched_by_python(self.hub.commit("org/tiny"), "config.json")
        self.ok("model", "remove", "org/tiny", "--yes")
        self.assertEqual(self.list(), [])

    def test_a_model_that_has_no_modules_is_whole_by_its_pull(self):
        model = self.add("org/plain")
        (model / "modules.json").unlink()
        self.pull("org/plain")
        self.ok("model", "show", "org/plain")
        self.ok("--offline", "model", "pull", "org/plain")

    def test_verify_reads_every_byte(self):
        pulled = self.pull("org/tiny")
        self.assertIn("10 files", self.ok("model", "verify", "org/tiny"))
        blob = (pathlib.Path(pulled["path"]) / "model.safetensors").resolve()
        data = bytearray(blob.read_bytes())
        data[-1] ^= 1
        blob.write_bytes(data)
        self.refused(5, f"{blob.name}: has the checksum", "model", "verify", "org/tiny")

    def test_remove_frees_what_nobody_else_has(self):
        self.refused(2, "say --yes", "model", "remove", "org/tiny")
        self.refused(3, "org/tiny", "model", "remove", "org/tiny", "--yes")
        first = self.pull("org/tiny")
        (self.models / "org/tiny" / "sentence_bert_config.json").write_text("{}")
        self.pull("org/tiny")
        self.assertEqual(sorted(model["name"] for model in self.list()),
                         ["org/tiny", f"org/tiny@{first['commit']}"])
        self.ok("model", "remove", f"org/tiny@{first['commit']}", "--yes")
        self.ok("model", "verify", "org/tiny")
        self.assertEqual(len(self.list()), 1)
        self.assertIn("freed", self.ok("model", "remove", "org/tiny", "--yes"))
        self.assertEqual(self.list(), [])
        self.assertFalse((self.cache / "models--org--tiny").exists())

    def test_a_model_is_not_removed_while_it_is_pulled(self):
        self.pull("org/tiny")
        lock = self.cache / ".locks" / "models--org--tiny" / "pull.lock"
        with open(lock, "w", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.refused(7, "org/tiny: is being pulled", "model", "remove", "org/tiny", "--yes")
        self.ok("model", "remove", "org/tiny", "--yes")

    def test_a_bundle_takes_the_files_along(self):
        self.ok("model", "pull", "org/tiny")
        home = self.folder / "datasets"
        (self.folder / "t.csv").write_text("id,text\n1,hello\n2,world\n")
        self.ok("dataset", "add", "t", self.folder / "t.csv", "--home", home, "--key", "id")
        self.ok("column", "set", "t", "text", "--home", home, "--model", "org/tiny")
        self.ok("dataset", "refresh", "t", "--home", home)
        self.ok("deploy", "t", "--home", home, "--to", self.folder / "bundle")
        self.ok("model", "remove", "org/tiny", "--yes")
        self.ok("bundle", "verify", self.folder / "bundle")
        weights = list((self.folder / "bundle").rglob("model.safetensors"))
        self.assertEqual(len(weights), 2)
        self.assertFalse(any(stat.S_ISLNK(path.lstat().st_mode) for path in weights))


if __name__ == "__main__":
    unittest.main()
