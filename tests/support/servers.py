"""A running `colvec serve` for tests, and requests to it: as clients send them, and as bytes."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import pathlib
import time
import unittest
import urllib.parse

from jobs import COLVEC

START_SECONDS_MAX = 60


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json["error"]["message"]


class Server:
    """Started with a free port; `stop()` ends it as a user does."""

    def __init__(self, *arguments, home=None, env=None, log=None):
        self.log = log or tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [COLVEC, "serve", "--port", "0", *(["--home", str(home)] if home else []),
             *map(str, arguments)], stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, **(env or {})})
        line = self.process.stdout.readline()
        match = re.search(r"http://(\S+):(\d+)", line)
        if not match:
            self.process.wait(START_SECONDS_MAX)
            raise AssertionError(f"did not start: {line}{self.errors()}")
        self.host, self.port = match.group(1), int(match.group(2))

    def errors(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self, how=signal.SIGTERM, seconds=60):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process.stdout.close()
        return code

    def request(self, method, path, body=None, headers=None, seconds=60):
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=seconds)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, body=None, **headers):
        return self.request("POST", path, body, headers)

    def connect(self, seconds=30):
        return socket.create_connection((self.host, self.port), seconds)

    def raw(self, sent, seconds=30, half_close=False):
        """The status of the first answer to these bytes; None where the connection just closes."""
        with self.connect(seconds) as connection:
            try:
                connection.sendall(sent)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return status_of(read_some(connection))

    def events(self, path="/api/v1/events", seconds=60, headers=None):
        """Yields (event, data) as they come."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=seconds)
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        if answer.status != 200:
            raise AssertionError(f"{answer.status}: {answer.read()}")
        event = None
        try:
            for line in answer:
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    yield event, json.loads(line[6:])
        finally:
            connection.close()


def read_some(connection):
    """All that comes until the other side closes, or an answer is whole."""
    data = b""
    while True:
        try:
            piece = connection.recv(65536)
        except OSError:
            return data
        if not piece:
            return data
        data += piece
        head, mark, rest = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if mark and length and len(rest) >= int(length.group(1)):
            return data


def status_of(data):
    match = re.match(rb"HTTP/1\.1 (\d+) ", data)
    return int(match.group(1)) if match else None


def quoted(text):
    return urllib.parse.quote(text, safe="")


class ServerCase(unittest.TestCase):
    """A folder with a home, and a server over it that is stopped at the end."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="colvec_server_")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.home = self.folder / "home"
        self.data = self.folder / "data"
        self.home.mkdir()
        self.data.mkdir()

    def serve(self, *arguments, env=None, log=None):
        server = Server("--root", self.data, *arguments, home=self.home, env=env, log=log)
        self.addCleanup(server.stop)
        return server

    def ok(self, answer, status=200):
        self.assertEqual(answer.status, status, answer.body[:1000])
        return answer

    def refused(self, answer, status, says=""):
        self.assertEqual(answer.status, status, answer.body[:1000])
        self.assertIn(says, answer.message)
        self.assertNotIn("\n", answer.message)
        return answer

    def wait_for_job(self, server, job, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            now = self.ok(server.get(f"/api/v1/jobs/{job['id']}")).json
            if now["state"] not in ("queued", "running"):
                return now
            time.sleep(0.02)
        raise AssertionError(f"still {now['state']}: {now}")
