#!/usr/bin/env python3
"""`colvec serve`: what it says of itself and of its API, and where it does not start."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from api_case import ApiCase  # noqa: E402
from jobs import ROOT, colvec  # noqa: E402


class Info(ApiCase):
    def test_the_server_says_what_it_is(self):
        server = self.serve()
        info = self.ok(server.get("/api/v1/info")).json
        self.assertEqual(info["roots"], [str(self.home), str(self.data)])
        self.assertFalse(info["needs_token"])
        self.assertIn("f32", info["precisions"])
        self.assertEqual(self.ok(server.get("/health")).json, {"status": "ok"})
        metrics = self.ok(server.get("/metrics")).body.decode()
        self.assertIn('colvec_requests_total{method="GET",route="/health",status="200"} 1', metrics)

    def test_a_log_that_cannot_be_written_stops_nothing(self):
        with open("/dev/full", "w") as full:
            server = self.serve("--log-requests", log=full)
            for _ in range(2):
                self.ok(server.get("/health"))

    def test_answers_have_the_members_that_the_openapi_file_names(self):
        server = self.serve()
        document = self.ok(server.get("/api/v1/openapi.json")).json
        self.add(server)
        self.refresh(server)
        schemas = document["components"]["schemas"]
        for path, content in document["paths"].items():
            answer = content.get("get")
            if not answer or "{id}" in path or path.startswith(("/api/v1/events", "/metrics")):
                continue
            shape = answer["responses"]["200"]["content"]["application/json"]["schema"]
            got = server.get(path.format(name="products", column="description"))
            self.check_shape(self.ok(got).json, shape, schemas, path)
        (job, *_) = self.ok(server.get("/api/v1/jobs")).json
        self.check_shape(job, {"$ref": "#/components/schemas/Job"}, schemas, "job")

    def check_shape(self, value, shape, schemas, where):
        """The part of JSON Schema that the document uses."""
        if "$ref" in shape:
            shape = schemas[shape["$ref"].rsplit("/", 1)[1]]
        if "anyOf" in shape:
            if value is None:
                self.assertIn({"type": "null"}, shape["anyOf"], where)
                return
            shape = shape["anyOf"][0]
            self.check_shape(value, shape, schemas, where)
            return
        kind = {"string": str, "integer": int, "number": (int, float), "boolean": bool,
                "array": list, "object": dict}.get(shape.get("type"))
        if kind:
            self.assertIsInstance(value, kind, where)
        if "enum" in shape:
            self.assertIn(value, shape["enum"], where)
        if "items" in shape:
            for i, item in enumerate(value):
                self.check_shape(item, shape["items"], schemas, f"{where}[{i}]")
        if "properties" in shape:
            missing = set(shape["required"]) - set(value)
            self.assertEqual(missing, set(), where)
            known = set(shape["properties"])
            if "dataset.json" not in shape["description"]:
                self.assertEqual(set(value) - known, set(), where)
            for name in known & set(value):
                self.check_shape(value[name], shape["properties"][name], schemas, f"{where}.{name}")

    def test_the_document_of_the_api_lists_every_route(self):
        server = self.serve()
        document = self.ok(server.get("/api/v1/openapi.json")).json
        text = (ROOT / "docs" / "api.md").read_text()
        for path, content in document["paths"].items():
            for method, operation in content.items():
                row = f"| {method.upper()} | `{path}` | {operation['summary']} |"
                self.assertIn(row, text, "docs/api.md: tools/make_api_doc.py writes it anew")

    def test_it_does_not_start_where_it_would_be_open_to_others(self):
        for arguments, code, says in (
                (("--address", "0.0.0.0"), 2, "--token-file"),
                (("--address", "localhost"), 2, "must be an IP address"),
                (("--root", "/nowhere"), 3, "/nowhere"),
                (("--model", "/nowhere"), 3, "/nowhere"),
                (("--bundle", "/nowhere"), 3, "/nowhere"),
                (("--token-file", "/nowhere"), 3, "/nowhere")):
            with self.subTest(arguments=arguments):
                done = colvec("serve", "--port", "0", "--home", self.home, *arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(says, done.stderr)

    def test_a_port_that_is_taken_is_said(self):
        server = self.serve()
        done = colvec("serve", "--port", server.port, "--home", self.home)
        self.assertEqual(done.returncode, 6)
        self.assertIn(f"--port: cannot listen on 127.0.0.1 port {server.port}", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
