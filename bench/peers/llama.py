"""Runs llama.cpp over token ids; see serve.mjs for the requests it answers.

    llama.py WORK_FOLDER MODEL.gguf IDS.jsonl THREADS

A batch is counted in tokens, not in texts: a call takes as many texts as have at most that many
together, or one that is longer. Nothing is padded.
"""
import json
import math
import pathlib
import sys
import time

import numpy as np

from llama_library import Context, Model


def cut(order, lengths, tokens_max, texts_max):
    """Texts in this order as lists, one a call."""
    batches, tokens = [], 0
    for row in order:
        if not batches or tokens + lengths[row] > tokens_max or len(batches[-1]) == texts_max:
            batches.append([])
            tokens = 0
        batches[-1].append(row)
        tokens += lengths[row]
    return batches


def scattered(values):
    """A visit in steps that share no factor with their number: lengths in all sizes come early."""
    step = max(1, round(len(values) * 0.618))
    while math.gcd(step, len(values)) != 1:
        step += 1
    return [values[i * step % len(values)] for i in range(len(values))]


class Runner:
    def __init__(self, work, model, ids_file, threads):
        with open(ids_file, encoding="utf-8") as lines:
            self.texts = [np.array(json.loads(line)["ids"], np.int32) for line in lines]
        self.lengths = [len(ids) for ids in self.texts]
        self.model, self.threads = Model(work, model), threads
        self.context, self.batch = None, 0

    def prepare(self, batch):
        """A context for calls of that size; it keeps the one that it has if that fits."""
        if batch == self.batch:
            return
        if self.context:
            self.context.close()
        self.batch = batch
        self.context = Context(self.model, max(batch, max(self.lengths)), self.threads)

    def batches(self, request):
        order = range(min(request["count"], len(self.texts)))
        if request["sorted"]:
            order = sorted(order, key=lambda row: -self.lengths[row])
        batches = cut(order, self.lengths, request["batch"], self.model.texts_max)
        batches = batches[request["part"] :: request["parts"]]
        return scattered(batches) if request.get("seconds_max") else batches

    def encode(self, rows):
        vectors = self.context.encode([self.texts[row] for row in rows])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def answer(self, request):
        self.prepare(request["batch"])
        batches = self.batches(request)
        begin = time.perf_counter()
        vectors, tokens = [], 0
        for rows in batches:
            vectors.append(self.encode(rows))
            tokens += sum(self.lengths[row] for row in rows)
            if time.perf_counter() - begin > request.get("seconds_max", math.inf):
                break
        seconds = time.perf_counter() - begin
        if "vectors" in request:
            rows = np.concatenate(batches)
            in_order = np.empty((len(rows), self.model.width), np.float32)
            in_order[rows] = np.concatenate(vectors)
            in_order.tofile(request["vectors"])
        return {"tokens": tokens, "seconds": seconds}


def main():
    work, model, ids_file, threads = sys.argv[1:]
    runner = Runner(pathlib.Path(work), model, ids_file, int(threads))
    for line in sys.stdin:
        print(json.dumps(runner.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
