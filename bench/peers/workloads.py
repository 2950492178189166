"""Texts to measure with, made of the lines of one file: each workload has lengths of its own.

Plain Python, the same texts on every machine. Lengths are steered by characters; what a model
counts in tokens is measured, not assumed.
"""
import csv
import dataclasses
import itertools
import json
import math
import random

SEED = 7


def read_lines(path):
    """The column `text` of a CSV file."""
    with open(path, newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


class Source:
    """The lines again and again, from the first one on."""

    def __init__(self, lines):
        if not any(lines):
            raise SystemExit("no texts to make workloads of")
        self.lines = itertools.cycle([line for line in lines if line])

    def line(self):
        return next(self.lines)

    def joined(self, characters):
        """Lines joined until there are that many characters at least."""
        text = self.line()
        while len(text) < characters:
            text += " " + self.line()
        return text

    def cut(self, characters):
        """About that many characters: joined lines, cut behind a word; never empty."""
        text = self.joined(characters)
        return text[:characters].rsplit(" ", 1)[0] or text[:characters]


def short(source, count, _):
    return [source.line() for _ in range(count)]


def spread_around(characters):
    def build(source, count, rng):
        return [source.joined(characters * math.exp(rng.gauss(0, 0.3))) for _ in range(count)]

    return build


def at_least(characters):
    return lambda source, count, _: [source.joined(characters) for _ in range(count)]


def mixed(source, count, rng):
    """Lengths spread evenly over their logarithm, as in a table of titles, abstracts and pages."""
    low, high = math.log(20), math.log(2600)
    return [source.cut(int(math.exp(rng.uniform(low, high)))) for _ in range(count)]


def duplicates(source, count, rng):
    """Every text twice (one of them once if the count is odd), in no order."""
    texts = short(source, (count + 1) // 2, rng)
    texts = (texts + texts)[:count]
    rng.shuffle(texts)
    return texts


@dataclasses.dataclass
class Workload:
    name: str
    texts: list
    lengths: list = dataclasses.field(default_factory=list)  # Tokens of each text, once counted.

    @property
    def tokens_mean(self):
        return sum(self.lengths) / len(self.lengths)

    @property
    def keys_mean(self):
        """How many tokens the mean token attends to."""
        return sum(n * n for n in self.lengths) / sum(self.lengths)

    def count_for(self, tokens):
        """How many texts, from the first on, have that many tokens together; all if too few do."""
        for count, total in enumerate(itertools.accumulate(self.lengths), 1):
            if total >= tokens:
                return count
        return len(self.lengths)


# How to make the texts, and how many: enough tokens for some seconds of the fastest engine.
BUILDERS = {
    "short": (short, 10000),  # About 26 tokens.
    "passages": (spread_around(270), 4000),  # About 70.
    "long": (spread_around(800), 1500),  # About 207, where the model cuts at 256.
    "t256": (at_least(1800), 1000),  # All as long as the model allows, if that is at most 256.
    "t512": (at_least(3600), 500),
    "mixed": (mixed, 2000),  # 5 to 512.
    "duplicates": (duplicates, 10000),
}


def build(name, lines):
    builder, count = BUILDERS[name]
    return Workload(name, builder(Source(lines), count, random.Random(SEED)))


def write_jsonl(texts, path):
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
