#!/usr/bin/env python3
"""Tests the scripts at the root with stand-ins on PATH: nothing is installed, fetched or built.

Each stand-in appends its arguments to a file and does what a table says. The scripts run in a copy
of the checkout that holds only them.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

SCRIPTS = ["setup.sh", "embed.sh", "test.sh", "check_benchmark.sh", "tools/steps.sh"]
# Real programs that the scripts may call; all else on PATH is a stand-in or absent.
TOOLS = """basename bash cat cp date dirname env find flock grep gzip id ls mkdir mv printf realpath
    rm sha256sum sleep sort tail tar touch""".split()


NVCC_13 = 'print("Cuda compilation tools, release 13.0, V13.0.88")\n'


class ScriptCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / "check out"  # A space, to test quoting.
        self.bin = pathlib.Path(folder.name) / "bin"
        self.work = pathlib.Path(folder.name) / "work dir"
        self.calls_file = pathlib.Path(folder.name) / "calls"
        for path in (self.root / "tools", self.bin, self.work):
            path.mkdir(parents=True)
        for script in SCRIPTS:
            shutil.copy(ROOT / script, self.root / script)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.calls_file.touch()
        self.with_readers()

    def with_readers(self):
        modules = self.root / "tests" / "readers" / "node_modules"
        modules.mkdir(parents=True)
        for path in (modules / "version", modules.parent / "package-lock.json"):
            path.write_text("versions\n")

    def stand_in(self, name, body="", folder=None):
        """A program that records its name and arguments as a JSON line, then runs `body`."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_text(textwrap.dedent(f"""\
            #!{sys.executable}
            import json, os, sys
            with open({str(self.calls_file)!r}, "a") as file:
                file.write(json.dumps([{name!r}, *sys.argv[1:]]) + "\\n")
            """) + textwrap.dedent(body))
        path.chmod(0o755)

    def run_script(self, script, *arguments, **environment):
        names = {"PATH": str(self.bin), "HOME": str(self.work), **environment}
        return subprocess.run([str(self.root / script), *arguments], cwd=self.work, env=names,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def calls(self, name):
        lines = map(json.loads, self.calls_file.read_text().splitlines())
        return [call[1:] for call in lines if call[0] == name]

    def installed(self, *missing):
        """dpkg-query says that all packages but these are installed."""
        self.stand_in("dpkg-query", f"""
            for name in sys.argv[4:]:
                if name not in {missing!r}:
                    print(name, "installed")
            """)

    def with_duckdb(self):
        duckdb = self.work / "duckdb"
        for file in ("include/duckdb.h", "lib/libduckdb.so"):
            (duckdb / file).parent.mkdir(parents=True, exist_ok=True)
            (duckdb / file).touch()
        return {"DUCKDB_ROOT": str(duckdb)}

    def as_user(self, user_id):
        self.stand_in("id", f"print({user_id})")


class SetUp(ScriptCase):
    def test_does_nothing_where_all_is_there(self):
        self.installed()
        result = self.run_script("setup.sh", "--tests", **self.with_duckdb())
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_installs_only_what_is_missing_as_root(self):
        self.installed("cmake", "libtbb-dev")
        self.as_user(0)
        self.stand_in("apt-get")
        result = self.run_script("setup.sh", **self.with_duckdb())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.calls("apt-get"), [
            ["update"],
            ["install", "--yes", "--no-install-recommends", "cmake", "libtbb-dev"]])

    def test_goes_through_sudo_for_others(self):
        self.installed("cmake")
        self.as_user(1000)
        self.stand_in("sudo")
        result = self.run_script("setup.sh", **self.with_duckdb())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.calls("sudo")[-1][-1], "cmake")

    def test_prints_the_one_command_and_exits_3_without_root_and_sudo(self):
        self.installed("cmake", "libgtest-dev")
        self.as_user(1000)
        result = self.run_script("setup.sh", "--tests", **self.with_duckdb())
        self.assertEqual(result.returncode, 3)
        self.assertEqual(result.stdout, "apt-get install --yes --no-install-recommends "
                         "cmake libgtest-dev\n")

    def test_sets_up_the_python_package_when_told(self):
        self.installed("pybind11-dev", "libgtest-dev")
        self.as_user(1000)
        self.assertEqual(self.run_script("setup.sh", **self.with_duckdb()).returncode, 0)
        result = self.run_script("setup.sh", "--python", **self.with_duckdb())
        self.assertEqual(result.returncode, 3)
        self.assertTrue(result.stdout.endswith(" pybind11-dev\n"), result.stdout)

    def test_does_not_ask_for_test_packages_unless_told(self):
        self.installed("libgtest-dev", "clang-14")
        self.as_user(1000)
        self.assertEqual(self.run_script("setup.sh", **self.with_duckdb()).returncode, 0)

    def test_installs_npm_only_where_there_is_none(self):
        self.installed()
        self.as_user(1000)
        result = self.run_script("setup.sh")
        self.assertEqual(result.returncode, 3)
        self.assertTrue(result.stdout.endswith("--no-install-recommends nodejs npm\n"))

    def test_shows_the_end_of_the_log_of_a_step_that_failed(self):
        self.installed("cmake")
        self.as_user(0)
        self.stand_in("apt-get", """
            print(*(f"line {i}" for i in range(50)), sep="\\n")
            sys.exit(100)
            """)
        result = self.run_script("setup.sh", **self.with_duckdb())
        self.assertEqual(result.returncode, 100)
        self.assertIn("line 49", result.stderr)
        self.assertNotIn("line 29", result.stderr)
        self.assertIn(str(self.root / "build/setup.log"), result.stderr)

    def test_refuses_a_package_whose_bytes_are_not_the_known_ones(self):
        self.installed()
        self.stand_in("npm", """
            import io, tarfile
            folder = sys.argv[sys.argv.index("--pack-destination") + 1]
            with tarfile.open(folder + "/p.tgz", "w:gz") as archive:
                archive.addfile(tarfile.TarInfo("package/libduckdb.so"), io.BytesIO())
            """)
        result = self.run_script("setup.sh")
        self.assertEqual(result.returncode, 1)
        self.assertIn("--ignore-scripts", self.calls("npm")[0])
        self.assertIn("libduckdb.so has SHA-256 e3b0c442", result.stderr)
        self.assertFalse((self.root / "third_party/duckdb/lib/libduckdb.so").exists())

    def fetch_readers(self, node):
        self.installed()
        self.stand_in("npm", f"os.makedirs({str(self.root / 'tests/readers/node_modules')!r})")
        if node:
            self.stand_in("node", f"print({node!r})")
        result = self.run_script("setup.sh", "--tests", **self.with_duckdb())
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.calls("npm")

    def test_fetches_the_readers_again_after_a_change_of_versions(self):
        (self.root / "tests/readers/package-lock.json").write_text("other versions\n")
        for _ in range(2):
            calls = self.fetch_readers("v20.1.0")
            self.assertEqual(len(calls), 1)
            self.assertEqual(calls[0][0], "ci")
            self.assertIn("--ignore-scripts", calls[0])
            self.assertIn("--omit=optional", calls[0])

    def test_fetches_node_for_the_readers_where_it_is_old_or_absent(self):
        for node in ("v18.19.0", None):
            (self.bin / "node").unlink(missing_ok=True)
            (self.root / "tests/readers/package-lock.json").write_text(f"versions for {node}\n")
            self.assertNotIn("--omit=optional", self.fetch_readers(node)[-1])

    def test_says_that_npm_is_needed_for_the_readers(self):
        (self.root / "tests/readers/package-lock.json").write_text("other versions\n")
        self.installed()
        self.as_user(1000)
        result = self.run_script("setup.sh", "--tests", **self.with_duckdb())
        self.assertEqual(result.returncode, 3)
        self.assertTrue(result.stdout.endswith("nodejs npm\n"))

    def test_says_where_npm_could_not_fetch_the_readers(self):
        (self.root / "tests/readers/package-lock.json").write_text("other versions\n")
        self.installed()
        self.stand_in("npm", "print('npm error network'); sys.exit(1)")
        result = self.run_script("setup.sh", "--tests", **self.with_duckdb())
        self.assertEqual(result.returncode, 1)
        self.assertIn("npm error network", result.stderr)
        self.assertIn("Fetching the Parquet readers of the tests with npm went wrong",
                      result.stderr)

    def test_names_the_file_that_duckdb_root_lacks(self):
        self.installed()
        result = self.run_script("setup.sh", DUCKDB_ROOT=str(self.work))
        self.assertEqual(result.returncode, 2)
        self.assertIn("include/duckdb.h", result.stderr)

    def test_refuses_unknown_arguments(self):
        self.assertEqual(self.run_script("setup.sh", "--tets").returncode, 2)


class Build(ScriptCase):
    def setUp(self):
        super().setUp()
        self.installed()
        self.environment = self.with_duckdb()
        self.stand_in("cmake", f"""
            folder = {str(self.root / "build/release")!r}
            if "--preset" in sys.argv:
                os.makedirs(folder, exist_ok=True)
                open(folder + "/build.ninja", "w").close()
                with open(folder + "/CMakeCache.txt", "w") as cache:
                    for argument in sys.argv:
                        if argument.startswith("-D"):
                            name, value = argument[2:].split("=")
                            kind = "PATH" if name == "DUCKDB_ROOT" else "BOOL"
                            cache.write(f"{{name}}:{{kind}}={{value}}\\n")
                    if os.path.exists({str(self.work / "pybind11")!r}):
                        cache.write("COLVEC_HAS_PYTHON:INTERNAL=ON\\n")
            else:
                open(folder + "/colvec", "w").close()
            """)

    def test_ends_with_the_exit_code_of_a_build_that_fails(self):
        self.stand_in("cmake", "print('no compiler'); sys.exit('--build' in sys.argv)")
        result = self.run_script("setup.sh", "--build", **self.environment)
        self.assertEqual(result.returncode, 1)
        self.assertIn("no compiler", result.stderr)

    def test_configures_once_and_is_silent_where_nothing_is_to_do(self):
        for _ in range(2):
            result = self.run_script("setup.sh", "--build", **self.environment)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sum("--preset" in call for call in self.calls("cmake")), 1)
        self.assertEqual(result.stderr, "")

    def test_configures_again_for_another_duckdb(self):
        self.run_script("setup.sh", "--build", **self.environment)
        other = self.work / "other"
        shutil.copytree(self.environment["DUCKDB_ROOT"], other)
        self.run_script("setup.sh", "--build", DUCKDB_ROOT=str(other))
        self.assertIn(f"-DDUCKDB_ROOT={other}", self.calls("cmake")[-2])

    def test_configures_again_for_what_was_not_there_before(self):
        self.run_script("setup.sh", "--build", **self.environment)
        (self.work / "pybind11").touch()
        for _ in range(2):
            result = self.run_script("setup.sh", "--python", "--build", **self.environment)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sum("--preset" in call for call in self.calls("cmake")), 2)
        self.assertIn("colvec_python", self.targets())

    def targets(self):
        return [target for call in self.calls("cmake") if "--build" in call
                for target in call[call.index("--target") + 1:]]

    def test_builds_for_gpus_where_it_is_asked_to(self):
        self.stand_in("nvcc", NVCC_13)
        self.run_script("setup.sh", "--build", **self.environment)
        self.assertEqual(self.targets(), ["colvec_cli"])
        result = self.run_script("setup.sh", "--cuda", "--build", **self.environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("-DCOLVEC_CUDA=ON", self.calls("cmake")[-2])
        self.assertEqual(self.targets(), ["colvec_cli", "colvec_cli", "colvec_cuda"])

    def test_says_that_there_is_no_nvcc(self):
        for _ in range(2):
            result = self.run_script("setup.sh", "--cuda", "--build", CUDA_HOME="/no/such",
                                     **self.environment)
            self.assertEqual(result.returncode, 3)
            self.assertIn("there is no nvcc", result.stderr)
            self.stand_in("nvcc", NVCC_13.replace("13", "11"))  # Too old.


class EmbedCase(ScriptCase):
    def setUp(self):
        super().setUp()
        (self.root / "setup.sh").write_text("#!/bin/sh\n")
        self.stand_in("colvec", """
            if sys.argv[1] == "example":
                os.makedirs(sys.argv[2], exist_ok=True)
                for name in ("config.json", "input.duckdb"):
                    open(os.path.join(sys.argv[2], name), "w").close()
            sys.exit(int(os.environ.get("EXIT", "0")) if sys.argv[1] == "embed" else 0)
            """, self.root / "build/release")

    def config_here(self, name="config.json"):
        (self.work / name).touch()


class Embed(EmbedCase):
    def test_runs_the_example_where_there_is_no_config(self):
        example = str(self.root / "build/example")
        for _ in range(2):
            self.assertEqual(self.run_script("embed.sh").returncode, 0)
        embed_and_peek = [["embed", example + "/config.json"], ["peek", example + "/config.json"]]
        make = ["example", example, "--sample", str(self.root / "examples/sample_texts.csv")]
        self.assertEqual(self.calls("colvec"), [make, *embed_and_peek, *embed_and_peek])

    def test_takes_the_config_of_the_current_folder(self):
        self.config_here()
        self.run_script("embed.sh", "--limit", "5")
        self.assertEqual(self.calls("colvec"), [["embed", "config.json", "--limit", "5"]])

    def test_takes_the_named_config_and_passes_overrides_on(self):
        self.config_here()
        self.run_script("embed.sh", "my jobs/a.json", "--model", "a b")
        self.assertEqual(self.calls("colvec"), [["embed", "my jobs/a.json", "--model", "a b"]])

    def test_builds_for_the_gpu_that_is_there(self):
        self.config_here()
        (self.root / "setup.sh").write_text('#!/bin/sh\nset_up "$@"\n')
        self.stand_in("set_up")
        self.stand_in("nvcc", NVCC_13)
        self.run_script("embed.sh")
        self.stand_in("nvidia-smi")
        self.run_script("embed.sh")
        self.assertEqual(self.calls("set_up"), [["--build"], ["--cuda", "--build"]])

    def test_ends_with_the_exit_code_of_the_program(self):
        self.config_here()
        self.assertEqual(self.run_script("embed.sh", EXIT="9").returncode, 9)

    def test_benchmark_passes_its_arguments_on(self):
        self.run_script("check_benchmark.sh", "a model")
        self.assertEqual(self.calls("colvec"), [["bench", "batch", "a model"]])


class Docker(EmbedCase):
    def setUp(self):
        super().setUp()
        self.as_user(1000)
        self.stand_in("docker")

    def docker_run(self):
        return self.calls("docker")[-1]

    def test_mounts_the_current_folder(self):
        self.config_here()
        result = self.run_script("embed.sh", "--docker", "config.json", "--limit", "5")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.docker_run(), [
            "run", "--rm", "--init", "--volume", f"{self.work}:/data", "--workdir", "/data",
            "--user", "1000:1000", "colvec", "embed", "config.json", "--limit", "5"])
        build = self.calls("docker")[0]
        self.assertEqual(build[:5], ["build", "--tag", "colvec", "--file",
                                     str(self.root / "Dockerfile")])

    def test_hands_gpus_over_where_there_are_some(self):
        self.config_here()
        self.stand_in("nvidia-smi")
        self.run_script("embed.sh", "--docker")
        arguments = self.docker_run()
        self.assertEqual(arguments[arguments.index("--gpus") + 1], "all")
        self.assertIn("colvec-cuda", arguments)
        self.assertIn(str(self.root / "Dockerfile.cuda"), self.calls("docker")[0])

    def test_leaves_gpus_out_where_the_driver_does_not_answer(self):
        self.config_here()
        self.stand_in("nvidia-smi", "sys.exit(9)")
        self.run_script("embed.sh", "--docker")
        self.assertNotIn("--gpus", self.docker_run())

    def test_passes_the_environment_on(self):
        self.config_here()
        self.run_script("embed.sh", "--docker", BATCH_SIZE="64", COLVEC_MODEL="m")
        arguments = self.docker_run()
        passed = [arguments[i + 1] for i, word in enumerate(arguments) if word == "--env"]
        self.assertEqual(passed, ["BATCH_SIZE", "COLVEC_MODEL"])

    def test_refuses_a_config_that_the_container_would_not_see(self):
        outside = self.work.parent / "outside.json"
        outside.touch()
        self.assertEqual(self.run_script("embed.sh", "--docker", str(outside)).returncode, 2)
        self.assertEqual(self.run_script("embed.sh", "--docker").returncode, 2)
        self.assertEqual(self.calls("docker"), [])

    def test_takes_an_absolute_path_into_the_current_folder(self):
        self.config_here("job.json")
        self.run_script("embed.sh", "--docker", str(self.work / "job.json"))
        self.assertEqual(self.docker_run()[-1], "job.json")


class RunTests(ScriptCase):
    def setUp(self):
        super().setUp()
        for script in ("setup.sh", "tools/check"):
            self.stand_in(pathlib.Path(script).name, folder=(self.root / script).parent)
        (self.root / "fuzz").mkdir()
        (self.root / "fuzz/CMakeLists.txt").touch()
        (self.root / "testdata/fuzz/names").mkdir(parents=True)
        self.stand_in("nproc", "print(3)")
        self.stand_in("cmake")
        self.stand_in("ctest", "print('LONG', os.environ.get('COLVEC_LONG'))")
        self.stand_in("names_fuzz", folder=self.root / "build/dev/fuzz")

    def presets_tested(self):
        return [pathlib.Path(call[1]).name for call in self.calls("ctest")]

    def presets_configured(self):
        return [call[1] for call in self.calls("cmake") if call[0] == "--preset"]

    def test_ends_with_the_tests_of_the_release_build(self):
        result = self.run_script("test.sh")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.calls("setup.sh"), [["--tests", "--web"], ["--build"]])
        self.assertEqual(self.calls("check"), [[]])
        self.assertEqual(self.presets_configured(), ["dev", "release"])
        self.assertEqual(self.presets_tested(), ["dev", "release"])
        self.assertEqual(self.calls("ctest")[-1][-2:], ["--label-exclude", "long"])
        self.assertTrue(result.stdout.endswith("LONG None\n"))

    def test_fuzzes_from_the_seeds(self):
        self.run_script("test.sh", FUZZ_SECONDS_MAX="5")
        arguments = self.calls("names_fuzz")[0]
        self.assertEqual(arguments[:2], ["-max_total_time=5", "-rss_limit_mb=2048"])
        self.assertEqual(arguments[-1], str(self.root / "testdata/fuzz/names"))

    def test_stops_at_a_target_that_finds_something(self):
        self.stand_in("names_fuzz", "print('SUMMARY'); sys.exit(77)", self.root / "build/dev/fuzz")
        result = self.run_script("test.sh")
        self.assertEqual(result.returncode, 77)
        self.assertIn("SUMMARY", result.stderr)

    def test_quick_leaves_out_sanitizers_fuzzing_and_slow_tests(self):
        self.run_script("test.sh", "--quick")
        self.assertEqual(self.presets_tested(), ["release"])
        self.assertEqual(self.calls("ctest")[0][-2:], ["--label-exclude", "slow|long|not_quick"])
        self.assertEqual(self.calls("names_fuzz"), [])

    def test_long_leaves_nothing_out(self):
        result = self.run_script("test.sh", "--long")
        self.assertEqual(self.calls("ctest")[-1][-1], "--output-on-failure")
        self.assertTrue(result.stdout.endswith("LONG 1\n"))

    def test_refuses_unknown_arguments(self):
        self.assertEqual(self.run_script("test.sh", "--fast").returncode, 2)


if __name__ == "__main__":
    unittest.main()
