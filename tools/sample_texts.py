#!/usr/bin/env python3
"""Draws examples/sample_texts.csv from a CSV of (id, text) rows: the same rows on every run.

Usage: tools/sample_texts.py INPUT.csv OUTPUT.csv
"""

import csv
import hashlib
import sys

ROWS = 3000
CHARS_MIN, CHARS_MAX = 40, 400


def is_prose(text):
    """Whether a text is a sentence or two on one line, not a name or a list of files."""
    words = text.split()
    plain = sum(word.strip(".,;:()'\"").isalpha() for word in words)
    if "\n" in text:
        return False
    return CHARS_MIN <= len(text) <= CHARS_MAX and len(words) >= 6 and plain >= 0.7 * len(words)


def main(input_path, output_path):
    with open(input_path, newline="", encoding="utf-8") as file:
        texts = [row["text"].strip() for row in csv.DictReader(file)]
    distinct = [text for text in dict.fromkeys(texts) if is_prose(text)]
    # A hash decides who is in, so that neither the order nor the size of the input does.
    distinct.sort(key=lambda text: hashlib.sha256(text.encode()).digest())
    with open(output_path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["document_id", "content"])
        writer.writerows(enumerate(distinct[:ROWS], start=1))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
