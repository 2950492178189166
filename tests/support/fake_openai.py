#!/usr/bin/env python3
"""An endpoint of OpenAI's /v1/embeddings for tests: also one that behaves badly, when asked to.

    with FakeOpenAi() as fake: ... fake.base_url ... fake.requests ...
    fake.fail("429", times=2)       the next two requests

As a script it prints its port and serves until its standard input ends; GET /fail/KIND/TIMES and
/requests do what fail() and requests do.

  * number i of a text's vector is (byte i of its SHA-256 - 128) / 128, DIMENSION of them, or
    `dimensions`;
  * the model "m" is there, others are not; "shuffled" answers in another order, "lists" with lists
    of numbers, "short" leaves a vector out, "changing" has one number more after the first request;
  * requests must carry the key "sk-test", unless the model is "open";
  * a text with REFUSE in it is refused, and so is an empty one; the whole request with it.
"""

import base64
import hashlib
import http.server
import json
import re
import socket
import struct
import sys
import threading

KEY = "sk-test"
DIMENSION = 8
MODELS = {"m", "shuffled", "lists", "short", "changing", "open"}


def vector_of(text, dimension=DIMENSION):
    return [(byte - 128) / 128 for byte in hashlib.sha256(text.encode()).digest()[:dimension]]


class FakeOpenAi:
    def __init__(self):
        self.faults = []
        self.requests = []  # What was sent, as it came: one body each.
        self.lock = threading.Lock()
        fake = self

        class Handler(_Handler):
            owner = fake

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def fail(self, kind, times=1):
        """"500", "503", "429", "reset" or "html" (an answer that is none)."""
        with self.lock:
            self.faults += [kind] * times

    def take_fault(self):
        with self.lock:
            return self.faults.pop(0) if self.faults else None


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner = None

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, message, headers=()):
        self.answer(status, {"error": {"message": message, "type": "invalid_request_error",
                                       "param": None, "code": None}}, headers)

    def do_GET(self):
        if match := re.fullmatch(r"/fail/(\w+)/(\d+)", self.path):
            self.owner.fail(match.group(1), int(match.group(2)))
            return self.answer(200, {})
        return self.answer(200, self.owner.requests)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        with self.owner.lock:
            self.owner.requests.append(body)
        match self.owner.take_fault():
            case "429":
                return self.refuse(429, "Rate limit reached", [("Retry-After", "0")])
            case "500" | "503" as status:
                return self.refuse(int(status), "The server had an error")
            case "html":
                return self.answer(200, b"<html>welcome</html>")
            case "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           struct.pack("ii", 1, 0))
                self.close_connection = True
                return self.connection.close()
        if self.path != "/v1/embeddings":
            return self.refuse(404, f"Unknown request URL: POST {self.path}")
        key = self.headers.get("Authorization", "")
        if body["model"] != "open" and key != f"Bearer {KEY}":
            return self.refuse(401, f"Incorrect API key provided: {key.removeprefix('Bearer ')}")
        if body["model"] not in MODELS:
            return self.refuse(404, f"The model `{body['model']}` does not exist")
        if any("REFUSE" in text or not text for text in body["input"]):
            return self.refuse(400, "'$.input' is invalid")
        return self.answer(200, self.embed(body))

    def embed(self, body):
        dimension = body.get("dimensions", DIMENSION)
        if body["model"] == "changing" and len(self.owner.requests) > 1:
            dimension += 1
        data = []
        for index, text in enumerate(body["input"]):
            vector = vector_of(text, dimension)
            if body["model"] != "lists":
                vector = base64.b64encode(struct.pack(f"<{dimension}f", *vector)).decode()
            data.append({"object": "embedding", "index": index, "embedding": vector})
        if body["model"] == "shuffled":
            data.reverse()
        if body["model"] == "short" and len(data) > 1:
            data.pop()
        tokens = sum(len(text.split()) for text in body["input"])
        return {"object": "list", "model": body["model"], "data": data,
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def main():
    with FakeOpenAi() as fake:
        print(fake.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
