#!/usr/bin/python3
"""Compares colvec with other engines: same machine, same model, same texts, taking turns.

    bench/peers/compare.py --config MODEL_FOLDER --texts FILE.csv [--workloads short,long] [--json]

MODEL_FOLDER is a BERT folder; its weights are replaced by random ones. FILE.csv has a column `text`
of short texts, which the workloads are made of. Each peer is given its best: the batch size is
searched first, then only the best takes part. Vectors must agree, else the exit code is 1.

It is run by Debian's own Python, for the packages python3-numpy and python3-onnx. The peers come
from npm, once, into the work folder.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import types

import numpy as np

import engines
import report
import workloads
from engines import Colvec, EngineError, run
from model_folder import read_json
from roof import Bound, measure_roof

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGES = {
    "onnxruntime-node": "1.30",
    "@huggingface/transformers": "4.3",
    "node-llama-cpp": "3.22",
}
PEERS = {
    "onnxruntime": engines.onnxruntime,
    "transformers.js": engines.transformers_js,
    "llama.cpp": engines.llama_cpp,
}

# Peers in f32 differ from us by rounding alone; the others by what their arithmetic loses.
COSINE_MIN = {"f32": 0.9999, "bf16": 0.99, "int8": 0.99}
CHECK_TOKENS = 10_000
SECONDS_OF_TUNING = 0.8


def install(work):
    work.mkdir(parents=True, exist_ok=True)
    missing = [
        f"{name}@{version}"
        for name, version in PACKAGES.items()
        if not (work / "node_modules" / name).exists()
    ]
    if missing:
        if not (work / "package.json").exists():
            (work / "package.json").write_text("{}")
        print("installing", ", ".join(missing), file=sys.stderr)
        command = ["npm", "install", "--ignore-scripts", "--no-fund", "--no-audit", *missing]
        subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL)


class Paths:
    """The model in every peer's format, each made when it is first asked for."""

    def __init__(self, options):
        self.colvec, self.work = options.colvec, options.work.resolve()
        shape = options.config.resolve().name
        if options.tokens_max:
            shape += f"-{options.tokens_max}"
        self.folder = self.work / shape
        self.model = self.folder / "model"
        if not (self.model / "model.safetensors").exists():
            self.make_model(options)
        self.tokens_max = read_json(self.model, "sentence_bert_config.json")["max_seq_length"]

    def make_model(self, options):
        config = self.folder / "config"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        shutil.copytree(options.config, config, copy_function=shutil.copyfile)
        config.chmod(0o755)
        if options.tokens_max:
            limits = read_json(config, "sentence_bert_config.json")
            limits["max_seq_length"] = options.tokens_max
            (config / "sentence_bert_config.json").write_text(json.dumps(limits))
        run(self.colvec, "model", "synth", "--config", config, "--output", self.model)

    def onnx(self, arithmetic):
        path = self.folder / f"{arithmetic}.onnx"
        if not path.exists():
            run(sys.executable, HERE / "make_onnx.py", self.model, path, arithmetic)
        return path

    def gguf(self, arithmetic):
        path = self.folder / f"{arithmetic}.gguf"
        if not path.exists():
            run(sys.executable, HERE / "make_gguf.py", self.model, path, arithmetic)
        return path

    def transformers(self):
        """A folder with a folder `model`, laid out as transformers.js wants it."""
        model = self.folder / "transformers" / "model"
        onnx = model / "onnx" / "model.onnx"
        if not onnx.exists():
            onnx.parent.mkdir(parents=True, exist_ok=True)
            tokenizer = read_json(self.model, "tokenizer.json")
            limits = read_json(self.model, "tokenizer_config.json")
            # Those of the tokenizer's file are not the model's.
            tokenizer |= {"truncation": None, "padding": None}
            limits["model_max_length"] = self.tokens_max
            (model / "tokenizer.json").write_text(json.dumps(tokenizer))
            (model / "tokenizer_config.json").write_text(json.dumps(limits))
            shutil.copyfile(self.model / "config.json", model / "config.json")
            run(sys.executable, HERE / "make_onnx.py", self.model, onnx, "f32", "unpooled")
        return model.parent


