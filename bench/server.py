#!/usr/bin/env python3
"""Measures /v1/embeddings under load: throughput against the engine's, latency, idle event streams.

  bench/server.py [--model FOLDER] [--clients 64] [--seconds 60] [--rounds 3] [--streams 1000]

CLIENTS clients on one thread, each with one short text at a time on a connection of its own, ask
for SECONDS; before and after, `colvec bench encode` measures the engine on the same texts. Then the
same with STREAMS clients that listen to events and hear nothing, in turns with none. Without
--model: the shape of all-MiniLM-L6-v2 with random weights. The clients run on the same machine, and
take their share.
"""

import argparse
import base64
import json
import pathlib
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from jobs import COLVEC, TESTDATA, need, sql  # noqa: E402
from servers import Server  # noqa: E402

TEXTS = 20000
ENGINE_TEXTS = 1000  # Of one measurement of the engine.


class Client:
    """One connection that asks again as soon as it has its answer."""

    def __init__(self, server, requests, first):
        self.socket = socket.create_connection((server.host, server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests, self.next = requests, first
        self.data = b""

    def ask(self):
        self.began = time.perf_counter()
        self.socket.sendall(self.requests[self.next % len(self.requests)])
        self.next += 1

    def has_answer(self):
        """Whether an answer is whole now; ValueError: it is not a 200."""
        self.data += self.socket.recv(65536)
        head, mark, body = self.data.partition(b"\r\n\r\n")
        if not mark:
            return False
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ValueError(head + body)
        at = head.index(b"Content-Length: ") + 16
        if len(body) < int(head[at:].split(b"\r\n", 1)[0]):
            return False
        self.data = b""
        return True


def load(server, requests, clients, seconds):
    """Answers, errors and the latencies of `clients` clients."""
    selector = selectors.DefaultSelector()
    every = max(1, len(requests) // clients)
    for i in range(clients):
        client = Client(server, requests, i * every)
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.ask()
    latencies, errors = [], 0
    begin = time.perf_counter()
    end = begin + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(1):
            client = key.data
            try:
                if client.has_answer():
                    latencies.append(time.perf_counter() - client.began)
                    client.ask()
            except (OSError, ValueError) as error:
                errors += 1
                print("error:", str(error)[:200])
                selector.unregister(client.socket)
                client.socket.close()
    seconds = time.perf_counter() - begin
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    return len(latencies) / seconds, errors, sorted(latencies)


def requests_of(texts):
    requests = []
    for text in texts:
        body = json.dumps({"input": text, "model": "m", "encoding_format": "base64"}).encode()
        requests.append(b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                        b"application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    return requests


def engine_rate(model, texts):
    done = subprocess.run([COLVEC, "bench", "encode", model, "--input", texts, "--column", "text",
                           "--json", "--texts-max", str(ENGINE_TEXTS)],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["texts_per_second"]


def measure_throughput(server, model, texts, requests, options):
    ratios = []
    for number in range(options.rounds):
        before = engine_rate(model, texts)
        rate, errors, latencies = load(server, requests, options.clients, options.seconds)
        engine = (before + engine_rate(model, texts)) / 2
        ratios.append(rate / engine)
        median, p99 = (latencies[int(len(latencies) * share)] for share in (0.5, 0.99))
        print(f"{options.clients} clients, {options.seconds} s: {rate:,.0f} texts/s,"
              f" {rate / engine:.1%} of the engine's {engine:,.0f}; median {median * 1000:.1f} ms,"
              f" p99 {p99 * 1000:.1f} ms ({p99 / median:.2f} x), {errors} errors")
    print(f"median share of the engine: {statistics.median(ratios):.1%}")


def measure_streams(server, requests, options):
    with_streams, without = [], []
    for number in range(options.rounds):
        without.append(load(server, requests, options.clients, options.seconds / 3)[0])
        streams = [server.connect() for _ in range(options.streams)]
        for stream in streams:
            stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for stream in streams:
            assert stream.recv(4096).startswith(b"HTTP/1.1 200")
        with_streams.append(load(server, requests, options.clients, options.seconds / 3)[0])
        for stream in streams:
            stream.close()
        time.sleep(0.5)
    change = statistics.median(w / o for w, o in zip(with_streams, without)) - 1
    print(f"with {options.streams:,} idle event streams: {statistics.median(with_streams):,.0f}"
          f" texts/s, without {statistics.median(without):,.0f} ({change:+.1%})")


def check_answers(server, requests):
    """Two clients at once get what one alone gets."""
    body = requests[0].split(b"\r\n\r\n", 1)[1]
    single = server.request("POST", "/v1/embeddings", body).json
    vector = base64.b64decode(single["data"][0]["embedding"])
    norm = sum(x * x for x in struct.unpack(f"<{len(vector) // 4}f", vector))
    assert abs(norm - 1) < 1e-3, norm


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--streams", type=int, default=1000)
    options = parser.parse_args()
    corpus = TESTDATA / "corpus" / "short_en.parquet"
    need(corpus)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model = options.model or folder / "model"
        if not options.model:
            subprocess.run([COLVEC, "model", "synth", "--config", TESTDATA /
                            "model_folders_no_weights/all-MiniLM-L6-v2", "--output", model],
                           check=True)
        texts = folder / "texts.parquet"
        sql(folder / "x.duckdb", f"COPY (SELECT text FROM '{corpus}' ORDER BY hash(id)"
                                 f" LIMIT {TEXTS}) TO '{texts}' (FORMAT parquet)")
        rows = sql(folder / "x.duckdb", f"SELECT to_json(text) FROM '{texts}'")
        requests = requests_of([json.loads(row) for row in rows])
        server = Server("--model", f"m={model}", home=folder / "home")
        try:
            check_answers(server, requests)
            load(server, requests, options.clients, 3)  # Warms up.
            measure_throughput(server, model, texts, requests, options)
            measure_streams(server, requests, options)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
