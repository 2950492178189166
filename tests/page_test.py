#!/usr/bin/env python3
"""The web page: its sources, and the page in a real browser with a real `colvec serve`.

    page_test.py --units      types, form and tests of the sources in web/src
    page_test.py --browser    web/tests/page_test.mjs, with the program of COLVEC_BUILD

./setup.sh --tests --web fetches what they need; where it is missing, they say SKIPPED.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import BUILD, COLVEC, ROOT  # noqa: E402

WEB = ROOT / "web"
NODE_MODULES = WEB / "node_modules"
SKIPPED = 77


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def node():
    """That of setup.sh, where the system's own is too old."""
    own = ROOT / "third_party" / "node" / "bin" / "node"
    found = own if own.exists() else shutil.which("node")
    return found or skip("no Node.js here")


def run(*arguments, **environment):
    done = subprocess.run([str(argument) for argument in arguments], cwd=WEB,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(done.returncode)


def test_units():
    run(node(), NODE_MODULES / "typescript" / "bin" / "tsc", "--noEmit")
    run(node(), NODE_MODULES / "prettier" / "bin" / "prettier.cjs", "--check", ".")
    run(node(), NODE_MODULES / "vitest" / "vitest.mjs", "run")


def test_in_browser():
    if not COLVEC.exists():
        skip(f"no program: {COLVEC}")
    pictures = BUILD / "page_screenshots"
    with tempfile.TemporaryDirectory() as folder:
        run(node(), WEB / "tests" / "page_test.mjs", COLVEC_PROGRAM=str(COLVEC), TMPDIR=folder,
            COLVEC_SCREENSHOTS=str(pictures))
    print(f"Pictures of all pages: {pictures}")


if __name__ == "__main__":
    if not NODE_MODULES.exists():
        skip(f"no {NODE_MODULES}: ./setup.sh --web fetches it")
    {"--units": test_units, "--browser": test_in_browser}[sys.argv[1]]()
