#!/usr/bin/env python3
"""The Python package, by the interpreter that it was built for."""

import doctest
import json
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from jobs import BUILD, COLVEC, ROOT, need, sql, write_config  # noqa: E402

need(BUILD / "python" / "colvec")
sys.path.insert(0, str(BUILD / "python"))
import numpy as np  # noqa: E402

import colvec  # noqa: E402
import colvec.dataset  # noqa: E402
import colvec.encoder  # noqa: E402
import colvec.store  # noqa: E402
import colvec.table_job  # noqa: E402
from arrow_capsules import array_of_texts, floats_of, stream_of_texts  # noqa: E402

TINY = ROOT / "testdata/models/tiny-bert/model"


class Scratch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="colvec_python_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


def program_vectors(folder, model, texts):
    """What `colvec encode` gives for the texts."""
    lines = folder / "texts.jsonl"
    lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    subprocess.run([COLVEC, "encode", model, "--input", lines, "--output", folder / "v.npy"],
                   check=True, capture_output=True)
    return np.load(folder / "v.npy")


TEXTS = [f"text number {i}, with more words in it" for i in range(700)] + ["", "ünïcode 文字 🦆"]


class Encode(Scratch):
    def test_gives_the_vectors_of_the_program(self):
        for model in ("builtin:lexical", TINY):
            encoder = colvec.Encoder(model, precision="f32")
            vectors = encoder.encode(TEXTS)
            self.assertEqual(vectors.dtype, np.float32)
            self.assertTrue(np.array_equal(vectors, program_vectors(self.folder, model, TEXTS)))
            self.assertTrue(np.array_equal(encoder.encode(TEXTS[3]), vectors[3]))
            self.assertEqual(encoder.encode([]).shape, (0, encoder.dimension))

    def test_takes_sequences_and_arrays(self):
        encoder = colvec.Encoder()
        expected = encoder.encode(["a", "bb"])
        for texts in (("a", "bb"), np.array(["a", "bb"]), np.array(["a", "bb"], dtype=object),
                      (text for text in ("a", "bb")), {"a": 1, "bb": 2},
                      array_of_texts(["a", "bb"]), array_of_texts(["a", "bb"], large=True),
                      stream_of_texts([["a"], [], ["bb"]])):
            self.assertTrue(np.array_equal(encoder.encode(texts), expected), type(texts))

    def test_reads_slices_and_refuses_nulls_of_arrow(self):
        encoder = colvec.Encoder()
        sliced = array_of_texts(["x", "a", "bb", "y"], offset=1, length=2)
        self.assertTrue(np.array_equal(encoder.encode(sliced), encoder.encode(["a", "bb"])))
        with self.assertRaisesRegex(ValueError, "text 1: is NULL"):
            encoder.encode(array_of_texts(["a", None]))
        with self.assertRaisesRegex(TypeError, 'not of format "l"'):
            encoder.encode(array_of_texts(["a"], format=b"l"))

    def test_hands_arrow_the_memory_of_the_matrix(self):
        vectors = colvec.Encoder().encode_arrow(["a", "bb", "ccc"])
        format, length, rows, address = floats_of(vectors)
        self.assertEqual((format, length), (b"+w:384", 3))
        self.assertTrue(np.array_equal(rows, vectors.to_numpy()))
        self.assertEqual(address, vectors.to_numpy().ctypes.data)

    def test_keeps_the_matrix_alive_while_arrow_has_it(self):
        capsules = colvec.Encoder().encode_arrow(["a", "bb"]).__arrow_c_array__()
        _, _, rows, _ = floats_of(capsules)
        self.assertTrue(np.array_equal(rows, colvec.Encoder().encode(["a", "bb"])))

    def test_has_the_arguments_of_sentence_transformers(self):
        encoder = colvec.Encoder(TINY, precision="f32")
        whole = encoder.encode(TEXTS, batch_size=7, show_progress_bar=False,
                               normalize_embeddings=True, convert_to_numpy=True, device="cpu")
        self.assertTrue(np.array_equal(whole, encoder.encode(TEXTS)))
        query = encoder.encode(["a"], prompt_name="query")
        self.assertTrue(np.array_equal(query, encoder.encode_query(["a"])))
        self.assertFalse(np.array_equal(query, encoder.encode(["a"])))
        self.assertTrue(np.array_equal(encoder.encode(["a"], prompt=""), encoder.encode(
            ["a"], prompt="", prompt_name=None)))
        short = encoder.encode(TEXTS, truncate_dim=8)
        self.assertEqual(short.shape, (len(TEXTS), 8))
        np.testing.assert_allclose(np.linalg.norm(short, axis=1), 1, atol=1e-6)
        cosines = np.sum(short * whole[:, :8], axis=1) / np.linalg.norm(whole[:, :8], axis=1)
        np.testing.assert_allclose(cosines, 1, atol=1e-6)
        self.assertEqual(encoder.get_sentence_embedding_dimension(), whole.shape[1])

    def test_makes_vectors_smaller_as_sentence_transformers_does(self):
        encoder = colvec.Encoder()
        vectors = encoder.encode(TEXTS)
        bits = encoder.encode(TEXTS, precision="ubinary")
        self.assertTrue(np.array_equal(np.unpackbits(bits, axis=1), vectors > 0))
        signed = encoder.encode(TEXTS, precision="binary")
        self.assertEqual(signed.dtype, np.int8)
        self.assertTrue(np.array_equal(signed.astype(int) + 128, bits.astype(int)))
        low, high = vectors.min(axis=0), vectors.max(axis=0)
        steps = np.where(high > low, (high - low) / 255, 1)
        levels = (vectors - low) / steps
        self.assertTrue(np.array_equal(encoder.encode(TEXTS, precision="uint8"),
                                       levels.astype(np.uint8)))
        self.assertTrue(np.array_equal(encoder.encode(TEXTS, precision="int8"),
                                       (levels - 128).astype(np.int8)))

    def test_says_what_is_wrong(self):
        encoder = colvec.Encoder()
        for error, message, call in (
                (FileNotFoundError, "no such model: /none", lambda: colvec.Encoder("/none")),
                (ValueError, "no such prompt_name", lambda: encoder.encode("a", prompt_name="x")),
                (ValueError, "precision: must be one of", lambda: encoder.encode("a",
                                                                                precision="int4")),
                (TypeError, "text 1: must be a str, not int", lambda: encoder.encode(["a", 3])),
                (TypeError, "text 0: must be a str, not NoneType", lambda: encoder.encode([None])),
                (ValueError, "text 0: has lone surrogates", lambda: encoder.encode(["\ud800"])),
                (TypeError, "not iterable", lambda: encoder.encode(17)),
                (NotImplementedError, "device", lambda: encoder.encode("a", device="cuda")),
                (NotImplementedError, "is not a transformer",
                 lambda: colvec.Encoder(precision="int8"))):
            with self.subTest(message=message), self.assertRaisesRegex(error, message):
                call()

    def test_lets_other_threads_run_and_be_many(self):
        encoder = colvec.Encoder()
        expected = encoder.encode(TEXTS)
        ticks, results = [], []
        running = threading.Event()

        def tick():
            while not running.is_set():
                ticks.append(1)
                time.sleep(0.001)

        threads = [threading.Thread(target=lambda: results.append(encoder.encode(TEXTS * 5)))
                   for _ in range(4)]
        ticker = threading.Thread(target=tick)
        for thread in [ticker, *threads]:
            thread.start()
        for thread in threads:
            thread.join()
        running.set()
        ticker.join()
        self.assertGreater(len(ticks), 3)
        for result in results:
            self.assertTrue(np.array_equal(result, np.concatenate([expected] * 5)))

    def test_ctrl_c_ends_a_long_call(self):
        script = ("import sys; sys.path.insert(0, %r); import colvec; print('go', flush=True)\n"
                  "colvec.Encoder().encode(['text %%d' %% i for i in range(3_000_000)])"
                  % str(BUILD / "python"))
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "go\n")
        time.sleep(3)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertIn("KeyboardInterrupt", errors)
        self.assertLess(time.monotonic() - begin, 20)

    def test_any_number_of_prompts_may_be_used(self):
        encoder = colvec.Encoder(TINY)
        first = [encoder.encode(["x"], prompt=f"{i}: ") for i in range(20)]
        again = [encoder.encode(["x"], prompt=f"{i}: ") for i in range(20)]
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first[0], first[19]))

    def test_shows_a_bar_when_asked(self):
        script = ("import sys; sys.path.insert(0, %r); import colvec\n"
                  "colvec.Encoder().encode(['a'] * 600, show_progress_bar=True)"
                  % str(BUILD / "python"))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        self.assertIn("600 / 600 texts\n", done.stderr)