def write_workload(paths, name, lines):
    """Texts and token ids on disk; the workload with its lengths."""
    workload = workloads.build(name, lines)
    files = types.SimpleNamespace(
        texts=paths.folder / f"{name}.jsonl",
        ids=paths.folder / f"{name}.ids.jsonl",
        checked=paths.folder / f"{name}.checked.jsonl",
    )
    workloads.write_jsonl(workload.texts, files.texts)
    tokenize = [paths.colvec, "tokenize", paths.model, "--input", files.texts]
    run(*tokenize, "--output", files.ids, "--tokens-max", paths.tokens_max)
    with open(files.ids, encoding="utf-8") as ids:
        workload.lengths = [len(json.loads(line)["ids"]) for line in ids]
    return workload, files


def usable_precisions(paths, wanted, files):
    """Those that this binary has, for `encode` and for `bench encode`; says which it has not."""
    usable = []
    for precision in wanted:
        engine = Colvec(paths, precision, 1)
        engine.start(files)
        try:
            engine.vectors(files.checked, paths.folder / "probe.npy")
            engine.measure(1)
            usable.append(precision)
        except EngineError as error:
            print(f"without {precision}: {str(error).splitlines()[-1]}", file=sys.stderr)
    return usable


def tune(engine, files, count):
    """Chooses the batch size, and returns how fast it was."""
    engine.start(files)
    rates = {}
    for batch in engine.batches:
        engine.settings = {} if batch is None else {"batch": batch}
        engine.measure(min(count, 64), 0.2)
        rates[batch] = engine.measure(count, SECONDS_OF_TUNING)
    engine.stop()
    engine.peak_bytes = 0  # Memory is that of the chosen batch size.
    best = max(rates, key=rates.get)
    engine.settings = {} if best is None else {"batch": best}
    return rates[best]


def smallest_cosine(ours, theirs):
    products = (ours.astype(np.float64) * theirs).sum(1)
    lengths = np.linalg.norm(ours.astype(np.float64), axis=1) * np.linalg.norm(theirs, axis=1)
    return float((products / lengths).min())  # NaN stays NaN, which no bound accepts.


def check(engine, paths, files, workload, reference):
    """(smallest cosine to colvec in f32, what is wrong or None)."""
    target = paths.folder / "vectors"
    if engine.is_peer:
        vectors, lengths = engine.vectors(len(reference), target.with_suffix(".f32"))
    else:
        vectors, lengths = engine.vectors(files.checked, target.with_suffix(".npy")), None
    if vectors.shape != reference.shape:
        return None, f"vectors of {vectors.shape[1]} numbers, not {reference.shape[1]}"
    cosine = smallest_cosine(reference, vectors)
    counted = workload.lengths[: len(reference)]
    if lengths is not None and lengths != counted:
        differ = sum(a != b for a, b in zip(lengths, counted))
        return cosine, f"{differ} of {len(counted)} texts have another token count"
    if not cosine >= COSINE_MIN[engine.arithmetic]:
        return cosine, f"the vectors differ: cosine {cosine:.5f}"
    return cosine, None


