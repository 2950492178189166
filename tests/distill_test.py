#!/usr/bin/env python3
"""colvec model distill: the table is a model like others, and its report is what one measures."""

import ast
import json
import math
import pathlib
import random
import shutil
import string
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import ROOT, colvec  # noqa: E402

TINY = ROOT / "testdata" / "models" / "tiny-bert" / "model"
NEIGHBOURS = 10


def rows_of(path):
    data = path.read_bytes()
    size = 10 + struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:size].decode())
    count, dimension = header["shape"]
    values = struct.unpack(f"<{count * dimension}f", data[size:])
    return [values[i * dimension:(i + 1) * dimension] for i in range(count)]


def cosines(rows):
    return [[sum(x * y for x, y in zip(a, b)) for b in rows] for a in rows]


def nearest(row, i):
    others = [j for j in range(len(row)) if j != i]
    return set(sorted(others, key=lambda j: -row[j])[:NEIGHBOURS])


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for k in range(begin, end):
            result[order[k]] = (begin + end - 1) / 2
        begin = end
    return result


def correlation(x, y):
    mean = (len(x) - 1) / 2
    xy = sum((a - mean) * (b - mean) for a, b in zip(x, y))
    return xy / math.sqrt(sum((a - mean) ** 2 for a in x) * sum((b - mean) ** 2 for b in y))


class Distill(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="colvec_distill_")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.table = self.folder / "table"

    def ok(self, *arguments):
        done = colvec(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def corpus(self, count):
        """Texts of invented words: the tokenizer has letters only."""
        choose = random.Random(7)
        words = ["".join(choose.choices(string.ascii_lowercase, k=choose.randint(2, 7)))
                 for _ in range(200)]
        self.texts = [f"{i} " + " ".join(choose.choices(words, k=choose.randint(3, 12)))
                      for i in range(count)]
        path = self.folder / "corpus.csv"
        path.write_text("id,text\n" + "".join(f"{i},{t}\n" for i, t in enumerate(self.texts)))
        return path

    def encode(self, model):
        lines = "".join(json.dumps({"text": text}) + "\n" for text in self.texts)
        (self.folder / "texts.jsonl").write_text(lines)
        self.ok("encode", model, "--input", self.folder / "texts.jsonl", "--output",
                self.folder / "vectors.npy")
        return rows_of(self.folder / "vectors.npy")

    def test_the_report_is_what_a_direct_measurement_gives(self):
        report = json.loads(self.ok("model", "distill", TINY, "--output", self.table, "--dimension",
                                    "8", "--corpus", self.corpus(120), "--precision", "f32",
                                    "--json"))
        self.assertEqual(report, json.loads((self.table / "distillation.json").read_text()))
        self.assertEqual(report["sampled_texts"], 120)
        of_teacher, of_table = cosines(self.encode(TINY)), cosines(self.encode(self.table))
        count = len(self.texts)
        same = sum(len(nearest(of_teacher[i], i) & nearest(of_table[i], i)) for i in range(count))
        self.assertAlmostEqual(report["neighbour_overlap_at_10"], same / (count * NEIGHBOURS),
                               delta=0.005)  # Cosines that are equal but for their last bits.
        pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
        measured = correlation(*(ranks([of[i][j] for i, j in pairs])
                                 for of in (of_teacher, of_table)))
        self.assertAlmostEqual(report["rank_correlation"], measured, places=3)
        self.assertAlmostEqual(
            report["speedup"],
            report["table_texts_per_second"] / report["teacher_texts_per_second"], places=3)

    def test_the_table_is_a_model_folder(self):
        text = self.ok("model", "distill", TINY, "--output", self.table, "--corpus",
                       self.corpus(50))
        self.assertIn("texts compared with the teacher", text)
        shown = json.loads(self.ok("model", "show", self.table, "--json"))
        self.assertEqual((shown["kind"], shown["model_type"], shown["dimension"]),
                         ("static", "model2vec", 24))
        self.assertEqual(sorted(path.name for path in self.table.iterdir()),
                         ["config.json", "distillation.json", "model.safetensors",
                          "tokenizer.json"])

    def test_without_texts_nothing_is_measured(self):
        text = self.ok("model", "distill", TINY, "--output", self.table)
        self.assertIn("without --corpus nothing was measured", text)

    def test_refuses_what_it_cannot_do(self):
        for code, says, model in ((4, "only a transformer", "builtin:lexical"),
                                  (3, "no such model", "nowhere")):
            done = colvec("model", "distill", model, "--output", self.table)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(says, done.stderr)
        self.table.mkdir()
        (self.table / "mine").write_text("x")
        done = colvec("model", "distill", TINY, "--output", self.table)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertEqual((self.table / "mine").read_text(), "x")


if __name__ == "__main__":
    unittest.main()
