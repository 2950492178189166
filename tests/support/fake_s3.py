#!/usr/bin/env python3
"""S3 as far as the tests need it, in memory: checks signatures and checksums, pages its lists, and
fails when it is told to.

Prints its port and serves until its standard input ends. The bucket is `bucket`, the keys are
AKTEST and SKTEST. Requests to /_control are for the test:

  POST /_control?status=503&code=SlowDown&count=2&method=PUT   answer the next so many requests (of
                                     that method, of a path with `contains`) so, with the other
                                     members of the query (Region, Message) in the error
  POST /_control?cut=1&count=1       close the connection in the middle of the answer instead
  POST /_control?lose=1&count=1      do what is asked and close the connection without an answer
  POST /_control?damage=1&count=1    change a byte of the body that is sent
  GET  /_control                     how many requests of each method there have been, as JSON
"""

import argparse
import email.utils
import hashlib
import hmac
import http.server
import json
import socket
import struct
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

ACCESS_KEY = "AKTEST"
SECRET_KEY = "SKTEST"


def quote(text, safe="-._~"):
    return urllib.parse.quote(text, safe=safe)


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def digest(data):
    return hashlib.md5(data).hexdigest()


class Store:
    def __init__(self):
        self.lock = threading.Lock()
        self.objects = {}  # Key to (bytes, etag, metadata, time).
        self.uploads = {}  # Id to (key, metadata, time, {number: (bytes, etag)}).
        self.faults = []
        self.counts = {}
        self.numbers = 0