def compare(paths, options, workload, files, taking_part):
    """Tunes, checks and measures in turns; the result of one workload."""
    texts_checked = workload.count_for(CHECK_TOKENS)
    workloads.write_jsonl(workload.texts[:texts_checked], files.checked)
    reference = Colvec(paths, "f32", options.threads).vectors(
        files.checked, paths.folder / "reference.npy"
    )
    result = {
        "workload": workload.name,
        "texts": len(workload.texts),
        "tokens_mean": round(workload.tokens_mean, 2),
        "keys_mean": round(workload.keys_mean, 2),
        "engines": [],
    }
    counts, ready, roofs = {}, [], []
    bound = Bound(paths.model, workload)
    for engine in taking_part:
        try:
            rate = tune(engine, files, workload.count_for(CHECK_TOKENS * 4))
            counts[engine.name] = workload.count_for(rate * options.seconds)
            engine.start(files)
            cosine, wrong = check(engine, paths, files, workload, reference)
        except EngineError as error:
            cosine, wrong = None, str(error)
        entry = {"name": engine.name, "arithmetic": engine.arithmetic, "is_peer": engine.is_peer}
        entry |= {"settings": engine.settings, "cosine_min": cosine, "is_valid": wrong is None}
        entry |= {"texts": counts.get(engine.name, 0), "rates": [], "shares": []}
        if wrong:
            print(f"INVALID: {workload.name}: {engine.name}: {wrong}")
            result.setdefault("invalid", []).append(f"{engine.name}: {wrong}")
        if engine.name in counts:
            ready.append((engine, entry))

    for round_number in range(options.rounds):
        # There and back: nobody always runs behind the same other.
        for engine, entry in ready if round_number % 2 == 0 else reversed(ready):
            machine = measure_roof(options.colvec, options.threads)
            rate = engine.measure(counts[engine.name])
            entry["rates"].append(round(rate, 1))
            if share := bound.share(engine, rate, machine):
                entry["shares"].append(round(share, 3))
            roofs.append(machine)
    result["roof_gflops"] = {
        name: round(statistics.median(machine[name] for machine in roofs) / 1e9, 1)
        for name in (roofs[0] if roofs else {})
    }
    for engine, entry in ready:
        engine.stop()
        entry["peak_bytes"] = engine.peak_bytes
        result["engines"].append(entry)
    return result


def machine_name(threads):
    found = re.search(
        r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    )
    return f"{found[1].strip() if found else 'unknown'}, {threads} threads"


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ",".join(workloads.BUILDERS)
    parser.add_argument("--colvec", type=pathlib.Path, default=ROOT / "build/release/colvec")
    parser.add_argument("--config", type=pathlib.Path, required=True)
    parser.add_argument("--texts", type=pathlib.Path, required=True)
    parser.add_argument("--workloads", default="short,long", help=f"of {names}")
    parser.add_argument("--precisions", default="f32,bf16,int8")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--tokens-max", type=int, help="instead of the folder's max_seq_length")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement, about")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/colvec-peers"))
    parser.add_argument("--json", action="store_true", help="also write bench/results/*.json")
    return parser.parse_args()


def main():
    options = parse_options()
    install(options.work)
    paths = Paths(options)
    config = read_json(paths.model, "config.json")
    shape = tuple(config[k] for k in ("num_hidden_layers", "hidden_size", "intermediate_size"))
    lines = workloads.read_lines(options.texts)
    precisions, results = None, []
    for name in options.workloads.split(","):
        workload, files = write_workload(paths, name, lines)
        if precisions is None:
            workloads.write_jsonl(workload.texts[:1], files.checked)
            precisions = usable_precisions(paths, options.precisions.split(","), files)
        taking_part = [Colvec(paths, precision, options.threads) for precision in precisions]
        for peer in options.peers.split(","):
            taking_part += PEERS[peer](paths, options.threads)
        result = compare(paths, options, workload, files, taking_part)
        results.append(result)
        print(f"\n{name}: {len(workload.texts):,} texts of {workload.tokens_mean:.1f} tokens")
        for engine in result["engines"]:
            print(report.engine_line(engine))
        for engine in result["engines"]:
            if warning := report.share_warning(name, shape, engine):
                print("warning:", warning)
    print("\n" + report.table(results))
    if options.json:
        commit = run("git", "-C", ROOT, "rev-parse", "--short", "HEAD").stdout.strip()
        folder, machine = ROOT / "bench" / "results", machine_name(options.threads)
        path = report.write_json(folder, machine, commit, options.config.name, results)
        print(f"\nwritten: {path.relative_to(ROOT)}")
    if any("invalid" in result for result in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
