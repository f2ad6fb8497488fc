"""Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009, equation 1, k = 10) of random rankings, with exact fractions.

Written from the paper, with ties broken by first sight: test/gold/search/fusion.json
"""

import json
import random
from fractions import Fraction
from pathlib import Path

K = 10


def fuse(rankings):
    documents = dict.fromkeys(d for ranking in rankings for d in ranking)
    score = {d: sum(Fraction(1, K + r.index(d) + 1) for r in rankings if d in r) for d in documents}
    order = sorted(documents, key=lambda d: -score[d])
    return [[d, float(score[d])] for d in order]


def main():
    generator = random.Random(1)
    cases = []
    for lengths in [(0, 0), (1, 0), (3, 3), (10, 10), (20, 5), (100, 100), (7, 7, 7)]:
        ids = [f"d{i}" for i in range(max(lengths) + 5)]
        rankings = [generator.sample(ids, length) for length in lengths]
        cases.append({"rankings": rankings, "fused": fuse(rankings)})
    target = Path(__file__).parents[2] / "test/gold/search/fusion.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(cases) + "\n")


main()
