#!/usr/bin/env python3
"""POST /v1/embeddings as OpenAI's clients call it: forms, errors, batches, caches, bundles."""

import base64
import concurrent.futures
import json
import pathlib
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
import stores  # noqa: E402
from jobs import ROOT, colvec  # noqa: E402
from parquet_readers import NODE_MODULES, READERS, node  # noqa: E402
from servers import ServerCase  # noqa: E402

TINY = ROOT / "testdata" / "models" / "tiny-bert" / "model"
URL = "/v1/embeddings"
TEXTS = ["a red apple", "hammer and nails", "été", "x y " * 3000, "a red apple"]


def floats(data):
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def as_floats(vectors):
    """What decimal digits, or numbers of more bits, are as 32-bit floats."""
    return [[struct.unpack("<f", struct.pack("<f", x))[0] for x in vector] for vector in vectors]


def decoded(item):
    return floats(base64.b64decode(item["embedding"]))


class Embeddings(ServerCase):
    def setUp(self):
        super().setUp()
        self.model = self.home / "tiny"
        done = colvec("model", "synth", "--config", TINY, "--output", self.model)
        self.assertEqual(done.returncode, 0, done.stderr)

    def serve_tiny(self, *arguments):
        return self.serve("--model", f"tiny={self.model}", *arguments)

    def engine(self, texts, *arguments):
        """The vectors that the command line gives."""
        lines = "\n".join(json.dumps({"text": text}) for text in texts)
        (self.folder / "texts.jsonl").write_text(lines)
        done = colvec("encode", self.model, "--input", self.folder / "texts.jsonl",
                      "--output", self.folder / "vectors.npy", "--precision", "auto", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        data = (self.folder / "vectors.npy").read_bytes()
        size = 10 + struct.unpack("<H", data[8:10])[0]
        values = floats(data[size:])
        dimension = len(values) // len(texts)
        return [values[i * dimension:(i + 1) * dimension] for i in range(len(texts))]

    def embed(self, server, texts, **more):
        body = {"input": texts, "encoding_format": "base64", **more}
        return [decoded(item) for item in self.ok(server.post(URL, body)).json["data"]]

    def test_every_form_has_the_numbers_of_the_engine(self):
        server = self.serve_tiny()
        wanted = self.engine(TEXTS)
        answer = self.ok(server.post(URL, {"input": TEXTS, "model": "tiny"})).json
        self.assertEqual((answer["object"], answer["model"]), ("list", "tiny"))
        self.assertEqual([item["index"] for item in answer["data"]], list(range(len(TEXTS))))
        self.assertEqual(as_floats(item["embedding"] for item in answer["data"]), wanted)
        self.assertEqual(answer["usage"]["prompt_tokens"], answer["usage"]["total_tokens"])
        self.assertGreater(answer["usage"]["prompt_tokens"], len(TEXTS))
        self.assertEqual(self.embed(server, TEXTS), wanted)
        self.assertEqual(self.embed(server, TEXTS[0]), wanted[:1])
        raw = server.request("POST", URL, {"input": TEXTS}, {"Accept": "application/octet-stream"})
        self.assertEqual(raw.headers["X-Colvec-Shape"], f"{len(TEXTS)},{len(wanted[0])}")
        self.assertEqual(floats(raw.body), sum(wanted, []))
        self.assertEqual(raw.headers["X-Colvec-Truncated"], "1")

    def test_token_ids_have_the_vector_of_their_text(self):
        # The model's own default prompt is put before texts, not before ids.
        settings = self.model / "config_sentence_transformers.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()),
                                        "default_prompt_name": None}))
        server = self.serve_tiny()
        (self.folder / "in.jsonl").write_text("\n".join(json.dumps({"text": t}) for t in TEXTS[:3]))
        done = colvec("tokenize", self.model, "--input", self.folder / "in.jsonl",
                      "--output", self.folder / "ids.jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        ids = [json.loads(line)["ids"]
               for line in (self.folder / "ids.jsonl").read_text().splitlines()]
        wanted = self.embed(server, TEXTS[:3])
        self.assertEqual(self.embed(server, ids), wanted)
        self.assertEqual(self.embed(server, ids[0]), wanted[:1])
        for good in (1, 200):  # More than a batch has.
            wrong = server.post(URL, {"input": [*[ids[0]] * good, [999999999]]})
            self.assertEqual(wrong.status, 400)
            self.assertEqual(wrong.json["error"]["param"], "input")
            self.assertIn(f"input[{good}]: token ids must be below", wrong.message)

    def test_errors_have_the_shape_that_clients_know(self):
        server = self.serve_tiny("--model", "builtin:lexical")
        for body, status, parameter, says in (
                ({"model": "tiny"}, 400, "input", "input: missing"),
                ({"input": "", "model": "tiny"}, 400, "input", "must not be empty"),
                ({"input": "a"}, 400, "model", "model: missing: one of tiny, builtin:lexical"),
                ({"input": "a", "model": "gpt"}, 404, "model", "no such model: gpt"),
                ({"input": "a", "model": "tiny", "dimensions": 7}, 400, "dimensions", "7"),
                ({"input": "a", "model": "tiny", "encoding_format": "x"}, 400, "encoding_format",
                 "float or base64"),
                ({"input": "x " * 3000, "model": "tiny", "truncate": False}, 400, "input",
                 "has more tokens"),
                ({"input": [1], "model": "builtin:lexical"}, 422, None, "not token ids"),
                ({"input": ["a"] * 2049, "model": "tiny"}, 400, "input", "at most 2048")):
            with self.subTest(says=says):
                answer = server.post(URL, body)
                self.refused(answer, status, says)
                error = answer.json["error"]
                self.assertEqual(set(error), {"message", "type", "param", "code"})
                self.assertEqual(error["param"], parameter)
                self.assertEqual(error["type"], "invalid_request_error")
        self.refused(server.request("POST", URL, "{"), 400, "body")
        self.refused(server.request("POST", URL, "a=b", {"Content-Type": "text/plain"}), 415)

    def test_the_models_are_listed(self):
        server = self.serve_tiny("--model", "builtin:lexical")
        listed = self.ok(server.get("/v1/models")).json
        self.assertEqual([model["id"] for model in listed["data"]], ["tiny", "builtin:lexical"])
        self.assertEqual(listed["data"][0]["object"], "model")
        self.assertEqual(listed["data"][0]["dimensions"], [24, 16, 8])
        self.assertEqual(listed["data"][1]["dimensions"], [384])

    def test_a_dimension_that_the_model_was_trained_for_is_a_cut_of_the_engine(self):
        server = self.serve_tiny()
        self.assertEqual(self.embed(server, TEXTS, dimensions=16),
                         self.engine(TEXTS, "--dimension", 16))
        self.assertEqual(self.embed(server, TEXTS, dimensions=24), self.embed(server, TEXTS))

    def test_without_a_model_the_built_in_one_is_served(self):
        server = self.serve()
        self.assertEqual(len(self.embed(server, "a")[0]), 384)

    def test_concurrent_requests_get_the_bytes_that_single_ones_get(self):
        server = self.serve_tiny()
        texts = [f"text number {i} " + "and more " * (i % 30) for i in range(200)]
        single = {text: server.post(URL, {"input": text}).body for text in texts}
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = pool.map(lambda text: (text, server.post(URL, {"input": text})), texts * 5)
            for text, answer in answers:
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.body, single[text])
        metrics = server.get("/metrics").body.decode()
        count = float(next(line.split()[1] for line in metrics.splitlines()
                           if line.startswith("colvec_batch_texts_count")))
        self.assertLess(count, 200 + 1000)  # Some went together.

    def test_a_long_request_does_not_hold_up_a_short_one(self):
        server = self.serve_tiny()
        many = [f"text number {i} " + "and more " * 40 for i in range(2048)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            long = pool.submit(server.post, URL, {"input": many})
            short = [pool.submit(server.post, URL, {"input": "a"}) for _ in range(5)]
            for answer in short:
                self.assertEqual(answer.result().status, 200)
            self.assertFalse(long.done())
            self.assertEqual(len(long.result().json["data"]), 2048)

    def test_a_store_answers_for_texts_that_it_knows(self):
        store = self.home / "cache"
        server = self.serve_tiny("--store", store)
        wanted = self.embed(server, TEXTS)
        self.assertEqual(server.stop(), 143)
        vectors, _ = stores.replay_store(store)
        self.assertEqual(vectors.rows(), 4)
        server = self.serve_tiny("--store", store)
        self.assertEqual(self.embed(server, TEXTS), wanted)
        metrics = server.get("/metrics").body.decode()
        self.assertIn("colvec_texts_cached_total 5\n", metrics)

    def test_a_bundle_answers_as_its_columns_do(self):
        source = self.data / "things.csv"
        source.write_text("id,text\n" + "".join(f"{i},thing number {i}\n" for i in range(50)))
        env = {"COLVEC_HOME": str(self.home)}
        for arguments in (("dataset", "add", "things", source, "--key", "id"),
                          ("column", "set", "things", "text", "--model", self.model,
                           "--dimension", "8", "--compression", "pca"),
                          ("dataset", "refresh", "things"),
                          ("deploy", "things", "--to", self.folder / "bundle")):
            done = colvec(*arguments, env=env)
            self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        server = self.serve("--bundle", self.folder / "bundle")
        before = sorted(path for path in (self.folder / "bundle").rglob("*"))
        processed = self.home / "datasets/things/processed"
        rows = stores.query(f"SELECT text_embedding FROM '{processed}/*.parquet' WHERE id = 17")
        known = [float(x) for x in rows[0][0].strip("[]").split(",")]
        (vector,) = self.embed(server, "thing number 17", model="text")
        self.assertEqual(len(vector), 8)
        for a, b in zip(vector, known):
            self.assertAlmostEqual(a, b, places=5)
        self.assertIn("colvec_texts_cached_total 1\n", server.get("/metrics").body.decode())
        self.assertEqual(len(self.embed(server, "something else", model="text")[0]), 8)
        self.assertEqual(sorted(path for path in (self.folder / "bundle").rglob("*")), before)

    def test_curl_is_a_client(self):
        server = self.serve_tiny()
        done = subprocess.run(
            ["curl", "-sS", f"http://127.0.0.1:{server.port}{URL}", "-H",
             "Content-Type: application/json", "-H", "Authorization: Bearer any", "-d",
             '{"input": "a red apple", "model": "tiny"}'], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["data"][0]["object"], "embedding")

    def test_openais_own_client_works_unchanged(self):
        if not (NODE_MODULES / "openai").exists():
            self.skipTest("SKIPPED: not there: openai (./setup.sh --tests)")
        server = self.serve_tiny()
        done = subprocess.run(
            [node(), READERS / "openai_embeddings.mjs", f"http://127.0.0.1:{server.port}/v1",
             "tiny"], input=json.dumps(TEXTS), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        wanted = self.engine(TEXTS)
        self.assertEqual(as_floats(said["vectors"]), wanted)
        self.assertEqual(as_floats(said["floats"]), wanted)
        self.assertEqual(as_floats([said["one"]]), wanted[:1])
        self.assertGreater(said["tokens"], len(TEXTS))
        self.assertEqual(said["models"], ["tiny"])
        self.assertEqual(said["refusal"], {"status": 404, "param": "model", "is_not_found": True})


if __name__ == "__main__":
    unittest.main(verbosity=2)
