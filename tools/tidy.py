#!/usr/bin/env python3
"""Checks the rules of the house that no compiler knows. Prints FILE:LINE: RULE and exits 1.

The rules: includes follow the layering of CMakeLists.txt; files, functions and lines have bounds; a
file is named after what it does, a type has its name alone; each source has its test beside it;
some calls have one place.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ["src", "include", "apps", "bindings", "examples", "tests", "bench", "fuzz", "tools"]
SOURCES = {".h", ".cc", ".cu"}
TEXTS = SOURCES | {".py", ".sh"}

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

FORBIDDEN_NAME = re.compile(r"(^|_)(utils?|helpers?|commons?|misc)(_|$)")

# Sources without a test of their own, and why.
UNTESTED = {
    "src/base/check.cc": "ends the process",
    "src/base/error.cc": "two tables",
    "src/base/policy.cc": "one table; settings_test reads the names back",
    "src/base/parallel.cc": "hands over to oneTBB",
    "src/base/version.cc": "one constant",
    "src/compute/attention_tile.cc": "attention_test compares both kinds with the formula",
    "src/compute/avx2.cc": "kernels_test compares every table with scalar",
    "src/compute/avx512.cc": "kernels_test compares every table with scalar",
    "src/compute/avx2_bf16.cc": "low_kernels_test compares it with low_scalar.cc",
    "src/compute/avx2_int8.cc": "low_kernels_test and integer_strip_product_test",
    "src/compute/avx512_bf16.cc": "low_kernels_test compares it with low_scalar.cc",
    "src/compute/avx512_int8.cc": "low_kernels_test and integer_strip_product_test",
    "src/compute/avx_vnni_int8.cc": "low_kernels_test and integer_strip_product_test",
    "src/compute/cuda_scratch.cc": "cuda_backend_test goes through it",
    "src/compute/cuda_weights.cc": "cuda_backend_test and cuda_families_test go through it",
    "src/compute/scalar.cc": "the reference of kernels_test",
    "src/compute/low_scalar.cc": "the reference of low_kernels_test",
    "src/compute/fused.cc": "cpu_backend_test compares it with its parts",
    "src/model/bert_layer.cc": "families_test, through the families that share it",
    "src/job/stages.cc": "pipeline_test and embed_texts_test run it",
    "src/job/search_dataset.cc": "column_index_test compares it with the index, bundle_test.py with"
                                 " DuckDB",
    "src/tokenizer/bpe_fast.cc": "fast_tokenizer_test compares it with bpe_reference.cc",
    "src/tokenizer/unigram_fast.cc": "fast_tokenizer_test compares it with unigram_reference.cc",
    "apps/server/app.cc": "sets the parts up",
    "apps/server/dispatcher.cc": "server_test.py and server_hostile_test.py go through it",
    "apps/server/handlers/column_details.cc": "server_test.py reads all of it",
    "apps/server/handlers/columns.cc": "server_test.py asks each route",
    "apps/server/handlers/datasets.cc": "server_test.py asks each route",
    "apps/server/handlers/embeddings.cc": "server_embeddings_test.py asks each route",
    "apps/server/handlers/files.cc": "server_test.py asks each route",
    "apps/server/handlers/jobs.cc": "server_test.py asks each route",
    "apps/server/handlers/models.cc": "server_test.py asks each route",
    "apps/server/handlers/remotes.cc": "server_test.py asks each route",
    "apps/server/handlers/system.cc": "server_test.py asks each route",
    "apps/server/http/connection.cc": "server_hostile_test.py: slow, broken and many clients",
    "apps/server/http/http_server.cc": "server_hostile_test.py: limits, and the end",
    "apps/server/http/message.cc": "request_parser_test and answer_test read headers and reasons",
    "apps/server/http/reply.cc": "hands over to the connection",
    "apps/server/routes.cc": "route_test checks the table",
    "apps/server/schemas.cc": "route_test checks the table, server_test.py the answers against it",
    "apps/server/served_models.cc": "server_embeddings_test.py serves models, stores and bundles",
    "apps/server/server.cc": "server_test.py starts it, and refuses to",
    "src/tokenizer/pattern_ranges.cc": "unicode_ranges_test checks both files of ranges",
}

# Call, where it is looked for, what to use instead and why, and the files that may.
BANNED = [
    (r"\bstd::j?thread\b", "src",
     "base/parallel.h, which counts the threads, or base/io_threads.h, for those that wait",
     ["src/base/io_threads.cc"]),
    (r"\bf(re)?open\s*\(", "src", "base/file.h: errors name the file, writes are synced", []),
    (r"\bstd::(cout|cerr|clog)\b", "src", "a return value: the library does not print", []),
    (r"\bf?printf\s*\(", "src", "a return value: no printing here", ["src/base/check.cc"]),
    (r"\b(std::)?(_|quick_)?exit\s*\(", "src", "Status: the library does not exit", []),
    (r"\b(std::)?abort\s*\(", "src", "COLVEC_CHECK: says where", ["src/base/check.cc"]),
    (r"\b(dynamic_cast\s*<|typeid\s*\()", "src", "a virtual function: there is no RTTI here", []),
    (r"\bthrow\b", "src", "Result: errors are values", []),
]

TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
MODULE = re.compile(r"^colvec_module\((\w+)\s*:\s*([\w\s]*)\)", re.MULTILINE)
TYPE = re.compile(r"^(?:class|struct|union|enum class) (\w+)\b[^;{]*\{", re.MULTILINE)
MEMBER_INITIALISER = re.compile(r"\)\s*(noexcept\s*)?:(?!:).*[\w>]\s*$", re.DOTALL)


def blank(text):
    """`text` with comments and literals as spaces: the same lines and columns."""
    return TOKENS.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def without_directives(text):
    """`text` with preprocessor lines, and their continuations, as empty lines."""
    return re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: "\n" * match.group().count("\n"), text,
        flags=re.MULTILINE)


def is_for_tests(path):
    return path.stem.endswith(("_test", "_fixture"))


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Report:
    def __init__(self):
        self.problems = []

    def add(self, path, line, message):
        self.problems.append(f"{path}:{line}: {message}")


def files(root=ROOT):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in TEXTS and path.is_file():
                yield path.relative_to(root)
    for path in sorted(root.glob("*.sh")):
        yield path.relative_to(root)


def modules(root=ROOT):
    """Module -> the modules that it may include, itself among them."""
    text = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    return {name: {name, *uses.split()} for name, uses in MODULE.findall(text)}


def check_layers(path, text, layers, report):
    parts = path.parts
    for match in INCLUDE.finditer(text):
        target = match.group(1).split("/")[0] if "/" in match.group(1) else ""
        line = line_of(text, match.start(1))
        if target == "colvec":
            continue
        if parts[0] == "include" or parts[0] in ("apps", "bindings") and target in layers:
            report.add(path, line, f"may include only colvec/...: {match.group(1)}")
        if parts[0] != "src":
            continue
        if target in layers and target not in layers.get(parts[1], set()):
            report.add(path, line, f"{parts[1]} may not include {match.group(1)} (CMakeLists.txt)")
        if not target and not is_for_tests(path):
            report.add(path, line, f"name the module: {match.group(1)}")


def check_size(path, text, report):
    lines = text.splitlines()
    if len(lines) > FILE_LINES_MAX:
        report.add(path, len(lines), f"{len(lines)} lines, more than {FILE_LINES_MAX}")
    literals = literals_at_the_edge(text) if is_for_tests(path) else set()
    for number, line in enumerate(lines, start=1):
        if len(line) > COLUMNS_MAX and number not in literals:
            report.add(path, number, f"{len(line)} columns, more than {COLUMNS_MAX}")


def literals_at_the_edge(text):
    """Lines where a literal crosses the last column: test data may be easier to read unbroken."""
    numbers = set()
    for match in TOKENS.finditer(text):
        column = match.start() - text.rfind("\n", 0, match.start()) - 1
        crosses = column < COLUMNS_MAX < column + len(match.group())
        if not match.group().startswith("/") and (crosses or "\n" in match.group()):
            first = line_of(text, match.start())
            numbers.update(range(first, first + match.group().count("\n") + 1))
    return numbers


def opens_function(head):
    if re.match(r"\s*(namespace|extern\b|enum\b)", head) or "(" not in head:
        return False
    is_type = re.search(r"\b(class|struct|union)\s+\w+[^()]*$", head)
    return not is_type and not re.search(r"=\s*$", head)


def functions(text):
    """(first line, last line) of every function, by counting braces outside of other functions."""
    code = without_directives(blank(text))
    start, offset = 0, 0
    while offset < len(code):
        character = code[offset]
        if character in ";}":
            start = offset + 1
        if character == "{":
            head = code[start:offset]
            if MEMBER_INITIALISER.search(head):
                offset = closing_brace(code, offset)  # `: member_{value}`: the body is yet to come.
            elif opens_function(head):
                end = closing_brace(code, offset)
                first = start + len(head) - len(head.lstrip())
                yield line_of(code, first), line_of(code, end)
                offset, start = end, end + 1
            elif re.search(r"=\s*$", head):
                offset = closing_brace(code, offset)
            else:
                start = offset + 1
        offset += 1


def closing_brace(code, offset):
    depth = 0
    for i in range(offset, len(code)):
        depth += (code[i] == "{") - (code[i] == "}")
        if depth == 0:
            return i
    return len(code) - 1


def check_functions(path, text, report):
    for first, last in functions(text):
        if last - first + 1 > FUNCTION_LINES_MAX:
            report.add(path, first, f"a function of {last - first + 1} lines, more than "
                       f"{FUNCTION_LINES_MAX}")


def check_banned(path, text, report):
    code = blank(text)
    for pattern, folder, instead, allowed in BANNED:
        if path.parts[0] != folder or path.as_posix() in allowed or is_for_tests(path):
            continue
        for match in re.finditer(pattern, code):
            line = line_of(code, match.start())
            report.add(path, line, f"{match.group().strip()}: use {instead}")


def check_name(path, report):
    if FORBIDDEN_NAME.search(path.stem):
        report.add(path, 1, "a name that says nothing: name it after what it does")


def check_test(path, root, report):
    is_tested_beside = path.parts[0] == "src" or path.parts[:2] == ("apps", "server")
    if not is_tested_beside or path.suffix != ".cc":
        return
    if is_for_tests(path) or path.stem == "placeholder":
        return
    has_test = (root / path.with_name(f"{path.stem}_test.cc")).exists()
    is_listed = path.as_posix() in UNTESTED
    if not has_test and not is_listed:
        report.add(path, 1, f"no {path.stem}_test.cc beside it, nor a reason in tools/tidy.py")
    if has_test and is_listed:
        report.add(path, 1, "has a test: remove it from UNTESTED in tools/tidy.py")


def check_type_names(types, report):
    """Two types of one name in one namespace are one type to the linker, and it keeps either."""
    for name, places in sorted(types.items()):
        for path, line in places[1:]:
            report.add(path, line, f"{name} is also defined in {places[0][0]}")


def collect_types(path, text, types):
    if path.suffix == ".h" and path.parts[0] in ("src", "include"):
        code = blank(text)
        for match in TYPE.finditer(code):
            types.setdefault(match.group(1), []).append((path, line_of(code, match.start())))


def check_tree(root=ROOT):
    report = Report()
    types = {}
    layers = modules(root)
    if not layers:
        report.add("CMakeLists.txt", 1, "no colvec_module() line was understood")
    for path in files(root):
        text = (root / path).read_text(encoding="utf-8")
        check_size(path, text, report)
        check_name(path, report)
        if path.suffix not in SOURCES:
            continue
        check_layers(path, text, layers, report)
        check_functions(path, text, report)
        check_banned(path, text, report)
        check_test(path, root, report)
        collect_types(path, text, types)
    check_type_names(types, report)
    return report.problems


def main():
    problems = check_tree()
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
