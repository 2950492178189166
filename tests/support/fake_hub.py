#!/usr/bin/env python3
"""A hub of models for tests: the file API of the Hugging Face Hub, as far as a pull needs it, over
a folder of ORG/NAME/files. Also behaves badly, when asked to.

    with FakeHub(folder) as hub: ... hub.endpoint ... hub.requests ...
    hub.fail("cut", times=2)                the next two bodies of large files stop in the middle
    hub.commit("org/name")                  of its files as they are now: main is that

As a script it prints its port and serves until its standard input ends; GET /fail/KIND/TIMES and
/requests do what fail() and requests do.

  * listings come in pages of three;
  * large files (safetensors, or over 1,000 bytes) are redirected to another host ("localhost"
    instead of 127.0.0.1), which refuses requests that carry a token;
  * models of the organisation "gated" need the token "secret"; those of "closed" refuse it, too.
"""

import argparse
import hashlib
import pathlib
import re
import time
import urllib.parse

from local_server import FailingServer, LocalHandler, serve

TOKEN = "secret"
PAGE = 3
LARGE = 1000


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def git_sha1(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def is_large(path, data):
    return path.endswith(".safetensors") or len(data) > LARGE


class FakeHub(FailingServer):
    """Fails with "503", "429", "reset" for any request; "cut", "wrong" for bodies of large files;
    "slow" for one of over a megabyte: its second half comes ten seconds later."""

    def __init__(self, folder):
        super().__init__(_Handler)
        self.folder = pathlib.Path(folder)
        self.commits = {}   # (repository, commit) -> {path: bytes}
        self.requests = []  # "GET /path", with " +token" and " from N" where they have them.

    @property
    def endpoint(self):
        return self.origin

    def commit(self, repo):
        """The commit that the files of the folder are now; None where there is no such folder."""
        root = self.folder / repo
        if not root.is_dir():
            return None
        files = {path.relative_to(root).as_posix(): path.read_bytes()
                 for path in sorted(root.rglob("*")) if path.is_file()}
        names = "".join(f"{path} {git_sha1(data)}\n" for path, data in files.items())
        commit = hashlib.sha1(names.encode()).hexdigest()
        with self.lock:
            self.commits[repo, commit] = files
        return commit


class _Handler(LocalHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        token = self.headers.get("Authorization")
        first = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
        self.owner.requests.append(f"GET {url.path}" + (" +token" if token else "")
                                   + (f" from {first}" if first else ""))
        if match := re.fullmatch(r"/fail/(\w+)/(\d+)", url.path):
            self.owner.fail(match.group(1), int(match.group(2)))
            return self.answer(200)
        if url.path == "/requests":
            return self.answer(200, self.owner.requests)
        match self.owner.take_fault("503", "429", "reset"):
            case "503":
                return self.answer(503, b"busy")
            case "429":
                return self.answer(429, b"slow", [("Retry-After", "0")])
            case "reset":
                return self.reset()
        if match := re.fullmatch(r"/cdn/(\w+)", url.path):
            return self.give_large(match.group(1), token)
        path = urllib.parse.unquote(url.path)
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(.+)", path):
            return self.guarded(match.group(1), token, self.give_commit, match.group(2))
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/(\w+)", path):
            cursor = int(dict(urllib.parse.parse_qsl(url.query)).get("cursor", 0))
            return self.guarded(match.group(1), token, self.give_tree, match.group(2), cursor)
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/(\w+)/(.+)", path):
            return self.guarded(match.group(1), token, self.give_file, match.group(2),
                                match.group(3))
        return self.answer(404, b"no such path")

    def guarded(self, repo, token, give, *arguments):
        def refuse(status, code, message):
            self.answer(status, {"error": message},
                        [("X-Error-Code", code), ("X-Error-Message", message)])

        if token and token != f"Bearer {TOKEN}":
            return refuse(401, "InvalidToken", "Invalid credentials in Authorization header")
        if repo.startswith("gated/") and not token:
            return refuse(401, "GatedRepo", "Access to this model is restricted")
        if repo.startswith("closed/"):
            return refuse(403, "GatedRepo", "Access to this model is restricted")
        if not (self.owner.folder / repo).is_dir():
            return refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        return give(repo, *arguments)

    def give_commit(self, repo, revision):
        commit = self.owner.commit(repo) if revision == "main" else revision
        if (repo, commit) not in self.owner.commits:
            return self.answer(404, {"error": "Invalid rev id"},
                               [("X-Error-Code", "RevisionNotFound")])
        return self.answer(200, {"id": repo, "sha": commit, "gated": False})

    def give_tree(self, repo, commit, cursor):
        entries = [{"type": "directory", "path": "1_Pooling", "size": 0, "oid": "0" * 40}]
        for path, data in self.owner.commits[repo, commit].items():
            entry = {"type": "file", "path": path, "size": len(data), "oid": git_sha1(data)}
            if is_large(path, data):
                entry["oid"] = git_sha1(b"pointer to " + data)
                entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 134}
            entries.append(entry)
        headers = []
        if cursor + PAGE < len(entries):
            following = (f"{self.owner.endpoint}/api/models/{repo}/tree/{commit}"
                         f"?recursive=true&cursor={cursor + PAGE}")
            headers = [("Link", f'<{following}>; rel="next"')]
        return self.answer(200, entries[cursor:cursor + PAGE], headers)

    def give_file(self, repo, commit, path):
        data = self.owner.commits[repo, commit].get(path)
        if data is None:
            return self.answer(404, b"", [("X-Error-Code", "EntryNotFound")])
        if not is_large(path, data):
            return self.answer(200, data, [("ETag", f'"{git_sha1(data)}"'),
                                           ("X-Repo-Commit", commit)])
        return self.answer(302, b"", [
            ("Location", f"http://localhost:{self.owner.port}/cdn/{sha256(data)}?signature=x"),
            ("X-Linked-Etag", f'"{sha256(data)}"'), ("X-Linked-Size", str(len(data))),
            ("X-Repo-Commit", commit)])

    def give_large(self, checksum, token):
        if token:
            return self.answer(400, b"a token has come to another host")
        data = next(data for files in list(self.owner.commits.values())
                    for data in files.values() if sha256(data) == checksum)
        size, first = len(data), 0
        headers = [("ETag", f'"{checksum}"'), ("Accept-Ranges", "bytes")]
        status = 200
        if wanted := self.headers.get("Range"):
            first = int(wanted.removeprefix("bytes=").split("-")[0])
            status = 206
            headers.append(("Content-Range", f"bytes {first}-{size - 1}/{size}"))
        data = data[first:]
        fault = self.owner.take_fault("cut", "wrong", *(["slow"] if size > 1_000_000 else []))
        if fault == "wrong":
            data = bytes([data[0] ^ 1]) + data[1:]
        if fault not in ("cut", "slow"):
            return self.answer(status, data, headers)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:len(data) // 2])
        if fault == "cut":
            self.close_connection = True
            return None
        time.sleep(10)
        self.wfile.write(data[len(data) // 2:])
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    serve(FakeHub(parser.parse_args().folder))


if __name__ == "__main__":
    main()
