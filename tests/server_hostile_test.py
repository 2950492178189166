#!/usr/bin/env python3
"""What `colvec serve` does with requests that mean no good: each gets its status, and no more.

Two thousand requests, made by turns from kinds of malice and a fixed seed; then slow clients,
floods of connections, foreign pages and missing tokens. The server must answer well to the end.
"""

import collections
import json
import os
import pathlib
import random
import signal
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from servers import ServerCase, quoted, read_some, status_of  # noqa: E402

REQUESTS = int(os.environ.get("COLVEC_HOSTILE_REQUESTS", "2000"))
TOKEN = "correct horse battery staple"
# A sanitizer's report in the server's log.
ALARMS = ("AddressSanitizer", "LeakSanitizer", "runtime error", "Segmentation")


def head(method, target, *headers, version="HTTP/1.1", host="localhost"):
    lines = [f"{method} {target} {version}", *([f"Host: {host}"] if host else []), *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def post(target, body, *headers):
    if isinstance(body, str):
        body = body.encode()
    return head("POST", target, "Content-Type: application/json", f"Content-Length: {len(body)}",
                *headers) + body


def nested(depth):
    return "[" * depth + "]" * depth


def traversal(random):
    part = random.choice(["..", "%2e%2e", "%2E.", ".%2e", "..%2f..", "..%5c..", "%c0%ae%c0%ae"])
    prefix = random.choice(["", "/assets", "/api/v1/datasets", "/api/v1/files", "/index.html"])
    path = f"{prefix}/{'/'.join([part] * random.randint(1, 12))}/etc/passwd"
    return head("GET", path), {400, 404}


def picker(random):
    path = random.choice(["/etc/passwd", "/etc", "/proc/self/environ", "/", "../../etc", "/root",
                          "/etc/../etc/shadow", "~", "\\..\\..", "file:///etc/passwd"])
    return head("GET", f"/api/v1/files?path={quoted(path)}"), {400, 404}


def source(random):
    path = random.choice(["/etc/passwd", "/etc/*", "/proc/self/maps", "../x.csv",
                          "https://example.org/a.parquet", "s3://bucket/a.parquet", "/dev/zero",
                          "/dev/stdin", "", "\u0000", "a" * 5000])
    return post("/api/v1/datasets/propose", json.dumps({"source": {"path": path}})), {400, 404}


def name(random):
    dataset = random.choice(["../../etc", "..", ".", "a/b", "\u202e", "x" * 4000, "%00", "con",
                             "'; DROP TABLE x; --", "\n", "{name}", "products\u0000"])
    action = random.choice(["", "/status", "/runs", "/preview", "/columns/x", "/columns/x/map"])
    return head("GET", f"/api/v1/datasets/{quoted(dataset)}{action}"), {400, 404, 414}


def bad_json(random):
    body = random.choice([
        "", "{", "[", "nul", "{'a': 1}", '{"input": "a"', '{"input": "a"} x', '{"input": NaN}',
        '{"input": "\\ud800"}', '{"input": "a", "input": "b"}', nested(100), nested(100000),
        '{"input": 1e999}', "\x00", '{"input": "' + "\\u0000" * 9 + '"' , '{"a":' * 5000])
    target = random.choice(["/v1/embeddings", "/api/v1/datasets", "/api/v1/datasets/propose"])
    return post(target, body), {400}


def wrong_type(random):
    value = random.choice([None, True, 1.5, -1, [], {}, [[]], [None], [{}], [True], [["a"]],
                           ["a", 1], [1, "a"], [[1], "a"], [1e30], [-5], ["", "a"]])
    return post("/v1/embeddings", json.dumps({"input": value})), {400}


def wrong_field(random):
    key, value = random.choice([("name", 5), ("source", []), ("source", {"path": []}), ("x", 1),
                                ("source", {"path": "a", "table": 7}), ("source", None)])
    body = json.dumps({"source": {"path": "a"}, key: value})
    return post("/api/v1/datasets/propose", body), {400}


def not_utf8(random):
    bad = random.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80"])
    return post("/v1/embeddings", b'{"input": "' + bad + b'"}'), {400}


def oversized(random):
    return random.choice([
        (head("POST", "/v1/embeddings", "Content-Type: application/json",
              "Content-Length: 99999999999"), {413}),
        (head("POST", "/api/v1/datasets", "Content-Type: application/json",
              "Content-Length: 1048577"), {413}),
        (head("POST", "/v1/embeddings", "Content-Type: application/json",
              "Content-Length: 18446744073709551616"), {400}),
        (head("GET", "/" + "a" * 9000), {414}),
        (head("GET", "/?" + "a" * 9000), {414}),
        (head("GET", "/", "X: " + "a" * 20000), {431}),
    ])


def header_flood(random):
    count = random.randint(101, 1500)
    return head("GET", "/health", *(f"X-{i}: {i}" for i in range(count))), {431}


def malformed(random):
    return random.choice([
        (b"\r\n\r\n\r\n", {400}), (b"GET\r\n\r\n", {400}), (b"GET / HTTP/9.9\r\n\r\n", {400, 505}),
        (b"GET / HTTP/1.1\nHost: localhost\n\n", {400, 505}),
        (b"\x16\x03\x01\x02\x00\x01\x00", {400}),
        (bytes(random.randrange(256) for _ in range(200)) + b"\r\n\r\n", {400}),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
        (head("GET", "/health", host=None), {400}),
        (head("GET", "/health", "Host: localhost"), {400}),
        (head("GET", "health"), {400}), (head("GET", "*"), {400}),
        (head("GET", "/health#x"), {400}), (head("GET", "/a b"), {400, 505}),
        (head("GET", "/health", "Bad Header: x"), {400}),
        (head("GET", "/health", " folded"), {400}),
        (head("GET", "/health", "X: a\x00b"), {400}),
    ])


def smuggling(random):
    return random.choice([
        (head("POST", "/v1/embeddings", "Content-Length: 4", "Content-Length: 5") + b"abcde",
         {400}),
        (head("POST", "/v1/embeddings", "Content-Length: 4", "Transfer-Encoding: chunked") +
         b"0\r\n\r\n", {400}),
        (head("POST", "/v1/embeddings", "Transfer-Encoding: xchunked") + b"0\r\n\r\n", {501}),
        (head("POST", "/v1/embeddings", "Transfer-Encoding: chunked, identity") + b"0\r\n\r\n",
         {501}),
        (head("POST", "/v1/embeddings", "Content-Length: 0x5") + b"abcde", {400}),
        (head("POST", "/v1/embeddings", "Content-Type: application/json",
              "Transfer-Encoding: chunked") + b"-5\r\nabc\r\n0\r\n\r\n", {400}),
        (head("POST", "/v1/embeddings", "Content-Type: application/json",
              "Transfer-Encoding: chunked") + b"fffffffffffffffff\r\na", {400, 413}),
    ])


def foreign(random):
    return random.choice([
        (head("GET", "/api/v1/info", host="evil.example"), {403}),
        (head("GET", "/api/v1/info", host="localhost.evil.example"), {403}),
        (head("GET", "/api/v1/info", host="localhost@evil.example"), {403}),
        (head("GET", "http://evil.example/api/v1/info"), {400}),
        (head("GET", "/api/v1/info", "Origin: https://evil.example"), {403}),
        (head("GET", "/api/v1/info", "Origin: null"), {403}),
        (head("GET", "/api/v1/info", "Sec-Fetch-Site: cross-site"), {403}),
        (post("/api/v1/datasets", "{}", "Origin: http://localhost:1"), {403}),
        (head("POST", "/v1/embeddings", "Content-Type: text/plain", "Content-Length: 2") + b"{}",
         {415}),
        (head("OPTIONS", "/v1/embeddings", "Origin: https://evil.example",
              "Access-Control-Request-Method: POST"), {403}),
    ])


def other_method(random):
    return random.choice([
        (head("TRACE", "/"), {501}), (head("CONNECT", "localhost:80"), {400, 501}),
        (head("PROPFIND", "/"), {501}), (head("DELETE", "/api/v1/jobs"), {405}),
        (head("PUT", "/v1/embeddings"), {405}), (head("POST", "/"), {404, 405}),
        (head("GET", "/v1/embeddings"), {405}), (head("get", "/health"), {501}),
        (post("/health", "{}"), {405}),
    ])


KINDS = [traversal, picker, source, name, bad_json, wrong_type, wrong_field, not_utf8, oversized,
         header_flood, malformed, smuggling, foreign, other_method]


class Hostile(ServerCase):
    def check_well(self, server, headers=None):
        self.assertIsNone(server.process.poll(), server.errors())
        self.ok(server.get("/health", **(headers or {})))
        self.assertFalse([alarm for alarm in ALARMS if alarm in server.errors()], server.errors())

    def test_each_of_two_thousand_requests_gets_its_status(self):
        (self.folder / "secret.csv").write_text("id,text\n1,hunter2\n")
        server = self.serve()
        chance = random.Random(20261125)
        wrong, seen = [], collections.Counter()
        for number in range(REQUESTS):
            kind = KINDS[number % len(KINDS)]
            sent, statuses = kind(chance)
            status = server.raw(sent)
            seen[kind.__name__, status] += 1
            if status not in statuses:
                wrong.append((kind.__name__, sent[:120], status, statuses))
        self.assertEqual(wrong[:20], [], f"{len(wrong)} of {REQUESTS}")
        self.check_well(server)
        print(f"{REQUESTS} requests:", dict(collections.Counter(s for _, s in seen.elements())))
        self.assertEqual(server.stop(), 143)
        self.assertFalse([alarm for alarm in ALARMS if alarm in server.errors()], server.errors())

    def test_what_stands_behind_a_refused_request_is_not_answered(self):
        server = self.serve()
        hidden = head("GET", "/api/v1/info")
        with server.connect() as connection:
            connection.sendall(head("POST", "/v1/embeddings", "Content-Length: 3",
                                    "Transfer-Encoding: chunked") + hidden)
            connection.settimeout(10)
            data = b""
            while piece := connection.recv(65536):
                data += piece
        self.assertEqual(data.count(b"HTTP/1.1 "), 1)
        self.assertEqual(status_of(data), 400)

    def test_a_client_that_stops_half_way_is_told_or_left(self):
        server = self.serve()
        self.assertIsNone(server.raw(b"GET /health HT", half_close=True))
        self.assertIsNone(server.raw(b"", half_close=True))
        cut = post("/v1/embeddings", '{"input": "a"}')[:-5]
        self.assertIsNone(server.raw(cut, half_close=True))
        self.check_well(server)

    def test_slow_clients_hold_nobody_up_and_are_told_in_time(self):
        server = self.serve()
        slow = [server.connect(60) for _ in range(200)]
        begin = time.monotonic()
        for i, connection in enumerate(slow):
            connection.sendall(head("GET", "/health")[:10 + i % 20])
        times = []
        for _ in range(50):
            at = time.monotonic()
            self.ok(server.post("/v1/embeddings", {"input": "a"}))
            times.append(time.monotonic() - at)
        self.assertLess(sorted(times)[25], 0.5)
        # One more byte now and then does not buy more time.
        while time.monotonic() - begin < 9:
            for connection in slow[:20]:
                try:
                    connection.sendall(b"x")
                except OSError:
                    pass
            time.sleep(1)
        statuses = collections.Counter(status_of(read_some(connection)) for connection in slow)
        self.assertEqual(statuses, {408: 200})
        self.assertLess(time.monotonic() - begin, 30)
        for connection in slow:
            connection.close()
        self.check_well(server)

    def test_more_connections_than_it_takes_are_turned_away(self):
        server = self.serve("--connections-max", "50")
        streams = []
        for _ in range(50):
            connection = server.connect()
            connection.sendall(head("GET", "/api/v1/events"))
            streams.append(connection)
            self.assertEqual(status_of(connection.recv(4096)), 200)
        self.assertEqual(server.raw(head("GET", "/health")), 503)
        streams.pop().close()
        deadline = time.monotonic() + 10
        while server.raw(head("GET", "/health")) != 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.check_well(server)
        for connection in streams:
            connection.close()

    def test_idle_connections_make_room_for_new_ones(self):
        server = self.serve("--connections-max", "20")
        idle = [server.connect() for _ in range(20)]
        for connection in idle:
            connection.sendall(head("GET", "/health"))
            self.assertEqual(status_of(read_some(connection)), 200)
        self.check_well(server)
        for connection in idle:
            connection.close()

    def test_a_client_that_reads_nothing_does_not_fill_the_memory(self):
        server = self.serve()
        body = json.dumps({"input": ["a"] * 2048})
        readers = []
        for _ in range(5):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((server.host, server.port))
            # Many requests at once: the second is read when the first has been answered.
            connection.sendall(post("/v1/embeddings", body) * 5)
            readers.append(connection)
        time.sleep(1)
        self.check_well(server)
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        kilobytes = int(status.split("VmRSS:")[1].split()[0])
        if "AddressSanitizer" not in os.environ.get("COLVEC_BUILD", ""):
            self.assertLess(kilobytes, 2_000_000)
        for connection in readers:
            connection.close()

    def test_requests_in_a_row_are_answered_in_order(self):
        server = self.serve()
        with server.connect() as connection:
            connection.sendall(head("GET", "/health") + head("GET", "/nothing/x.y") +
                               head("GET", "/health", "Connection: close"))
            connection.settimeout(10)
            data = b""
            while piece := connection.recv(65536):
                data += piece
        statuses = [part[:3] for part in data.split(b"HTTP/1.1 ")[1:]]
        self.assertEqual(statuses, [b"200", b"404", b"200"])


class Token(ServerCase):
    def setUp(self):
        super().setUp()
        self.token = self.folder / "token"
        self.token.write_text(TOKEN + "\n")

    def test_all_but_health_and_the_page_need_the_token(self):
        server = self.serve("--token-file", self.token)
        self.ok(server.get("/health"))
        for path in ("/api/v1/info", "/api/v1/datasets", "/api/v1/events", "/v1/models", "/metrics",
                     "/api/v1/nothing", "/v1/nothing"):
            with self.subTest(path=path):
                answer = self.refused(server.get(path), 401, "Authorization")
                self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
                self.refused(server.get(path, Authorization=f"Bearer {TOKEN}x"), 401)
                with server.connect() as connection:  # Events do not end.
                    connection.sendall(head("GET", path, f"Authorization: Bearer {TOKEN}"))
                    self.assertNotEqual(status_of(connection.recv(4096)), 401)
        self.refused(server.post("/v1/embeddings", {"input": "a"}), 401)
        self.ok(server.post("/v1/embeddings", {"input": "a"}, Authorization=f"Bearer {TOKEN}"))
        self.assertTrue(server.get("/api/v1/info", Authorization=f"Bearer {TOKEN}").json["needs_token"])

    def test_with_a_token_others_may_reach_it_by_its_name(self):
        server = self.serve("--token-file", self.token, "--address", "0.0.0.0", "--host-name",
                            "vectors.example", "--cors-origin", "https://app.example")
        server.host = "127.0.0.1"
        allowed = f"Authorization: Bearer {TOKEN}"
        for host, status in (("vectors.example", 200), ("other.example", 403)):
            self.assertEqual(server.raw(head("GET", "/v1/models", allowed, host=host)), status)
        preflight = server.request("OPTIONS", "/v1/embeddings", headers={
            "Origin": "https://app.example", "Access-Control-Request-Method": "POST"})
        self.assertEqual(preflight.status, 204)
        self.assertEqual(preflight.headers["Access-Control-Allow-Origin"], "https://app.example")

    def test_a_token_that_is_too_short_is_refused(self):
        self.token.write_text("short\n")
        from jobs import colvec
        done = colvec("serve", "--port", "0", "--home", self.home, "--token-file", self.token)
        self.assertEqual(done.returncode, 2)
        self.assertIn("16 to 1024 characters, not 5", done.stderr)


class Stop(ServerCase):
    def test_answers_are_finished_and_streams_end(self):
        for how, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with self.subTest(how=how):
                server = self.serve()
                ended = threading.Event()

                def listen():
                    list(server.events())
                    ended.set()

                threading.Thread(target=listen).start()
                answers = []
                asking = threading.Thread(target=lambda: answers.append(
                    server.post("/v1/embeddings", {"input": ["a b c " * 200] * 2000})))
                asking.start()
                time.sleep(0.2)
                self.assertEqual(server.stop(how), code)
                asking.join(10)
                self.assertTrue(ended.wait(10))
                self.assertEqual([answer.status for answer in answers], [200])


if __name__ == "__main__":
    unittest.main(verbosity=2)
