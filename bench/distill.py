#!/usr/bin/env python3
"""Measures what a distilled table is worth: its speed against its teacher's, and its report against
what one measures oneself.

  bench/distill.py [--teacher FOLDER] [--texts 20000] [--rounds 3]

Without --teacher: the shape and tokenizer of all-MiniLM-L6-v2 with random weights, so that only
speeds mean something. Texts are those of corpus/short_en_20k.csv of the test data.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from jobs import COLVEC, TESTDATA, need  # noqa: E402


def run(*command):
    return subprocess.run([COLVEC, *map(str, command)], check=True, capture_output=True,
                          text=True).stdout


def texts_per_second(model, corpus, texts):
    done = json.loads(run("bench", "encode", model, "--input", corpus, "--column", "text",
                          "--texts-max", texts, "--rounds", 1, "--precision", "f32", "--json"))
    return done["texts_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=pathlib.Path)
    parser.add_argument("--texts", type=int, default=20000, help="for the table; a tenth otherwise")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    corpus = TESTDATA / "corpus" / "short_en_20k.csv"
    need(corpus)
    with tempfile.TemporaryDirectory(prefix="colvec_distill_") as folder:
        folder = pathlib.Path(folder)
        teacher = args.teacher
        if teacher is None:
            teacher = folder / "teacher"
            run("model", "synth", "--config",
                TESTDATA / "model_folders_no_weights" / "all-MiniLM-L6-v2", "--output", teacher)
        report = json.loads(run("model", "distill", teacher, "--output", folder / "table",
                                "--corpus", corpus, "--precision", "f32", "--json"))
        print(json.dumps(report, indent=2))
        ratios = []
        for _ in range(args.rounds):
            slow = texts_per_second(teacher, corpus, args.texts // 10)
            fast = texts_per_second(folder / "table", corpus, args.texts)
            ratios.append(fast / slow)
            print(f"teacher {slow:,.0f} texts/s, table {fast:,.0f} texts/s: {fast / slow:,.0f}x")
        print(f"median of {args.rounds} rounds: {statistics.median(ratios):,.0f}x;"
              f" the report says {report['speedup']:,.0f}x")


if __name__ == "__main__":
    main()
