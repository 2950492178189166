#!/usr/bin/env python3
"""An installed colvec: its program, find_package(colvec), the C API from Ruby, the service."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import BUILD, ROOT, sql, write_config  # noqa: E402


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="colvec_install_")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        sql(cls.folder / "input.duckdb", "CREATE TABLE source_texts AS SELECT i AS document_id,"
            " 'text number ' || i AS content FROM range(100) r(i)")

    def count(self, table):
        return sql(self.folder / "output.duckdb", f"SELECT count(*) FROM {table}")

    def test_the_program_runs_the_table_job_with_the_library_beside_it(self):
        program = self.prefix / "bin/colvec"
        libraries = run("ldd", program)
        self.assertIn(str(self.prefix / "bin/../lib/colvec/libduckdb.so"), libraries)
        run(program, "embed", write_config(self.folder, output_table="by_program"), "--progress",
            "none")
        self.assertEqual(self.count("by_program"), ["100"])

    def test_an_example_project_finds_the_package_and_runs(self):
        build = self.folder / "project"
        run("cmake", "-S", ROOT / "examples/c", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        lines = run(build / "encode", "builtin:lexical", "a small library", "a tiny library",
                    "the price of fish").splitlines()
        self.assertEqual(lines[0], "1.0000  a small library")
        self.assertGreater(float(lines[1].split()[0]), float(lines[2].split()[0]))
        out = run(build / "embed_table", write_config(self.folder, output_table="by_project"))
        self.assertIn('"rows_written":100', out)
        self.assertEqual(self.count("by_project"), ["100"])

    def test_ruby_encodes_and_embeds_a_table(self):
        if shutil.which("ruby") is None:
            self.skipTest("SKIPPED: no ruby here")
        config = write_config(self.folder, output_table="by_c")
        out = run("ruby", ROOT / "examples/ruby/embed.rb", config,
                  env={**os.environ, "COLVEC_LIBRARY": str(self.prefix / "lib/libcolvec.so.1")})
        self.assertRegex(out, r"cosines: 0\.\d+ -?0\.\d+\nby colvec: 100 rows\nby Ruby: 100 rows\n")
        self.assertIn("refused: no such model: /no/such/model", out)
        lengths = sql(self.folder / "output.duckdb", "SELECT count(*) FROM by_ruby"
                      " WHERE embedding[1] = length(content) AND embedding[2] = 3")
        self.assertEqual(lengths, ["100"])

    def test_a_block_of_ruby_that_fails_ends_the_job(self):
        if shutil.which("ruby") is None:
            self.skipTest("SKIPPED: no ruby here")
        script = """
            require ARGV.fetch(0)
            config = JSON.parse(File.read(ARGV.fetch(1)))
            blocks = [->(texts) { raise "out of luck" }, ->(texts) { texts.map { [1.0] * 3 } },
                      ->(texts) { [[1.0, 2.0]] * (texts.size - 1) }]
            blocks.each do |block|
              Colvec.embed_table(config, folder: File.dirname(ARGV.fetch(1)), name: "ruby:fails",
                                 dimension: 2, &block)
              puts "no error"
            rescue RuntimeError, ArgumentError => e
              puts e.message
            end
            """
        out = run("ruby", "-e", script, ROOT / "examples/ruby/colvec.rb",
                  write_config(self.folder, output_table="by_failing_ruby"),
                  env={**os.environ, "COLVEC_LIBRARY": str(self.prefix / "lib/libcolvec.so.1")})
        lines = out.splitlines()
        self.assertEqual(lines[0], "out of luck")
        self.assertRegex(lines[1], r"must return \d+ rows of 2 numbers")
        self.assertRegex(lines[2], r"must return \d+ rows of 2 numbers")
        self.assertEqual(self.count("by_failing_ruby"), ["0"])

    def test_python_imports_the_installed_package(self):
        package = self.prefix / "lib/python3/dist-packages"
        if not package.exists():
            self.skipTest("SKIPPED: the Python package was not built")
        script = "import colvec; print(colvec.__file__, colvec.Encoder().encode('a').shape)"
        out = run(sys.executable, "-c", script, env={"PYTHONPATH": str(package)})
        self.assertEqual(out, f"{package}/colvec/__init__.py (384,)\n")

    def test_the_library_exports_its_own_names_alone(self):
        names = run("nm", "-D", "--defined-only", "-C", self.prefix / "lib/libcolvec.so.1")
        for line in names.splitlines():
            self.assertRegex(line.split(" ", 2)[2],
                             r"^(colvec_|colvec::|(vtable|typeinfo|typeinfo name) for colvec::)")

    def test_the_service_is_one_that_systemd_takes(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("SKIPPED: no systemd-analyze here")
        unit = (self.prefix / "lib/systemd/system/colvec.service").read_text()
        path = self.folder / "colvec.service"
        path.write_text(unit.replace("/usr/bin/colvec", str(self.prefix / "bin/colvec")))
        done = subprocess.run(["systemd-analyze", "--man=no", "verify", path],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Manual(unittest.TestCase):
    def test_every_command_has_a_page_that_man_reads_without_a_warning(self):
        pages = sorted((BUILD / "manual").glob("*.1"))
        self.assertGreater(len(pages), 40)
        self.assertIn("colvec-store-query.1", [page.name for page in pages])
        for page in pages:
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page],
                                  capture_output=True, text=True, env={**os.environ,
                                                                       "MANWIDTH": "100"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), page.name)
            self.assertIn("NAME", done.stdout)
        embed = subprocess.run(["man", "-l", BUILD / "manual/colvec-embed.1"], text=True,
                               capture_output=True).stdout
        self.assertIn("--on-truncate VALUE", embed)

    def complete(self, *words):
        script = (f"source {BUILD}/manual/completions/colvec.bash; COMP_WORDS=({' '.join(words)});"
                  f" COMP_CWORD={len(words) - 1}; _colvec; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        return run("bash", "-c", script).split()

    def test_bash_completes_commands_and_options(self):
        self.assertEqual(self.complete("colvec", "emb"), ["embed"])
        self.assertEqual(self.complete("colvec", "store", "hi"), ["history"])
        self.assertEqual(self.complete("colvec", "embed", "c.json", "--on-trunc"),
                         ["--on-truncate"])
        self.assertEqual(self.complete("colvec", "store", "query", "s", "--keys-"), ["--keys-text"])
        self.assertEqual(self.complete("colvec", "embed", "conf"), [])
        self.assertIn("--version", self.complete("colvec", "''"))

    def test_the_other_shells_read_theirs(self):
        for shell, name in (("zsh", "_colvec"), ("fish", "colvec.fish")):
            if shutil.which(shell) is not None:
                run(shell, "-n", BUILD / "manual/completions" / name)
        self.assertTrue((BUILD / "manual/completions/_colvec").read_text().startswith("#compdef"))

    def test_the_version_names_the_commit_and_the_instruction_set(self):
        self.assertRegex(run(BUILD / "colvec", "--version"),
                         r"^colvec \d+\.\d+\.\d+ \(commit ([0-9a-f]{12}\+?|unknown), \w+\)\n$")


if __name__ == "__main__":
    unittest.main()
