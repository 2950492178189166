#!/usr/bin/env python3
"""openai:NAME as a model: against an endpoint that the test runs, which also fails, and against a
colvec that serves."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from fake_openai import KEY, FakeOpenAi, vector_of  # noqa: E402
from jobs import ROOT, colvec, sql, write_config  # noqa: E402
from servers import Server  # noqa: E402

TINY = ROOT / "testdata" / "models" / "tiny-bert" / "model"


def unit(vector):
    length = sum(value * value for value in vector) ** 0.5
    return [value / length for value in vector]


class OpenAiCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="colvec_openai_")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.fake = FakeOpenAi().__enter__()
        self.addCleanup(self.fake.__exit__)
        self.env = {"OPENAI_BASE_URL": self.fake.base_url, "OPENAI_API_KEY": KEY,
                    "COLVEC_OFFLINE": "", "HF_HUB_OFFLINE": "", "no_proxy": "*"}

    def colvec(self, *arguments, **env):
        return colvec(*arguments, env={**self.env, **env})

    def ok(self, *arguments, **env):
        done = self.colvec(*arguments, **env)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(KEY, done.stdout + done.stderr)
        return done

    def refused(self, code, message, *arguments, **env):
        done = self.colvec(*arguments, **env)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(message, done.stderr)
        self.assertNotIn("sk-", done.stdout + done.stderr)
        return done

    def table(self, texts, model="openai:m", **keys):
        self.output = self.folder / "output.duckdb"
        rows = ", ".join("(%d, '%s')" % (i, text) for i, text in enumerate(texts))
        sql(self.folder / "input.duckdb", "CREATE OR REPLACE TABLE source_texts AS SELECT * FROM "
            f"(VALUES {rows}) AS v(document_id, content)")
        return write_config(self.folder, model=model, **keys)

    def vectors(self):
        rows = sql(self.output, "SELECT content, embedding FROM embedded_texts ORDER BY 1")
        return {text: json.loads(vector) for text, vector in
                (row.split("|", 1) for row in rows)}

    def asked_texts(self):
        return [text for body in self.fake.requests for text in body["input"]]

    def assert_near(self, vector, wanted):
        self.assertEqual(len(vector), len(wanted))
        self.assertLess(max(abs(a - b) for a, b in zip(vector, wanted)), 1e-6)


class TableJob(OpenAiCase):
    def test_embeds_each_text_once(self):
        config = self.table(["a red apple", "hammer", "a red apple"])
        done = self.ok("embed", config)
        self.assertIn(f"note: texts go to {self.fake.base_url} (openai:m)", done.stderr)
        vectors = self.vectors()
        for text in ("a red apple", "hammer"):
            self.assert_near(vectors[text], unit(vector_of(text)))
        asked = self.asked_texts()
        self.assertEqual(asked.count("a red apple"), 1)
        self.ok("embed", config)
        self.assertEqual(self.asked_texts().count("a red apple"), 1)

    def test_a_store_answers_for_what_was_paid(self):
        self.ok("embed", self.table(["a red apple", "hammer"], store="store"))
        self.output.unlink()
        self.ok("embed", self.table(["a red apple", "hammer", "nail"], store="store"))
        self.assertEqual(sorted(text for text in self.asked_texts() if text != "dimension"),
                         ["a red apple", "hammer", "nail"])

    def test_faults_that_pass_are_waited_for(self):
        config = self.table([f"text {i}" for i in range(300)])
        for kind in ("429", "503", "reset"):
            self.fake.fail(kind)
        self.ok("embed", config)
        self.assertEqual(len(self.vectors()), 300)
        self.assertEqual(max(len(body["input"]) for body in self.fake.requests), 128)

    def test_a_text_that_is_refused_is_one_bad_row(self):
        config = self.table(["good", "REFUSE this", "fine"])
        done = self.colvec("embed", config)
        self.assertEqual(done.returncode, 9, done.stderr)
        self.assertEqual(sql(self.output, "SELECT kind FROM embedded_texts_issues"), ["bad_vector"])
        self.assertEqual(sorted(self.vectors()), ["fine", "good"])

    def test_dimension_and_prompt_are_part_of_the_model(self):
        config = self.table(["a", "b"], dimension=4, prompt="query: ")
        self.ok("embed", config)
        self.assert_near(self.vectors()["a"], unit(vector_of("query: a", 4)))
        self.assertTrue(all(body["dimensions"] == 4 for body in self.fake.requests))
        other = json.loads(config.read_text())
        config.write_text(json.dumps({**other, "prompt": "passage: "}))
        self.refused(7, "", "embed", config)

    def test_refusals_say_what_to_do(self):
        config = self.table(["a"])
        self.refused(2, "(OPENAI_API_KEY)", "embed", config, OPENAI_API_KEY="sk-wrong")
        self.refused(2, "OPENAI_BASE_URL says so", "embed", config, OPENAI_BASE_URL="")
        self.refused(4, "is an endpoint, and this is offline", "--offline", "embed", config)
        self.refused(4, "is not a transformer", "embed", self.table(["a"], precision="bf16"))
        self.refused(3, "The model `none` does not exist", "embed",
                     self.table(["a"], "openai:none"))
        self.fake.fail("html")
        self.refused(5, "openai:m: ", "embed", self.table(["a"]))


class Dataset(OpenAiCase):
    def test_a_column_may_have_an_endpoint(self):
        home = self.folder / "home"
        (self.folder / "t.csv").write_text("id,text\n1,a red apple\n2,hammer\n")
        self.ok("dataset", "add", "t", self.folder / "t.csv", "--home", home, "--key", "id")
        self.ok("column", "set", "t", "text", "--home", home, "--model", "openai:m")
        self.ok("dataset", "refresh", "t", "--home", home)
        found = self.ok("search", "t", "text", "hammer", "--home", home, "--json").stdout
        found = json.loads(found)
        self.assertIn("hammer", json.dumps(found["hits"][0]))
        self.assertEqual(self.asked_texts().count("a red apple"), 1)
        self.ok("dataset", "refresh", "t", "--home", home)
        self.assertEqual(self.asked_texts().count("a red apple"), 1)


class OurOwnServer(OpenAiCase):
    def test_gives_the_vectors_of_the_model_that_it_serves(self):
        server = Server("--model", f"tiny={TINY}", "--precision", "f32", home=self.folder / "home")
        self.addCleanup(server.stop)
        texts = [f"hello world {i}" for i in range(200)] + ["the quick brown fox"]
        (self.folder / "texts.jsonl").write_text(
            "".join(json.dumps({"text": text}) + "\n" for text in texts))
        base_url = f"http://{server.host}:{server.port}/v1"
        for model, output in (("openai:tiny", "far.npy"), (TINY, "near.npy")):
            self.ok("encode", model, "--input", self.folder / "texts.jsonl", "--output",
                    self.folder / output, OPENAI_BASE_URL=base_url, OPENAI_API_KEY="")
        self.assertEqual((self.folder / "far.npy").read_bytes(),
                         (self.folder / "near.npy").read_bytes())
        self.refused(2, "gives 24, 16, 8: 9", "encode", "openai:tiny", "--input",
                     self.folder / "texts.jsonl", "--dimension", "9", OPENAI_BASE_URL=base_url)


if __name__ == "__main__":
    unittest.main()
