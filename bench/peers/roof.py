"""The machine's roof, and how near an engine comes to it.

The bound is what the roof allows if there were nothing but the products of the model: those with
weights, and those of attention. It is the rate of all threads at once, measured beside each
measurement of an engine: on a shared machine it changes from minute to minute.
"""
import json

from engines import run
from model_folder import pools_first_token, read_json


def measure_roof(colvec, threads):
    """FLOP/s by arithmetic, from roof_bench beside the program; nothing where that is not built."""
    program = colvec.parent / "bench" / "roof_bench"
    if not program.exists():
        return {}
    gflops = json.loads(run(program, threads).stdout)["gflops"]
    return {arithmetic: rate * 1e9 for arithmetic, rate in gflops.items()}


class Bound:
    """Of one workload on one model."""

    def __init__(self, model, workload):
        config = read_json(model, "config.json")
        self.layers, self.hidden, self.inner = (
            config[key] for key in ("num_hidden_layers", "hidden_size", "intermediate_size")
        )
        self.keys_mean = workload.keys_mean
        # What of the last layer's products behind attention colvec needs: where the first token is
        # the vector, those of one token a text. Peers are known to compute all.
        self.needed_of_last = 1 / workload.tokens_mean if pools_first_token(model) else 1

    def flops_per_token(self, is_peer):
        """Of the products with weights, and of attention."""
        into_attention = 3 * self.hidden * self.hidden
        behind_it = self.hidden * self.hidden + 2 * self.hidden * self.inner
        last = 1 if is_peer else self.needed_of_last
        return (
            2 * (self.layers * into_attention + (self.layers - 1 + last) * behind_it),
            self.layers * 4 * self.hidden * self.keys_mean,
        )

    def share(self, engine, rate, roof):
        """Of the bound, that `rate` tokens a second are; None where the roof is not known."""
        arithmetic = engine.arithmetic
        # Engines quantise products with weights only; the rest of int8 is bf16 at best.
        of_attention = "bf16" if arithmetic == "int8" else arithmetic
        if arithmetic not in roof or of_attention not in roof:
            return None
        products, attention = self.flops_per_token(engine.is_peer)
        return rate * (products / roof[arithmetic] + attention / roof[of_attention])
