"""A proxy before an object store, which answers every n-th request 503 or cuts it in the middle.

    with FaultyProxy(port_of_the_store, every=7) as proxy: ... proxy.endpoint ...

The Host header is passed on as it came, so that signatures hold.
"""

import http.client

from local_server import LocalHandler, LocalServer


class FaultyProxy(LocalServer):
    def __init__(self, port, every=0, answer=None):
        """`answer`, where given, is (status, headers, body) of the answer to every request."""
        super().__init__(_Handler)
        self.store_port, self.every, self.fixed_answer = port, every, answer
        self.count, self.faults = 0, 0

    @property
    def endpoint(self):
        return self.origin

    def fault_of_next(self):
        with self.lock:
            self.count += 1
            if not self.every or self.count % self.every:
                return None
            self.faults += 1
            return ("503", "cut the answer", "lose the answer")[self.faults % 3]


class _Handler(LocalHandler):
    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.owner.fixed_answer:
            return self.send(*self.owner.fixed_answer)
        fault = self.owner.fault_of_next()
        if fault == "503":
            return self.send(503, [], b"<Error><Code>SlowDown</Code></Error>")
        try:
            status, headers, data = self.pass_on(body)
        except OSError:  # The store is down: a connection that breaks says so, too.
            return self.reset()
        if fault == "lose the answer":
            return self.reset()
        if fault == "cut the answer":
            self.begin(status, headers, len(data))
            self.wfile.write(data[:len(data) // 2])
            self.wfile.flush()
            return self.reset()
        return self.send(status, headers, data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def pass_on(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.owner.store_port, timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect"):
                connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        data = answer.read()
        headers = [(name, value) for name, value in answer.getheaders()
                   if name.lower() not in ("content-length", "connection", "transfer-encoding")]
        if self.command == "HEAD":
            headers.append(("Content-Length", answer.getheader("Content-Length", "0")))
        connection.close()
        return answer.status, headers, data

    def begin(self, status, headers, size):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD" and status != 204:
            self.send_header("Content-Length", str(size))
        self.end_headers()

    def send(self, status, headers, data):
        self.begin(status, headers, len(data))
        if self.command != "HEAD":
            self.wfile.write(data)