class Failure(Exception):
    def __init__(self, status, code, headers=(), **members):
        super().__init__(code)
        self.status, self.code, self.headers, self.members = status, code, headers, members


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    store = Store()
    options = None

    def log_message(self, *arguments):
        pass

    # Answers.

    def answer(self, status, body=b"", headers=()):
        fault = self.fault
        if fault and "lose" in fault:
            return self.cut()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return None
        if fault and "damage" in fault and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        if fault and "cut" in fault:
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            return self.cut()
        self.wfile.write(body)
        return None

    def cut(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def answer_xml(self, name, members, status=200, headers=()):
        body = '<?xml version="1.0" encoding="UTF-8"?>\n' + element(name, members)
        self.answer(status, body.encode(), [("Content-Type", "application/xml"), *headers])

    # Requests.

    def handle_any(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        self.raw_query = url.query
        self.raw_path = url.path
        self.fault = None
        if url.path == "/_control":
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return self.control()
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.store.lock:
            self.store.counts[self.command] = self.store.counts.get(self.command, 0) + 1
            self.fault = self.next_fault()
        try:
            if self.fault and "status" in self.fault:
                extra = {k: v for k, v in self.fault.items() if k[0].isupper()}
                raise Failure(int(self.fault["status"]), self.fault.get("code", ""), **extra)
            self.check_signature()
            bucket, _, key = urllib.parse.unquote(url.path).lstrip("/").partition("/")
            if bucket != "bucket":
                raise Failure(404, "NoSuchBucket")
            with self.store.lock:
                return self.route(key)
        except Failure as failure:
            members = {"Code": failure.code, "Message": "as the test wants", **failure.members}
            if self.command == "HEAD":
                return self.answer(failure.status)
            return self.answer_xml("Error", members, failure.status, failure.headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            return None

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def control(self):
        if self.command == "GET":
            body = json.dumps(self.store.counts).encode()
        else:
            with self.store.lock:
                self.store.faults.append({"count": "1", **self.query})
            body = b""
        self.answer(200, body)

    def next_fault(self):
        for fault in self.store.faults:
            if fault.get("method", self.command) != self.command:
                continue
            if fault.get("contains", "") not in self.path:
                continue
            fault["count"] = str(int(fault["count"]) - 1)
            if fault["count"] == "0":
                self.store.faults.remove(fault)
            return fault
        return None

    def check_signature(self):
        """Signature Version 4, as Amazon describes it."""
        header = self.headers.get("Authorization", "")
        if not header.startswith("AWS4-HMAC-SHA256 "):
            raise Failure(403, "AccessDenied")
        parts = dict(part.strip().split("=", 1) for part in header.split(" ", 1)[1].split(","))
        access_key, date, region, service, _ = parts["Credential"].split("/")
        if access_key != ACCESS_KEY:
            raise Failure(403, "InvalidAccessKeyId")
        names = parts["SignedHeaders"].split(";")
        for name in ("host", "x-amz-date", "x-amz-content-sha256"):
            if name not in names:
                raise Failure(403, "AccessDenied")
        if self.options.token and self.headers.get("x-amz-security-token") != self.options.token:
            raise Failure(400, "ExpiredToken")
        content = self.headers["x-amz-content-sha256"]
        if content != hashlib.sha256(self.body).hexdigest():
            raise Failure(400, "XAmzContentSHA256Mismatch")
        query = "&".join(sorted(f"{quote(k)}={quote(v)}" for k, v in self.query.items()))
        canonical = "\n".join([
            self.command, quote(urllib.parse.unquote(self.raw_path), "-._~/"), query,
            *(f"{name}:{' '.join(self.headers[name].split())}" for name in names), "",
            ";".join(names), content])
        stamp = self.headers["x-amz-date"]
        scope = f"{date}/{region}/{service}/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                             hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + SECRET_KEY).encode()
        for word in (date, region, service, "aws4_request", to_sign):
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        if key.hex() != parts["Signature"]:
            raise Failure(403, "SignatureDoesNotMatch")

    def route(self, key):
        query = self.query
        if not key:
            return self.list_uploads() if "uploads" in query else self.list_objects()
        if self.command == "POST" and "uploads" in query:
            return self.begin_upload(key)
        if self.command == "POST":
            return self.complete_upload(key)
        if "uploadId" in query:
            return {"PUT": self.put_part, "GET": self.list_parts,
                    "DELETE": self.abort_upload}[self.command](key)
        return {"PUT": self.put, "GET": self.get, "HEAD": self.get,
                "DELETE": self.delete}[self.command](key)

    def metadata(self):
        return [(name, value) for name, value in self.headers.items()
                if name.lower().startswith("x-amz-meta-")]

    def check_conditions(self, key):
        if self.options.no_conditions:
            return
        now = self.store.objects.get(key)
        if self.headers.get("If-None-Match") == "*" and now:
            raise Failure(412, "PreconditionFailed")
        wanted = self.headers.get("If-Match")
        if wanted and (not now or wanted != (f'"{now[1]}"' if self.options.quotes else now[1])):
            raise Failure(412, "PreconditionFailed")

    def put(self, key):
        self.check_conditions(key)
        etag = digest(self.body)
        self.store.objects[key] = (self.body, etag, self.metadata(), time.time())
        self.answer(200, b"", [("ETag", f'"{etag}"')])

    def get(self, key):
        if key not in self.store.objects:
            raise Failure(404, "NoSuchKey")
        data, etag, metadata, seconds = self.store.objects[key]
        headers = [("ETag", f'"{etag}"'), *metadata,
                   ("Last-Modified", email.utils.formatdate(seconds, usegmt=True))]
        wanted = self.headers.get("Range")
        if not wanted:
            return self.answer(200, data, headers)
        first, last = wanted.removeprefix("bytes=").split("-")
        part = data[int(first):int(last) + 1 if last else None]
        if not part:
            raise Failure(416, "InvalidRange")
        headers.append(("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}"))
        return self.answer(206, part, headers)

    def delete(self, key):
        self.store.objects.pop(key, None)
        self.answer(204)

    def list_objects(self):
        prefix = self.query.get("prefix", "")
        after = self.query.get("start-after", "")
        keys = sorted((k for k in self.store.objects if k.startswith(prefix) and k > after),
                      key=lambda k: k.encode())
        page = keys[:self.options.page]
        members = [("IsTruncated", "true" if len(keys) > len(page) else "false"),
                   ("EncodingType", self.query.get("encoding-type", ""))]
        for key in page:
            data, etag, _, seconds = self.store.objects[key]
            shown = urllib.parse.quote_plus(key, safe="/") if "encoding-type" in self.query else key
            members.append(("Contents", [("Key", shown), ("LastModified", iso(seconds)),
                                         ("ETag", f'"{etag}"'), ("Size", str(len(data)))]))
        self.answer_xml("ListBucketResult", members)

    # Uploads in parts.

    def upload(self, key):
        upload = self.store.uploads.get(self.query["uploadId"])
        if not upload or upload[0] != key:
            raise Failure(404, "NoSuchUpload")
        return upload

    def begin_upload(self, key):
        self.store.numbers += 1
        name = f"upload {self.store.numbers}+="
        self.store.uploads[name] = (key, self.metadata(), time.time(), {})
        self.answer_xml("InitiateMultipartUploadResult", [("UploadId", name)])

    def put_part(self, key):
        etag = digest(self.body)
        self.upload(key)[3][int(self.query["partNumber"])] = (self.body, etag)
        self.answer(200, b"", [("ETag", f'"{etag}"')])

    def list_parts(self, key):
        parts = self.upload(key)[3]
        numbers = sorted(n for n in parts if n > int(self.query.get("part-number-marker", 0)))
        page = numbers[:self.options.page]
        members = [("IsTruncated", "true" if len(numbers) > len(page) else "false"),
                   ("NextPartNumberMarker", str(page[-1] if page else 0))]
        for number in page:
            members.append(("Part", [("PartNumber", str(number)), ("ETag", f'"{parts[number][1]}"'),
                                     ("Size", str(len(parts[number][0])))]))
        self.answer_xml("ListPartsResult", members)

    def complete_upload(self, key):
        _, metadata, _, parts = self.upload(key)
        data = b"".join(parts[number][0] for number in sorted(parts))
        etag = digest(b"".join(bytes.fromhex(parts[n][1]) for n in sorted(parts)))
        self.store.objects[key] = (data, f"{etag}-{len(parts)}", metadata, time.time())
        del self.store.uploads[self.query["uploadId"]]
        self.answer_xml("CompleteMultipartUploadResult", [("Key", key)])

    def abort_upload(self, key):
        self.upload(key)
        del self.store.uploads[self.query["uploadId"]]
        self.answer(204)

    def list_uploads(self):
        prefix = self.query.get("prefix", "")
        marker = (self.query.get("key-marker", ""), self.query.get("upload-id-marker", ""))
        found = sorted((upload[0], name, upload[2]) for name, upload in self.store.uploads.items()
                       if upload[0].startswith(prefix) and (upload[0], name) > marker)
        page = found[:self.options.page]
        members = [("IsTruncated", "true" if len(found) > len(page) else "false")]
        if page:
            members += [("NextKeyMarker", page[-1][0]), ("NextUploadIdMarker", page[-1][1])]
        for key, name, seconds in page:
            members.append(("Upload", [("Key", key), ("UploadId", name),
                                       ("Initiated", iso(seconds))]))
        self.answer_xml("ListMultipartUploadsResult", members)


def element(name, content):
    if isinstance(content, dict):
        content = list(content.items())
    if isinstance(content, list):
        content = "".join(element(*member) for member in content)
    else:
        content = escape(content)
    return f"<{name}>{content}</{name}>"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-conditions", action="store_true", help="ignores If-None-Match")
    parser.add_argument("--quotes", action="store_true", help="wants If-Match with quotes")
    parser.add_argument("--token", default="", help="the session token that is valid")
    parser.add_argument("--page", type=int, default=3, help="entries of a page of a list")
    Handler.options = parser.parse_args()
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
