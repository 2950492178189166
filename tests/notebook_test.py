#!/usr/bin/env python3
"""examples/notebook.py, run as it stands, with what it must come to."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import BUILD, ROOT, need, sql  # noqa: E402


class Notebook(unittest.TestCase):
    def test_goes_from_a_table_to_vectors_search_and_a_bundle(self):
        rows = len((ROOT / "examples/sample_texts.csv").read_text().splitlines()) - 1
        with tempfile.TemporaryDirectory(prefix="colvec_notebook_") as folder:
            done = subprocess.run([sys.executable, ROOT / "examples/notebook.py", folder],
                                  capture_output=True, text=True,
                                  env={"PYTHONPATH": str(BUILD / "python")})
            self.assertEqual(done.returncode, 0, done.stderr)
            for line in (f"{rows} rows, and 0 the second time", "done: ", "2 rows of the store",
                         "the smallest cosine of its self-check: 1\n",
                         "0 texts were new to the bundle", "from the bundle: (1, 384)"):
                self.assertIn(line, done.stdout)
            same = sql(pathlib.Path(folder) / "output.duckdb",
                       "SELECT count(*) FROM embedded_texts e JOIN"
                       f" '{folder}/with_vectors.parquet' p USING (document_id)"
                       " WHERE e.embedding::FLOAT[] = p.content_embedding")
            self.assertEqual(same, [str(rows)])


if __name__ == "__main__":
    need(BUILD / "python" / "colvec")
    unittest.main()
