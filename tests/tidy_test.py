#!/usr/bin/env python3
"""Tests tools/tidy.py: each of its rules fails where it should, and nowhere else."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
sys.dont_write_bytecode = True
import tidy  # noqa: E402


class Tidy(unittest.TestCase):
    def problems(self, **texts):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "CMakeLists.txt").write_text(
                "colvec_module(base :)\ncolvec_module(duck : base)\n")
            for path, text in {"src/duck/table_test.cc": "", **texts}.items():
                file = root / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return tidy.check_tree(root)

    def assert_problem(self, expected, path, text):
        problems = self.problems(**{path: text})
        self.assertTrue(any(expected in problem for problem in problems), problems)

    def assert_clean(self, path, text):
        self.assertEqual(self.problems(**{path: text}), [])

    def test_layers(self):
        self.assert_clean("src/duck/table.h", '#include "base/hash.h"\n')
        self.assert_problem("base may not include duck/table.h", "src/base/hash.h",
                            '#include "duck/table.h"\n')
        self.assert_problem("may include only colvec/", "include/colvec/a.h",
                            '#include "base/hash.h"\n')

    def test_sizes(self):
        self.assert_problem("801 lines", "src/duck/table.h", "\n" * 801)
        self.assert_problem("101 columns", "src/duck/table.h", "/" * 101 + "\n")
        self.assert_problem("101 columns", "src/duck/table_test.cc", "/" * 101 + "\n")
        self.assert_clean("src/duck/table_test.cc", 'f(R"(' + "x" * 200 + ')");\n')

    def test_long_functions(self):
        body = "  int x;\n" * 69
        for head in ("int f(int a) {", "T::T() : a_(1), b_{2} {", "struct S {\n  void f() const {"):
            tail = "}\n};\n" if "struct" in head else "}\n"
            self.assert_problem("a function of 71 lines", "src/duck/table.h",
                                "namespace n {\n" + head + "\n" + body + tail + "}\n")
        self.assert_clean("src/duck/table.h", "int f() {\n" + body[9:] + "}\n")
        self.assert_clean("src/duck/table.h", "struct S {\n" + body + body + "};\n")
        self.assert_clean("src/duck/table.h", "int a[] = {\n" + "  1,\n" * 100 + "};\n")
        self.assert_clean("src/duck/table.h", 'auto s = "{";\nint f() {\n  return \'{\';\n}\n' * 40)

    def test_names(self):
        self.assert_problem("a name that says nothing", "src/duck/table_utils.h", "")

    def test_types_of_one_name(self):
        problems = self.problems(**{"src/duck/table.h": "class Row {\n};\n",
                                    "src/base/row.h": "struct Row final {};\n"})
        self.assertEqual(problems, ["src/duck/table.h:1: Row is also defined in src/base/row.h"])

    def test_tests_beside_sources(self):
        self.assert_clean("src/duck/table.cc", "")
        self.assert_problem("no rows_test.cc", "src/duck/rows.cc", "")

    def test_banned_calls(self):
        for text in ("std::thread t;", "FILE* f = fopen(p, m);", "std::cout << 1;", "std::exit(1);",
                     'printf("x");', "throw 1;"):
            self.assert_problem(": use ", "src/duck/table.h", text + "\n")
        self.assert_clean("src/duck/table.h", '// std::thread\nconst char* s = "throw";\n')


if __name__ == "__main__":
    unittest.main()
