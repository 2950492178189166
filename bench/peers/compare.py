#!/usr/bin/env python3
"""Compares colvec with ONNX Runtime: same machine, same model, same texts, taking turns.

    bench/peers/compare.py --colvec build/release/colvec --config MODEL_FOLDER [--texts FILE.csv]

MODEL_FOLDER is a BERT folder (weights, if any, are replaced by random ones). Short texts are the
lines of the CSV's `text` column; long texts are eight of them joined. ONNX Runtime gets its texts
sorted by length and runs both on all cores and as one process a core, over several batch sizes; its
best counts. Vectors must agree.

Needs Debian's python3-numpy and python3-onnx, and npm, from which it takes onnxruntime-node once.
"""
import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess

import numpy as np

from make_onnx import make_onnx

HERE = pathlib.Path(__file__).resolve().parent
COSINE_MIN = 0.99999


def run(*command):
    return subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, text=True
    ).stdout


def prepare(options):
    """Model, ONNX file and npm package in the work folder, each made once."""
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "model" / "model.safetensors").exists():
        run(
            options.colvec,
            "model",
            "synth",
            "--config",
            options.config,
            "--output",
            work / "model",
            "--seed",
            1,
        )
    if not (work / "model.onnx").exists():
        make_onnx(work / "model", work / "model.onnx")
    if not (work / "node_modules" / "onnxruntime-node").exists():
        (work / "package.json").write_text("{}")
        subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-fund", "onnxruntime-node@1.30"],
            cwd=work,
            check=True,
        )


def write_texts(options, name, join):
    with open(options.texts, newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)][: options.count]
    texts = [" ".join(texts[i : i + join]) for i in range(0, len(texts), join)]
    path = options.work / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    tokens_max = json.loads((options.work / "model" / "sentence_bert_config.json").read_text())[
        "max_seq_length"
    ]
    ids = run(
        options.colvec,
        "tokenize",
        options.work / "model",
        "--input",
        path,
        "--tokens-max",
        tokens_max,
    )
    (options.work / f"{name}.ids.jsonl").write_text(ids)
    return path


def ort_tokens_per_second(options, name, batch, processes, vectors=None):
    """The whole set with `processes` processes, each with its share of the cores."""
    threads = max(1, options.threads // processes)
    command = [
        "node",
        HERE / "ort.mjs",
        options.work,
        options.work / "model.onnx",
        options.work / f"{name}.ids.jsonl",
        batch,
        threads,
    ]
    started = [
        subprocess.Popen(
            [str(part) for part in [*command, f"{i}/{processes}", *([vectors] if vectors else [])]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for i in range(processes)
    ]
    for process in started:
        while b"ready" not in (line := process.stderr.readline()):
            if not line:
                raise RuntimeError(f"ONNX Runtime ended early, exit code {process.wait()}")
    for process in started:
        process.stdin.write(b"\n")
        process.stdin.flush()
    results = [json.loads(process.communicate()[0]) for process in started]
    return sum(r["tokens"] for r in results) / max(r["seconds"] for r in results)


def colvec_tokens_per_second(options, path):
    report = json.loads(
        run(
            options.colvec,
            "bench",
            "encode",
            options.work / "model",
            "--input",
            path,
            "--rounds",
            1,
            "--threads",
            options.threads,
            "--json",
        )
    )
    return report["tokens_per_second"]


def check_vectors(options, name, path):
    """The smallest cosine between the two programs' vectors of one text."""
    theirs_file, ours_file = options.work / "theirs.f32", options.work / "ours.npy"
    ort_tokens_per_second(options, name, 16, 1, theirs_file)
    run(options.colvec, "encode", options.work / "model", "--input", path, "--output", ours_file)
    ours = np.load(ours_file)
    theirs = np.fromfile(theirs_file, "<f4").reshape(ours.shape)
    return float((ours * theirs).sum(1).min())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--colvec", type=pathlib.Path, default=HERE / "../../build/release/colvec")
    parser.add_argument("--config", type=pathlib.Path, required=True)
    parser.add_argument("--texts", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=2000, help="lines of the CSV to use")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="+", default=[4, 8, 16, 32])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/colvec-peers"))
    options = parser.parse_args()
    prepare(options)

    for name, join in (("short", 1), ("long", 8)):
        path = write_texts(options, name, join)
        cosine = check_vectors(options, name, path)
        rates = {}
        for _ in range(options.rounds):
            rates.setdefault("colvec", []).append(colvec_tokens_per_second(options, path))
            for batch in options.batches:
                for processes in sorted({1, options.threads}):
                    rate = ort_tokens_per_second(options, name, batch, processes)
                    rates.setdefault(
                        f"ort {processes} x {options.threads // processes}, batch {batch}", []
                    ).append(rate)
        ours = statistics.median(rates["colvec"])
        print(f"{name}: smallest cosine {cosine:.7f}")
        for peer, values in sorted(rates.items(), key=lambda item: -statistics.median(item[1])):
            rate = statistics.median(values)
            print(f"  {peer:<24} {rate:>9,.0f} tokens/s   colvec is {ours / rate:.2f} times that")
        if not cosine >= COSINE_MIN:
            raise SystemExit(f"{name}: the vectors differ: cosine {cosine}")


if __name__ == "__main__":
    main()
