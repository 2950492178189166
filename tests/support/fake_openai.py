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
import json
import re
import struct

from local_server import FailingServer, LocalHandler, serve

KEY = "sk-test"
DIMENSION = 8
MODELS = {"m", "shuffled", "lists", "short", "changing", "open"}


def vector_of(text, dimension=DIMENSION):
    return [(byte - 128) / 128 for byte in hashlib.sha256(text.encode()).digest()[:dimension]]


class FakeOpenAi(FailingServer):
    """Fails with "500", "503", "429", "reset" or "html" (an answer that is none)."""

    def __init__(self):
        super().__init__(_Handler)
        self.requests = []  # What was sent, as it came: one body each.

    @property
    def base_url(self):
        return f"{self.origin}/v1"


class _Handler(LocalHandler):
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
                return self.reset()
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
    serve(FakeOpenAi())


if __name__ == "__main__":
    main()