class Toy:
    """A foreign model: an object with `encode` and no more."""

    def __init__(self, fail_at=None):
        self.inner = colvec.Encoder()
        self.texts = 0
        self.fail_at = fail_at

    def encode(self, sentences, batch_size=32):
        self.texts += len(sentences)
        if self.fail_at is not None and self.texts >= self.fail_at:
            raise RuntimeError("out of luck")
        return self.inner.encode(sentences).tolist()


class TableJob(Scratch):
    ROWS = 3000

    def setUp(self):
        super().setUp()
        sql(self.folder / "input.duckdb",
            f"CREATE TABLE source_texts AS SELECT i AS document_id, CASE WHEN i % 50 = 7 THEN NULL"
            f" WHEN i % 40 = 1 THEN 'shared ' || (i // 320) ELSE 'text ' || i END AS content"
            f" FROM range({self.ROWS}) r(i)")

    def config(self, **keys):
        return {"input_db_path": str(self.folder / "input.duckdb"),
                "output_db_path": str(self.folder / "output.duckdb"),
                "input_table": "source_texts", "id_column": "document_id",
                "text_column": "content", "output_table": "by_python", **keys}

    def by_program(self):
        subprocess.run([COLVEC, "embed", write_config(self.folder, output_table="by_program"),
                        "--progress", "none"], check=True, capture_output=True)

    def assert_same_table(self, table="by_python"):
        rows = sql(self.folder / "output.duckdb",
                   *[f"SELECT count(*) FROM (FROM {a}{end} EXCEPT ALL FROM {b}{end})"
                     for end in ("", "_issues")
                     for a, b in (("by_program", table), (table, "by_program"))])
        self.assertEqual(rows, ["0"] * 4)

    def test_gives_the_table_of_the_program_by_either_kind_of_model(self):
        self.by_program()
        for number, model in enumerate((Toy(), colvec.Encoder(), None)):
            lines = []
            summary = colvec.process_duckdb_for_embeddings(
                self.config(output_table=f"t{number}"), model, 64, lines.append)
            self.assertEqual(summary["rows_written"], self.ROWS - self.ROWS // 50)
            self.assertEqual(summary["issues"], {"null": self.ROWS // 50})
            self.assert_same_table(f"t{number}")
            self.assertTrue(any(line.startswith("Processed ") for line in lines), lines)

    def test_names_a_foreign_model_and_refuses_another_later(self):
        colvec.process_duckdb_for_embeddings(self.config(), Toy(), logger=lambda line: None)
        named = sql(self.folder / "output.duckdb", "SELECT model FROM by_python_meta")
        self.assertEqual(named, [f"{Toy.__module__}.Toy"])
        with self.assertRaisesRegex(colvec.ConflictError, "model"):
            colvec.process_duckdb_for_embeddings(self.config(), colvec.Encoder(),
                                                 logger=lambda line: None)

    def test_a_cut_encoder_keeps_the_identity_of_its_model(self):
        def embed(model):
            return colvec.process_duckdb_for_embeddings(self.config(), model,
                                                        logger=lambda line: None)
        embed(colvec.Encoder(truncate_dim=16))
        self.assertEqual(sql(self.folder / "output.duckdb", "SELECT model FROM by_python_meta"),
                         ["builtin:lexical"])
        self.assertEqual(embed(colvec.Encoder(truncate_dim=16))["rows_written"], 0)
        for other in (colvec.Encoder(TINY, truncate_dim=16),
                      colvec.Encoder(truncate_dim=16, prompt="query: ")):
            with self.assertRaisesRegex(colvec.ConflictError, "model"):
                embed(other)

    def test_what_is_no_matrix_is_told_by_numpy(self):
        class Ragged:
            def encode(self, texts):
                return [[1.0] * 3] * (len(texts) - 1) + [[1.0] * (3 if len(texts) == 1 else 2)]

        with self.assertRaisesRegex(ValueError, "(?i)inhomogeneous|sequence"):
            colvec.process_duckdb_for_embeddings(self.config(), Ragged(),
                                                 logger=lambda line: None)

    def test_goes_on_where_an_exception_of_the_model_ended_it(self):
        failing = Toy(fail_at=2000)
        with self.assertRaisesRegex(RuntimeError, "out of luck"):
            colvec.process_duckdb_for_embeddings(self.config(), failing, logger=lambda line: None)
        summary = colvec.process_duckdb_for_embeddings(self.config(), Toy(),
                                                       logger=lambda line: None)
        self.assertGreater(summary["rows_written"], 0)
        self.assertLess(summary["rows_written"], self.ROWS - self.ROWS // 50)
        self.by_program()
        self.assert_same_table()

    def test_takes_a_path_and_a_logger_of_the_standard_library(self):
        path = write_config(self.folder, output_table="by_python")
        with self.assertLogs("mine", logging.INFO) as logs:
            colvec.process_duckdb_for_embeddings(path, logger=logging.getLogger("mine"))
        self.assertIn("rows written", logs.output[-1])

    def test_says_what_is_wrong(self):
        class Wrong:
            def encode(self, texts):
                return np.zeros((len(texts), 3 if len(texts) == 1 else 4))

        for error, message, model, keys in (
                (TypeError, "must have encode: int", 3, {}),
                (ValueError, "a matrix of .* x 3 is needed", Wrong(), {}),
                (ValueError, "unknown key: colour", None, {"colour": 1}),
                (ValueError, "prompt: cannot be set, since the model is given", Toy(),
                 {"prompt": "x"}),
                (FileNotFoundError, "no such model", None, {"model": "/none"}),
                (FileNotFoundError, "input_db_path", Toy(), {"input_db_path": "/none.duckdb"})):
            with self.subTest(message=message), self.assertRaisesRegex(error, message):
                colvec.process_duckdb_for_embeddings(self.config(**keys), model,
                                                     logger=lambda line: None)

    def test_a_policy_error_comes_with_its_summary(self):
        with self.assertRaises(colvec.PolicyError) as raised:
            colvec.process_duckdb_for_embeddings(self.config(on_null="error"), colvec.Encoder(),
                                                 logger=lambda line: None)
        self.assertEqual(raised.exception.summary["policy_errors"], self.ROWS // 50)
        self.assertIn("by_python_issues", str(raised.exception))


class Stores(Scratch):
    TEXTS = [f"text {i}" for i in range(200)] + ["next\u0085line", "line\u2028separator"]

    def setUp(self):
        super().setUp()
        values = ", ".join(f"({i}, '{text}')" for i, text in enumerate(self.TEXTS))
        sql(self.folder / "input.duckdb",
            f"CREATE TABLE source_texts AS SELECT * FROM (VALUES {values}) AS t(document_id, content)")
        colvec.process_duckdb_for_embeddings(
            write_config(self.folder, store=str(self.folder / "store")), logger=lambda line: None)
        self.store = colvec.Store(self.folder / "store")

    def test_reads_texts_with_any_line_end(self):
        found = self.store.query()
        self.assertEqual(len(found), len(self.TEXTS))
        self.assertEqual({row["text_value"] for row in found.rows}, set(self.TEXTS))

    def test_an_empty_list_asks_for_nothing(self):
        for name in ("texts", "hashes"):
            self.assertEqual(len(self.store.query(**{name: []})), 0)
            self.assertEqual(self.store.rows(**{name: ()}), [])
        self.assertEqual(len(self.store.rows(texts=iter(self.TEXTS[:3]))), 3)

    def test_threads_may_share_it(self):
        def ask(text):
            for _ in range(10):
                found.append((text, [row["text_value"] for row in self.store.rows(texts=[text])]))

        found = []
        threads = [threading.Thread(target=ask, args=(text,)) for text in self.TEXTS[:8]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(found), 80)
        self.assertEqual([rows for text, rows in found if rows != [text]], [])


class Doctests(unittest.TestCase):
    def test_the_examples_of_the_documentation_run(self):
        modules = [colvec, colvec.dataset, colvec.encoder, colvec.store, colvec.table_job]
        examples = 0
        for module in modules:
            result = doctest.testmod(module, extraglobs={"Encoder": colvec.Encoder})
            self.assertEqual(result.failed, 0, module.__name__)
            examples += result.attempted
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(ROOT / "examples", pathlib.Path(folder) / "examples")
            before = os.getcwd()
            os.chdir(folder)
            try:
                result = doctest.testfile(str(ROOT / "docs/python.md"), module_relative=False)
            finally:
                os.chdir(before)
        self.assertEqual(result.failed, 0, "docs/python.md")
        self.assertGreater(examples + result.attempted, 10)


if __name__ == "__main__":
    unittest.main()
