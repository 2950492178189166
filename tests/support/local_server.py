"""HTTP servers of tests: one on a free port of this machine, on a thread of its own.

    class Handler(LocalHandler): def do_GET(self): self.answer(200, self.owner.words)
    class Fake(LocalServer): ...
    with Fake(Handler) as fake: ... fake.origin ...

A FailingServer can be told to fail: which kinds of failure there are is a matter of its handler.
"""

import http.server
import json
import socket
import struct
import sys
import threading


class LocalServer:
    def __init__(self, handler):
        """`handler`: a LocalHandler; each object of it has this one as its `owner`."""
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), type(handler.__name__, (handler,), {"owner": self}))
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
    def origin(self):
        return f"http://127.0.0.1:{self.port}"


class FailingServer(LocalServer):
    def __init__(self, handler):
        super().__init__(handler)
        self.pending = []  # Kinds of failure, the next one first.

    def fail(self, kind, times=1):
        with self.lock:
            self.pending += [kind] * times

    def take_fault(self, *kinds):
        """The next failure, if it is one of these kinds (of any, without them)."""
        with self.lock:
            if self.pending and (not kinds or self.pending[0] in kinds):
                return self.pending.pop(0)
        return None


class LocalHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner = None

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        """`body`: bytes, or what JSON can say."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def reset(self):
        # Closing without lingering sends a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def serve(server):
    """For scripts: prints the port and serves until standard input ends."""
    with server:
        print(server.port, flush=True)
        sys.stdin.read()
