"""The programs that are compared, each behind the same few calls.

An engine is started on a workload, asked for measurements as often as wished, and stopped; its
processes stay between measurements, so that loading a model is never part of one.
"""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

from model_folder import pools_first_token

HERE = pathlib.Path(__file__).resolve().parent
BATCHES_OF_TEXTS = [4, 8, 16, 32]
BATCHES_OF_TOKENS = [128, 256, 512, 1024]


class EngineError(Exception):
    """An engine that ended or refused; the message says why."""


def run(*command, check=True):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if check and done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-600:]
        raise EngineError(f"{command[0]} {command[1]}: {said}")
    return done


def wait_measured(process):
    """Ends with the process; its peak memory in bytes.

    Linux counts what the forking program had before it became another one, so keep that small: big
    arrays are made by programs of their own.
    """
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024


class Colvec:
    """Plain texts in the order of the file, read and tokenised by colvec itself."""

    is_peer = False
    batches = [None]  # It chooses by itself.

    def __init__(self, paths, precision, threads):
        self.program, self.model = paths.colvec, paths.model
        self.arithmetic, self.threads = precision, threads
        self.name = f"colvec {precision}"
        self.settings = {}
        self.peak_bytes = 0

    def start(self, files):
        self.texts = files.texts

    def measure(self, count, seconds_max=None):
        del seconds_max  # `count` bounds it.
        command = [self.program, "bench", "encode", self.model]
        command += ["--input", self.texts, "--rounds", 1]
        command += ["--threads", self.threads, "--texts-max", count, "--json"]
        command += ["--precision", self.arithmetic]
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, errors = process.stdout.read(), process.stderr.read()
        self.peak_bytes = max(self.peak_bytes, wait_measured(process))
        if process.returncode != 0:
            raise EngineError(f"bench encode: {errors.decode().strip()}")
        answer = json.loads(out)
        if answer["precision"] != self.arithmetic:
            raise EngineError(f"bench encode ran in {answer['precision']}")
        return answer["tokens_per_second"]

    def vectors(self, texts_file, target):
        """Of a file of texts, as an array."""
        command = [self.program, "encode", self.model, "--input", texts_file, "--output", target]
        run(*command, "--precision", self.arithmetic)
        return np.load(target)

    def stop(self):
        pass


class Served:
    """A peer in processes of ours that answer requests; see serve.mjs."""

    is_peer = True

    def __init__(self, name, arithmetic, command, processes=1, batches=None, is_sorted=True):
        # command(files): the arguments, for a workload's files.
        self.name, self.arithmetic, self.command = name, arithmetic, command
        self.process_count, self.is_sorted = processes, is_sorted
        self.batches = batches or BATCHES_OF_TEXTS
        self.settings = {"batch": self.batches[0]}
        self.processes = []
        self.peak_bytes = 0

    def start(self, files):
        arguments = [str(part) for part in self.command(files)]
        self.processes = [
            subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(self.process_count)
        ]

    def ask(self, count, parts, **more):
        request = {"count": count, "sorted": self.is_sorted, "parts": parts}
        request.update(self.settings, **more)
        asked = self.processes[:parts]
        for part, process in enumerate(asked):
            process.stdin.write(json.dumps({**request, "part": part}).encode() + b"\n")
            process.stdin.flush()
        return [self.answer(process) for process in asked]

    def answer(self, process):
        while line := process.stdout.readline():
            if line.startswith(b"{"):
                return json.loads(line)
        raise EngineError(f"{self.name}: {process.stderr.read().decode().strip()[-600:]}")

    def measure(self, count, seconds_max=None):
        more = {"seconds_max": seconds_max} if seconds_max else {}
        answers = self.ask(count, self.process_count, **more)
        # Not by the slowest: in a long job, shares that are a batch apart even out.
        return sum(answer["tokens"] / answer["seconds"] for answer in answers)

    def vectors(self, count, target):
        """Of the first texts; and their lengths in tokens if the peer counts by itself."""
        (answer,) = self.ask(count, 1, vectors=str(target))
        return np.fromfile(target, "<f4").reshape(count, -1), answer.get("lengths")

    def stop(self):
        # Processes that share the work are in memory at the same time.
        for process in self.processes:
            process.stdin.close()
        self.peak_bytes = sum(wait_measured(process) for process in self.processes)
        self.processes = []


def threads_word(processes, threads):
    each = threads // processes
    return f"{processes} x {each} thread{'s' * (each > 1)}"


def onnxruntime(paths, threads):
    """Token ids ready made, sorted: f32 and int8, on all cores and as one process a core."""
    engines = []
    for arithmetic in ("f32", "int8"):
        for processes in sorted({1, threads}):
            model, each = paths.onnx(arithmetic), threads // processes

            def command(files, model=model, each=each):
                return ["node", HERE / "ort.mjs", paths.work, model, files.ids, each]

            name = f"ONNX Runtime {arithmetic}, {threads_word(processes, threads)}"
            engines.append(Served(name, arithmetic, command, processes))
    return engines


def transformers_js(paths, threads):
    """Plain texts: as they come, 32 at a time, which is how it is called; and sorted by length."""
    models = paths.transformers()
    pooling = "cls" if pools_first_token(paths.model) else "mean"

    def command(files):
        runner = ["node", HERE / "transformers.mjs", paths.work, models, "model"]
        return [*runner, files.texts, files.ids, threads, pooling]

    return [
        Served("transformers.js f32, unsorted", "f32", command, batches=[32], is_sorted=False),
        Served("transformers.js f32, sorted", "f32", command, batches=[8, 16, 32]),
    ]


def llama_cpp(paths, threads):
    """Token ids ready made, sorted, many texts a call: on all cores and as one process a core."""
    engines = []
    for arithmetic in ("f32", "bf16", "int8"):
        try:
            model = paths.gguf(arithmetic)
        except EngineError as error:
            print(f"without llama.cpp {arithmetic}: {str(error).splitlines()[-1]}", file=sys.stderr)
            continue
        for processes in sorted({1, threads}):

            def command(files, model=model, each=threads // processes):
                return [sys.executable, HERE / "llama.py", paths.work, model, files.ids, each]

            name = f"llama.cpp {arithmetic}"
            if processes > 1:
                name += f", {threads_word(processes, threads)}"
            engines.append(Served(name, arithmetic, command, processes, BATCHES_OF_TOKENS))
    return engines
