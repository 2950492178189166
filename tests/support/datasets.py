"""A home with a dataset for one test, and what its files hold."""

import json
import pathlib
import shutil
import tempfile
import unittest

import stores
from jobs import ROOT, colvec

LEXICAL_DIMENSION = 384


def products_sql(rows, changed="false", texts=1_000_000_000):
    """Products by (shop, product_id); row i has the text i % texts, `changed` rows another."""
    return (f"SELECT (i % 3)::INTEGER AS shop, i::BIGINT AS product_id, CASE WHEN {changed}"
            f" THEN 'changed text ' || i ELSE 'text of product ' || (i % {texts}) END"
            " AS description, (i * 1.25)::DECIMAL(12,2) AS price,"
            " DATE '2024-01-01' + (i % 300)::INTEGER AS listed_on"
            f" FROM range({rows}) r(i)")


class DatasetCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="colvec_dataset_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.home = self.folder / "home"
        self.source = self.folder / "products.parquet"

    def write(self, select, path=None):
        path = path or self.source
        stores.query(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        return path

    def run_colvec(self, *arguments, code=0):
        done = colvec(*arguments, env={"COLVEC_HOME": str(self.home)})
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        return done

    def refused(self, code, *arguments):
        """The one line that the program says of what it refuses."""
        done = self.run_colvec(*arguments, code=code)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("colvec: error: "), lines[0])
        return lines[0]

    def add(self, select=None, key="shop,product_id", model="builtin:lexical",
            column="description"):
        if select is not None:
            self.write(select)
        self.run_colvec("dataset", "add", "products", self.source, "--key", key)
        self.run_colvec("column", "set", "products", column, "--model", model)

    def refresh(self, *arguments, code=0):
        """The run, as JSON has it."""
        done = self.run_colvec("dataset", "refresh", "products", "--json", "--progress", "none",
                               *arguments, code=code)
        return json.loads(done.stdout)

    def column(self, *arguments):
        return self.refresh(*arguments)["columns"][0]

    def status(self, index=0):
        done = self.run_colvec("dataset", "status", "products", "--json")
        configured = [c for c in json.loads(done.stdout)["columns"]
                      if c["status"] != "not configured"]
        return configured[index]

    def make_model(self, name, seed):
        """A small transformer with random weights."""
        folder = self.folder / name
        self.run_colvec("model", "synth", "--config", ROOT / "testdata" / "models" / "tiny-bert" /
                        "model", "--output", folder, "--seed", seed)
        return folder

    def store(self, column="description"):
        return self.home / "datasets" / "products" / "embeddings" / column

    @property
    def processed(self):
        folder = self.home / "datasets" / "products" / "processed"
        return f"read_parquet('{folder}/*.parquet')"

    def data_files(self):
        """All files of the dataset that hold rows, with the time of their last change."""
        return {path: path.stat().st_mtime_ns for path in self.home.rglob("*.parquet")}
