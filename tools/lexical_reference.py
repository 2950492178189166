#!/usr/bin/env python3
"""Computes vectors of builtin:lexical by docs/lexical.md, slowly and apart from the C++ sources.

Reads a text a line from standard input and prints the first 16 hex digits of the SHA-256 of its 384
little-endian floats: the goldens of src/encode/lexical_test.cc. Python's own Unicode tables stand
in for ICU's, so characters newer than Unicode 13 may differ.
"""

import hashlib
import math
import pathlib
import re
import struct
import sys
import unicodedata

ENGLISH = pathlib.Path(__file__).resolve().parent.parent / "src/encode/lexical_english.cc"
MASK = 2**64 - 1
BASE = 0xD1342543DE82EF95
WORD_SEED, PAIR_SEED, GRAM_SEED = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
NO_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "THAI", "LAO ", "KHMER", "MYANMAR")


def word_list(name):
    source = ENGLISH.read_text(encoding="utf-8")
    begin = source.index(name + "[] = {")
    return set(re.findall(r'U"(\w+)"', source[begin:source.index("};", begin)]))


GRAMMAR, LINKS = word_list("kGrammarWords"), word_list("kLinkWords")


def mix(x):
    x = (x ^ x >> 32) * 0xE9846AF9B1A615D & MASK
    x = (x ^ x >> 29) * 0xD6E8FEB86659FD93 & MASK
    return x ^ x >> 32


def hash_of(text):
    value = 0
    for character in text:
        value = (value * BASE + ord(character)) & MASK
    return value


def kind_of(character):
    if 0x300 <= ord(character) < 0x370:
        return "skipped"
    category = unicodedata.category(character)
    if category == "Nd":
        return "digit"
    if category[0] in "LM":
        no_spaces = unicodedata.name(character, "").startswith(NO_SPACES)
        return "ideograph" if no_spaces or character in "\u3099\u309A" else "letter"
    if category[0] == "N":
        return "letter"
    if category == "Cf":
        return "skipped"
    if category[0] == "Z" or category == "Cc":
        return "space"
    return "punctuation" if category[0] == "P" or category in ("Sm", "Sc", "Sk") else "symbol"


def folded(character):
    """Simple case folding: full folding where it gives one character, else lower case."""
    full = character.casefold()
    return full if len(full) == 1 else character.lower()


def words_of(text, counts_punctuation=False):
    """(word, kind of its first character, whether it is an ideograph directly after another)."""
    word, first, after_ideograph = "", "", False
    for character in unicodedata.normalize("NFKD", text):
        kind = kind_of(character)
        if kind == "skipped":
            continue
        if kind == "punctuation" and counts_punctuation:
            kind = "symbol"
        if kind in ("letter", "digit"):
            first = first if word else kind
            word += str(unicodedata.digit(character)) if kind == "digit" else folded(character)
            after_ideograph = False
        if word and (len(word) == 48 or kind not in ("letter", "digit")):
            yield word, first, False
            word = ""
        if kind in ("ideograph", "symbol"):
            yield character, kind, after_ideograph and kind == "ideograph"
        if kind not in ("letter", "digit"):
            after_ideograph = kind == "ideograph"
    if word:
        yield word, first, False


def without_double(word):
    return word[:-1] if len(word) > 2 and word[-1] == word[-2] and word[-1] not in "lsz" else word


def without_endings(word):
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word[-1] == "s" and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 5 and word.endswith("ing") and re.search("[aeiouy]", word[:-3]):
        word = without_double(word[:-3])
    elif len(word) > 4 and word.endswith("ed") and re.search("[aeiouy]", word[:-2]):
        word = without_double(word[:-2])
    if len(word) > 4 and word[-1] == "e":
        word = word[:-1]
    return word[:-2] if len(word) > 4 and word.endswith("ly") else word


def weight_of(word, kind):
    if word in GRAMMAR:
        return 3
    if word in LINKS:
        return 10
    return 30 if kind == "digit" else 16 + min(len(word), 8)


def features_of(text):
    """(hash, weight) of every feature."""
    counts, word_before = {}, 0
    for word, kind, follows in list(words_of(text)) or words_of(text, counts_punctuation=True):
        weight = weight_of(word, kind)
        if re.fullmatch("[a-z]+", word) and word not in GRAMMAR | LINKS:
            word = without_endings(word)
        count = counts[word] = counts.get(word, 0) + 1
        weight *= math.isqrt(65536 * count) - math.isqrt(65536 * (count - 1))
        marked = f"<{word}>"
        word_hash = mix(hash_of(marked) ^ WORD_SEED)
        yield word_hash, weight * 1024
        if kind in ("letter", "digit"):
            grams = [marked[i:i + n] for n in (3, 4, 5) for i in range(len(marked) - n + 1)]
            for gram in grams:
                gram_hash = mix(hash_of(gram) ^ len(gram) * GRAM_SEED & MASK)
                yield gram_hash, weight * math.isqrt(1229 * 1229 // len(grams))
        elif follows:
            yield mix((word_before * BASE + word_hash + PAIR_SEED) & MASK), weight * 1024
        word_before = word_hash


def vector_of(text):
    sums = [0] * 384
    for value, weight in features_of(text):
        low, high = value & 0xFFFFFFFF, value >> 32
        first = low * 384 >> 32
        second = (first + 1 + (high * 383 >> 32)) % 384
        sums[first] += weight if low & 1 else -weight
        sums[second] += weight if high & 1 else -weight
    squares = 0.0
    for value in sums:
        squares += float(value) * float(value)
    length = math.sqrt(squares) or 1.0
    return struct.pack("<384f", *(value / length for value in sums))


if __name__ == "__main__":
    for line in sys.stdin:
        print(hashlib.sha256(vector_of(line.rstrip("\n"))).hexdigest()[:16])
