#!/usr/bin/env python3
"""`device` as users meet it: with an emulated GPU in the place of a real one, and with none."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from embed_test import JobCase  # noqa: E402
from jobs import COLVEC, ROOT, colvec  # noqa: E402

MODEL = str(ROOT / "testdata" / "models" / "tiny-bert" / "model")
EMULATED = str(pathlib.Path(COLVEC).parent / "libcolvec_cuda_emulated.so")


class WithAGpu(JobCase):
    env = {"COLVEC_CUDA_LIBRARY": EMULATED}

    def setUp(self):
        super().setUp()
        self.make_input(20)

    def test_auto_takes_it_and_the_output_says_so(self):
        done = self.embed(env=self.env, model=MODEL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("bf16 on cuda-emulated", done.stderr)
        self.assertEqual(self.output("SELECT precision, isa FROM embedded_texts_meta"),
                         ["bf16|cuda-emulated"])
        self.assertEqual(self.output("SELECT count(*) FROM embedded_texts"), ["20"])

    def test_f16_is_a_precision_of_its_own(self):
        self.assertEqual(self.embed(env=self.env, model=MODEL, precision="f16").returncode, 0)
        self.assertEqual(self.output("SELECT precision FROM embedded_texts_meta"), ["f16"])
        self.refused(7, "was made with", env=self.env, model=MODEL, precision="bf16")

    def test_all_gpus_give_what_one_gives(self):
        env = {**self.env, "COLVEC_EMULATED_DEVICES": "2"}
        self.assertEqual(self.embed(env=env, model=MODEL, device="cuda:all").returncode, 0)
        query = "SELECT count(*), count(DISTINCT embedding) FROM embedded_texts"
        self.assertEqual(self.output(query), ["20|20"])

    def test_an_output_in_f32_stays_in_f32_on_the_cpu_and_says_so(self):
        self.assertEqual(self.embed(model=MODEL, precision="f32", device="cpu").returncode, 0)
        done = self.embed(env=self.env, model=MODEL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("note: the GPU is not used: precision f32 is not for a GPU", done.stderr)
        self.refused(4, "precision f32 is not for a GPU", env=self.env, model=MODEL, device="cuda")

    def test_the_environment_names_it_too(self):
        env = {**self.env, "COLVEC_DEVICE": "cpu"}
        done = self.embed(env=env, model=MODEL)
        self.assertNotIn("cuda", done.stderr)
        env = {**self.env, "COLVEC_DEVICE": "cuda:5"}
        self.refused(3, "no such GPU: cuda:5 (there is 1)", env=env, model=MODEL,
                     output_table="other")

    def test_a_model_that_is_no_transformer_has_no_use_for_it(self):
        self.refused(4, "is not a transformer, so its device is cpu, not cuda", env=self.env,
                     device="cuda")
        self.assertEqual(self.embed(env=self.env).returncode, 0)

    def test_vectors_are_those_of_the_reference(self):
        folder = pathlib.Path(MODEL).parent
        done = colvec("model", "verify", MODEL, "--device", "cuda", "--texts",
                      folder / "texts.jsonl", "--vectors", folder / "vectors.npy", env=self.env)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class WithoutAGpu(JobCase):
    env = {"COLVEC_CUDA_LIBRARY": "/no/such/libcolvec_cuda.so"}

    def setUp(self):
        super().setUp()
        self.make_input(20)

    def test_auto_does_without_a_word(self):
        done = self.embed(env=self.env, model=MODEL)
        self.assertEqual(done.returncode, 0, done.stderr)
        if not pathlib.Path("/dev/nvidia0").exists():
            self.assertNotIn("GPU", done.stderr)

    def test_what_was_asked_for_by_name_is_not_found(self):
        self.refused(3, "cannot load /no/such/libcolvec_cuda.so", env=self.env, model=MODEL,
                     device="cuda")

    def test_f16_needs_one(self):
        self.refused(4, "precision f16 needs a GPU", env=self.env, model=MODEL, precision="f16")

    def test_a_device_that_is_none_is_refused_with_those_there_are(self):
        self.refused(2, "device: must be one of auto, cpu, cuda, cuda:N, cuda:all", env=self.env,
                     device="tpu")


if __name__ == "__main__":
    unittest.main()
