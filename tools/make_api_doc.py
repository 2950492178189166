#!/usr/bin/env python3
"""Writes docs/api.md from what `colvec serve --openapi` prints: the program's routes and schemas.
tests/server_info_test.py compares the two.

  tools/make_api_doc.py [build/release/colvec]
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """# The API of `colvec serve`

Written by `tools/make_api_doc.py` from the program's own tables; [server.md](server.md) says how to
run the server, and what all requests have in common. The same as an OpenAPI document is under
`/api/v1/openapi.json`, and printed by `colvec serve --openapi`.

In a schema, `?` marks what may be missing or null, `[T]` a list, `{T}` an object whose members are
all T.
"""


def type_of(shape):
    if "anyOf" in shape:
        optional = {"type": "null"} in shape["anyOf"]
        return type_of(shape["anyOf"][0]) + ("?" if optional else "")
    if "$ref" in shape:
        name = shape["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "enum" in shape:
        return " or ".join(f"`{word}`" for word in shape["enum"])
    if shape.get("type") == "array":
        return f"[{type_of(shape['items'])}]"
    if shape.get("type") == "object" and "additionalProperties" in shape:
        return "{" + type_of(shape["additionalProperties"]) + "}"
    return shape.get("type", "any")


def content_of(part):
    content = part.get("content", {})
    for kind, value in content.items():
        return type_of(value["schema"]) if "schema" in value else kind
    return ""


def routes(document):
    lines = ["## Routes", "", "| | path | what | query | body | answer |",
             "|---|---|---|---|---|---|"]
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            query = ", ".join(f"`{p['name']}`" for p in route["parameters"] if p["in"] == "query")
            body = content_of(route.get("requestBody", {}))
            status, answer = next(iter(route["responses"].items()))
            shown = content_of(answer)
            lines.append(f"| {method.upper()} | `{path}` | {route['summary']} | {query} | {body} |"
                         f" {status} {shown} |".replace("  |", " |"))
    return lines


def parameters(document):
    lines = ["## Parameters behind the question mark", "", "| route | parameter | type | |",
             "|---|---|---|---|"]
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            for parameter in route["parameters"]:
                if parameter["in"] == "query":
                    lines.append(f"| {method.upper()} `{path}` | `{parameter['name']}` |"
                                 f" {type_of(parameter['schema'])} | {parameter['description']} |")
    return lines


def schemas(document):
    lines = ["## Schemas"]
    for name, schema in document["components"]["schemas"].items():
        lines += ["", f"### {name}", "", f"{schema['description']}.", "", "| member | type | |",
                  "|---|---|---|"]
        for field, shape in schema["properties"].items():
            lines.append(f"| `{field}` | {type_of(shape)} | {shape.get('description', '')} |")
    return lines


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release" / "colvec"
    printed = subprocess.run([program, "serve", "--openapi"], check=True, capture_output=True)
    document = json.loads(printed.stdout)
    parts = [HEAD.rstrip(), *("\n".join(part(document)) for part in (routes, parameters, schemas))]
    (ROOT / "docs" / "api.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
