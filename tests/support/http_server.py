#!/usr/bin/env python3
"""A server that answers as tests of the HTTP client want: also badly.

Prints its port and serves until its standard input ends. Paths:

  /echo               method, headers and body as JSON
  /bytes/N            N bytes, byte k being (31 k + k // 257) mod 256; honours Range
  /whole/N            the same, but ignores Range
  /wrong-part/N       the same, but the part begins one byte later than asked for
  /status/CODE        that status; Retry-After and Location from the query
  /cut/N              promises N bytes, sends half of them and closes
  /reset              resets the connection without an answer
  /stall              sends its headers and a few bytes, and no more
  /headers/N          N bytes of headers
  /connections        how many connections there have been
"""

import argparse
import http.server
import json
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

BYTES = bytes((31 * k + k // 257) % 256 for k in range(257 * 256))


def bytes_of(first, last):
    """Bytes [first, last) of the endless row of bytes, which repeats after len(BYTES)."""
    start = first % len(BYTES)
    count = last - first
    return (BYTES * (2 + count // len(BYTES)))[start:start + count]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    connections = set()

    def log_message(self, *arguments):
        pass

    def setup(self):
        super().setup()
        self.connections.add(self.client_address)

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        words = url.path.strip("/").split("/")
        getattr(self, "do_" + words[0].replace("-", "_"), self.do_nothing)(query, *words[1:])

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def do_nothing(self, *arguments):
        self.answer(404, b"no such path")

    def do_echo(self, query, *rest):
        said = {"method": self.command, "path": self.path, "body": self.body.decode("latin-1"),
                "headers": {name.lower(): value for name, value in self.headers.items()}}
        self.answer(200, json.dumps(said).encode(), [("X-Seen", "first"), ("X-Seen", "second")])

    def do_bytes(self, query, count, shift=0):
        count = int(count)
        wanted = self.headers.get("Range")
        if not wanted:
            return self.answer(200, bytes_of(0, count))
        first, last = wanted.removeprefix("bytes=").split("-")
        first = int(first) + shift
        last = min(int(last) + 1 if last else count, count)
        if first >= last:
            return self.answer(416)
        return self.answer(206, bytes_of(first, last),
                           [("Content-Range", f"bytes {first}-{last - 1}/{count}")])

    def do_whole(self, query, count):
        self.answer(200, bytes_of(0, int(count)))

    def do_wrong_part(self, query, count):
        self.do_bytes(query, count, shift=1)

    def do_status(self, query, code):
        self.answer(int(code), b"status " + code.encode(), query.items())

    def do_cut(self, query, count):
        self.send_response(200)
        self.send_header("Content-Length", count)
        self.end_headers()
        self.wfile.write(bytes_of(0, int(count) // 2))
        self.close_connection = True

    def do_reset(self, query):
        # Closing without lingering sends a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def do_stall(self, query):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"some")
        self.wfile.flush()
        time.sleep(600)

    def do_headers(self, query, count):
        self.answer(200, b"", [(f"X-{k}", "y" * 1000) for k in range(int(count) // 1000)])

    def do_connections(self, query):
        self.answer(200, str(len(self.connections)).encode())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificate", help="a PEM file with certificate and key: speaks TLS")
    args = parser.parse_args()
    server = Server(("127.0.0.1", 0), Handler)
    if args.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
