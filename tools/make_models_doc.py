#!/usr/bin/env python3
"""Writes docs/models.md: every family and named model, and what was tested of each.

Families come from the program (`colvec model families`), names from tools/models_table.json, and
numbers from the tests, which are run here, with each instruction set of this machine. Needs
COLVEC_TESTDATA, and COLVEC_BUILD (else build/release).

    tools/make_models_doc.py            writes the document
    tools/make_models_doc.py --check    says whether the table, the program and the document agree
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("COLVEC_BUILD", ROOT / "build" / "release"))
DOCUMENT = ROOT / "docs" / "models.md"
TEST = "GiveTheVectorsOfTheReference"
TABLE = json.loads((ROOT / "tools" / "models_table.json").read_text(encoding="utf-8"))

HEAD = """\
# Models

Written by `tools/make_models_doc.py` from the list of families in the program, the names in
`tools/models_table.json`, and the tests. A model is a folder as Hugging Face and
sentence-transformers keep it: `colvec model show FOLDER` says what it is, `colvec model families`
which kinds there are. What a folder says (pooling, prompts, limits, steps after pooling) is read
from the folder, never from this list. How models come here by their names, endpoints as models, and
tables made of transformers: [getting_models.md](getting_models.md).

## Families

For each family there are small folders with random weights, and vectors that the original
implementation made of them (float64, 30 texts a folder, up to 2,048 tokens). *Difference*: the
largest of a number of a normalised vector, in f32, the tokens given. *End to end*: the same with
our tokenizer in front, prompts and all. All rows have the same bits alone and in any batch, in any
order, on any number of threads.

"""

NAMES_HEAD = """
## Named models

The weights of these models were not run here, unless a row says so: what was tested is their
family, above, their kind of tokenizer (ids equal to Hugging Face's on the texts of `testdata`),
and for some their own settings. Numbers are those of their publishers.

"""

NAMES_COLUMNS = ["model", "family", "tokenizer", "pooling", "dimension", "tokens", "prompts",
                 "of its own"]

TAIL = """
## Refused

By name, with what is supported in the message; nothing is guessed and nothing skipped:

"""

PRECISIONS = """
## Precisions

Products with weights run in f32, bf16 or int8 in every family, and so do the experts of a mixture;
their routing is always f32. Attention runs in bf16 (under `int8` too, where the processor has it)
with all its options; in f32 where a head has an odd width, in Gemma 3 and in models with experts.
Norms, activations, rotary positions and sums are f32. bf16 and int8 need AVX2: the tests ask of
every folder above for cosines to f32 of at least 0.9995 and 0.99. Without AVX-512 BF16, bf16 is as
fast as f32 and has the same rounding as with it. On a GPU all families run in bf16 and f16
([gpu.md](gpu.md) says what was tested of that).
"""


def families_of_the_program():
    lines = subprocess.run([BUILD / "colvec", "model", "families", "--json"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return {(row["model_type"], row["family"]) for row in map(json.loads, lines)}


def families_of_the_table():
    return {(model_type, row["family"])
            for row in TABLE["families"] for model_type in row["model_types"]}


def run_tests(program, isa):
    """folder -> the properties of the test that compares it with the reference's vectors."""
    with tempfile.NamedTemporaryFile(suffix=".json") as output:
        environment = dict(os.environ, COLVEC_FORCE_ISA=isa)
        done = subprocess.run([BUILD / program, f"--gtest_filter=*{TEST}/*",
                               f"--gtest_output=json:{output.name}"],
                              env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{program} ({isa}) failed:\n{done.stdout[-2000:]}")
        report = json.loads(pathlib.Path(output.name).read_text(encoding="utf-8"))
    return {test["name"].split("/", 1)[1].replace("_", "-"): test
            for suite in report["testsuites"] for test in suite["testsuite"]}


def difference(results, folders):
    """The largest difference over the folders, as text; ends the program where one is missing."""
    missing = [folder for folder in folders if "difference" not in results.get(folder, {})]
    if missing:
        sys.exit(f"{TEST} measured nothing for: {', '.join(missing)} (is COLVEC_TESTDATA set?)")
    return f"{max(float(results[folder]['difference']) for folder in folders):.1e}"


def table_head(columns):
    return ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]


def family_rows(isas):
    by_isa = {isa: run_tests("model_tests", isa) for isa in isas}
    whole = run_tests("encode_tests", isas[0])
    header = ["family", "`model_type`", "what it is", "folders"]
    header += [f"difference, {isa}" for isa in isas] + ["end to end"]
    lines = table_head(header)
    for row in TABLE["families"]:
        cells = [row["family"], ", ".join(f"`{t}`" for t in row["model_types"]), row["what"],
                 ", ".join(row["folders"])]
        for isa in isas:
            cells.append(difference(by_isa[isa], row["folders"]))
        cells.append(difference(whole, row["folders"]))
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("| static | `model2vec`, StaticEmbedding | a table of vectors, their mean | real "
                 "model2vec folders |" + " |" * len(isas) + " see `encode.static_encoder_test` |")
    return "\n".join(lines) + "\n"


def tested_of(model):
    notes = []
    if "settings" in model:
        notes.append("its settings and tokenizer are read in the tests")
    if "note" in model:
        notes.append(model["note"])
    return "; ".join(notes)


def name_rows():
    lines = table_head(NAMES_COLUMNS)
    for model in TABLE["models"]:
        cells = [model["name"], model["family"], model["tokenizer"], model["pooling"],
                 model["dimension"], model["tokens"], model.get("prompts", ""), tested_of(model)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", "\\n")
                                       for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def refused_rows():
    return "".join(f"- {row['what']}: by its {row['by']}\n" for row in TABLE["refused"])


def supported_isas():
    names = ["avx512", "avx2", "scalar"]
    flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return [name for name in names
            if name == "scalar" or re.search({"avx512": r"\bavx512bw\b", "avx2": r"\bavx2\b"}[name],
                                             flags)]


def check():
    problems = []
    difference_of_tables = families_of_the_program() ^ families_of_the_table()
    if difference_of_tables:
        problems.append(f"tools/models_table.json and the program differ: {difference_of_tables}")
    document = DOCUMENT.read_text(encoding="utf-8")
    for row in TABLE["families"]:
        for text in [row["what"], *row["folders"]]:
            if text not in document:
                problems.append(f"docs/models.md lacks: {text}")
    if name_rows() not in document or refused_rows() not in document:
        problems.append("docs/models.md is older than tools/models_table.json")
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    if sys.argv[1:]:
        sys.exit(__doc__)
    if families_of_the_program() != families_of_the_table():
        return check()
    DOCUMENT.write_text(HEAD + family_rows(supported_isas()) + PRECISIONS + NAMES_HEAD +
                        name_rows() + TAIL + refused_rows(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
