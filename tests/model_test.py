#!/usr/bin/env python3
"""colvec model show and its neighbours from the command line: what users and scripts see."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import ROOT, colvec  # noqa: E402

TINY = ROOT / "testdata" / "models" / "tiny-bert" / "model"


class ModelCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="colvec_model_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def copy(self, name="model"):
        shutil.copytree(TINY, self.folder / name, copy_function=shutil.copyfile)
        return self.folder / name

    def run_colvec(self, *arguments):
        done = colvec(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, code, message, *arguments):
        done = colvec(*arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(message, done.stderr)


class Show(ModelCase):
    def test_says_what_a_model_is(self):
        model = self.copy()
        (model / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
        text = self.run_colvec("model", "show", model)
        for line in ["kind             transformer, family bert",
                     "architecture     BertModel",
                     "dimension        24 (also trained for 8, 16)",
                     "tokens           48 at most",
                     "steps            mean, then dense 32 -> 24, tanh, then normalize",
                     'prompt document  "text: " (default)',
                     'prompt query     "query: "',
                     "licence          mit",
                     "weights          30,616 numbers, "]:
            self.assertIn(line, text)

    def test_says_the_same_as_json(self):
        shown = json.loads(self.run_colvec("model", "show", TINY, "--json"))
        self.assertEqual(shown["kind"], "transformer")
        self.assertEqual(shown["family"], "bert")
        self.assertEqual(shown["architectures"], ["BertModel"])
        self.assertEqual((shown["dimension"], shown["dimensions"]), (24, [8, 16]))
        self.assertEqual(shown["tokens_max"], 48)
        self.assertEqual(shown["steps"], ["mean", "dense 32 -> 24, tanh", "normalize"])
        self.assertEqual(shown["prompts"], {"document": "text: ", "query": "query: "})
        self.assertEqual(shown["default_prompt_name"], "document")
        self.assertEqual(shown["licence"], "")
        self.assertEqual(shown["parameters"], 30616)
        self.assertEqual(len(shown["fingerprint"]), 64)
        self.assertTrue(shown["precisions"]["f32"]["available"])
        self.assertIn(shown["precision_auto"], ["f32", "bf16"])
        for choice in shown["precisions"].values():
            self.assertEqual(choice["available"], choice["reason"] == "")

    def test_shows_the_built_in_model(self):
        shown = self.run_colvec("model", "show", "builtin:lexical")
        self.assertIn("kind             lexical", shown)

    def test_refuses_what_cannot_be_opened(self):
        self.refused(3, "no such model: nowhere", "model", "show", "nowhere")
        model = self.copy()
        (model / "model.safetensors").rename(model / "pytorch_model.bin")
        self.refused(4, "pickled files are never opened: convert it", "model", "show", model)
        config = json.loads((model / "config.json").read_text(encoding="utf-8"))
        config["model_type"] = "quantumbert"
        (model / "config.json").write_text(json.dumps(config), encoding="utf-8")
        self.refused(4, "model_type is not supported: quantumbert", "model", "show", model)


class Families(ModelCase):
    def test_lists_every_model_type(self):
        listed = [json.loads(line)
                  for line in self.run_colvec("model", "families", "--json").splitlines()]
        families = {(row["model_type"], row["family"]) for row in listed}
        for pair in [("bert", "bert"), ("bert", "jina_bert"), ("xlm-roberta", "roberta"),
                     ("new", "gte"), ("qwen3", "qwen"), ("gemma3_text", "gemma3")]:
            self.assertIn(pair, families)
        self.assertEqual(len(self.run_colvec("model", "families").splitlines()), len(listed))


class Prompts(ModelCase):
    """The same text under prompts of other names."""

    def vectors(self, *arguments, lines=("hello world",)):
        texts = self.folder / "texts.jsonl"
        texts.write_text("".join(json.dumps({"text": line}) + "\n" for line in lines),
                         encoding="utf-8")
        output = self.folder / "vectors.npy"
        self.run_colvec("encode", TINY, "--input", texts, "--output", output, *arguments)
        return output.read_bytes()

    def test_a_prompt_may_be_named_or_written_out(self):
        query = self.vectors("--prompt-name", "query")
        self.assertEqual(query, self.vectors("--prompt", "query: "))
        self.assertNotEqual(query, self.vectors())
        self.assertEqual(self.vectors(), self.vectors("--prompt-name", "document"))
        texts = self.folder / "texts.jsonl"
        self.refused(2, "no such prompt_name: title (the model has: document, query)", "encode",
                     TINY, "--input", texts, "--prompt-name", "title")
        self.refused(2, "prompt and prompt_name cannot both be given", "encode", TINY, "--input",
                     texts, "--prompt", "x", "--prompt-name", "query")

    def test_strip_is_for_transformers(self):
        self.vectors("--strip", lines=(" hello ", "world\n"))
        self.refused(4, "is not a transformer, so strip does not apply", "encode",
                     "builtin:lexical", "--input", self.folder / "texts.jsonl", "--strip")


if __name__ == "__main__":
    unittest.main()
