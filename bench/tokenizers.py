#!/usr/bin/env python3
"""Compares one thread of colvec that tokenises with one of Hugging Face tokenizers, in turns.

  bench/tokenizers.py [--work DIR] [--rounds 3] [--tokenizers A,B] [--tokens-max N] [--hostile]

For each tokenizer of the test data and each corpus: MB/s of both, the medians of the rounds, and
their ratio. Both must give the same number of tokens. The peer (the Rust library) comes from npm,
once, into --work. With --hostile: how long colvec takes for a megabyte of one thing, and for the
start of ten megabytes.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from jobs import BUILD, TESTDATA, sql  # noqa: E402

PEER = "@anush008/tokenizers@0.6.0"
CORPORA = {"short_en": 10000, "long_en": 1000, "multi": 8000}  # Texts taken, evenly spread.
TOKENIZERS = {
    "all-MiniLM-L6-v2": "WordPiece",
    "bert-cased-built": "WordPiece",
    "flan-t5": "Unigram",
    "xlm-roberta-mpnet-multilingual": "Unigram",
    "roberta-built": "byte-level BPE",
    "modernbert": "byte-level BPE, NFC",
    "stella-qwen2": "byte-level BPE, Qwen2",
    "gemma3-mean-dense2": "SentencePiece BPE (4,920 tokens)",
}
HOSTILE = {"one letter": "a", "combining marks": "\u0301", "blanks": " ", "line ends": "\n",
           "an emoji sequence": "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D",
           "Chinese without blanks": "\u4E2D\u6587\u6587\u672C\u6CA1\u6709\u7A7A\u683C"}


def folder_of(name):
    whole = pathlib.Path(TESTDATA) / "tokenizers" / name
    return whole if whole.exists() else pathlib.Path(TESTDATA) / "families" / name / "model"


def set_up_peer(work):
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "node_modules" / "@anush008" / "tokenizers").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", PEER], cwd=work, check=True,
                       stdout=subprocess.DEVNULL)


def write_corpus(work, corpus, count):
    path = work / f"{corpus}.jsonl"
    if not path.exists():
        source = f"{TESTDATA}/corpus/{corpus}.parquet"
        sql(work / "scratch.duckdb",
            f"""COPY (SELECT text FROM '{source}' WHERE id %
                  greatest(1, (SELECT count(*) FROM '{source}') // {count}) = 0 ORDER BY id
                  LIMIT {count}) TO '{path}' (FORMAT json)""")
    return path


def measure(command, **environment):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True,
                          env={**os.environ, **environment})
    return json.loads(done.stdout)


def compare(name, texts, args):
    folder = folder_of(name)
    options = [args.tokens_max, args.seconds]
    own, peer = [], []
    for _ in range(args.rounds):
        own.append(measure([BUILD / "bench" / "tokenizer_bench", folder, texts, *options]))
        peer.append(measure(["node", ROOT / "bench" / "peers" / "tokenizers.mjs", args.work, folder,
                             texts, *options], RAYON_NUM_THREADS="1"))
    if own[0]["tokens"] != peer[0]["tokens"]:
        raise SystemExit(f"{name}: {own[0]['tokens']} tokens, the peer has {peer[0]['tokens']}")
    return [{key: statistics.median(run[key] for run in runs) for key in ("mb_per_s", "load_ms")}
            for runs in (own, peer)]


def compare_all(args):
    print(f"{'tokenizer':32} {'kind':34} {'corpus':9} {'colvec':>10} {'peer':>10} {'ratio':>7}"
          f" {'load':>8} {'peer':>8}")
    for name in args.tokenizers.split(","):
        for corpus, count in CORPORA.items():
            own, peer = compare(name, write_corpus(args.work, corpus, count), args)
            print(f"{name:32} {TOKENIZERS.get(name, ''):34} {corpus:9}"
                  f" {own['mb_per_s']:5.1f} MB/s {peer['mb_per_s']:5.2f} MB/s"
                  f" {own['mb_per_s'] / peer['mb_per_s']:6.1f}x"
                  f" {own['load_ms']:5.0f} ms {peer['load_ms']:5.0f} ms", flush=True)


def run_hostile(args):
    """Seconds for a megabyte, and for 512 tokens of ten megabytes of package descriptions."""
    long_text = " ".join(json.loads(line)["text"] for line in
                         write_corpus(args.work, "long_en", 1000).read_text().splitlines())
    cases = {name: (part * (1_000_000 // len(part.encode()) + 1), "0")
             for name, part in HOSTILE.items()}
    cases["10 MB, 512 tokens"] = ((long_text + " ") * (10_000_000 // len(long_text) + 1), "512")
    cases["4 kB, 512 tokens"] = (long_text[:4000], "512")
    path = args.work / "hostile.jsonl"
    for case, (text, tokens_max) in cases.items():
        path.write_text(json.dumps({"text": text}) + "\n", encoding="utf-8")
        times = []
        for name in args.tokenizers.split(","):
            run = measure([BUILD / "bench" / "tokenizer_bench", folder_of(name), path, tokens_max,
                           0.2])
            times.append(f"{name} {run['ms']:.2f}")
        print(f"{case}, ms: " + ", ".join(times), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/colvec-tokenizers"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--tokenizers", default=",".join(TOKENIZERS))
    parser.add_argument("--tokens-max", type=int, default=0)
    parser.add_argument("--hostile", action="store_true")
    args = parser.parse_args()
    set_up_peer(args.work)
    if args.hostile:
        run_hostile(args)
    else:
        compare_all(args)


if __name__ == "__main__":
    main()
