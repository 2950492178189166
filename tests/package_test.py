#!/usr/bin/env python3
"""The packages: the .deb in an empty Debian 12, and the .tar.gz in a folder."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import BUILD, sql, write_config  # noqa: E402


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="colvec_package_")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        run("cpack", "-B", cls.folder / "packages", cwd=BUILD)
        cls.deb = next((cls.folder / "packages").glob("*.deb"))
        cls.archive = next((cls.folder / "packages").glob("*.tar.gz"))
        for package in (cls.deb, cls.archive):
            print(f"{package.name}: {package.stat().st_size / 1e6:.0f} MB", flush=True)

    def job(self, folder):
        sql(folder / "input.duckdb", "CREATE TABLE source_texts AS SELECT i AS document_id,"
            " 'text number ' || i AS content FROM range(1000) r(i)")
        return write_config(folder)

    def test_the_archive_works_where_it_is_unpacked(self):
        place = self.folder / "unpacked"
        place.mkdir()
        run("tar", "-xzf", self.archive, "-C", place)
        program = next(place.glob("*/bin/colvec"))
        config = self.job(place)
        run(program, "embed", config, "--progress", "none", env={})
        self.assertEqual(sql(place / "output.duckdb", "SELECT count(*) FROM embedded_texts"),
                         ["1000"])

    def test_the_deb_says_what_it_needs(self):
        needs = run("dpkg-deb", "--field", self.deb, "Depends")
        for library in ("libtbb12", "libdnnl2", "libicu72", "libcurl4", "libc6", "ca-certificates"):
            self.assertIn(library, needs)
        listing = run("dpkg-deb", "--contents", self.deb)
        for file in ("./usr/bin/colvec", "./usr/lib/colvec/libduckdb.so",
                     "./usr/lib/systemd/system/colvec.service", "./usr/share/man/man1/colvec.1",
                     "./usr/share/bash-completion/completions/colvec", "./usr/lib/libcolvec.so.1"):
            self.assertIn(f"{file}\n", listing.replace(" -> ", "\n"))

    def test_the_deb_runs_the_table_job_in_an_empty_debian(self):
        root = self.folder / "debian"
        mirror = os.environ.get("COLVEC_DEBIAN_MIRROR") or mirror_of_this_machine()
        made = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root, mirror],
                              capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest(f"SKIPPED: debootstrap: {(made.stdout + made.stderr).splitlines()[-1]}")
        for name in ("/etc/apt/apt.conf.d", "/etc/ssl/certs"):
            if pathlib.Path(name).exists():
                shutil.copytree(name, root / name[1:], dirs_exist_ok=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        shutil.copy(self.deb, root / "tmp/colvec.deb")
        inside = ["chroot", root, "env", "DEBIAN_FRONTEND=noninteractive",
                  *[f"{name}={value}" for name, value in os.environ.items()
                    if name.lower().endswith("_proxy")]]
        run(*inside, "apt-get", "update")
        run(*inside, "apt-get", "install", "--yes", "--no-install-recommends", "/tmp/colvec.deb")
        work = root / "root"
        self.job(work)
        print(run(*inside, "colvec", "--version"), end="", flush=True)
        out = run(*inside, "colvec", "embed", "/root/config.json", "--progress", "none")
        self.assertIn("1,000", out)
        self.assertEqual(sql(work / "output.duckdb", "SELECT count(*) FROM embedded_texts"),
                         ["1000"])


def mirror_of_this_machine():
    """The first mirror of Debian itself that this machine's apt knows."""
    lines = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                "Created-By: Packages")
    for line in lines.splitlines():
        uri, release, component = line.split()
        if component == "main" and "security" not in uri and "updates" not in release:
            return uri
    return ""


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("an empty Debian can be made by root alone")
    if shutil.which("debootstrap") is None or shutil.which("dpkg-shlibdeps") is None:
        skip("debootstrap and dpkg-dev are needed")
    unittest.main()
