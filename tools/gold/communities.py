"""Writes test/gold/cluster/communities.json: embeddings, and the communities that sentence-transformers finds in them.

Run: python tools/gold/communities.py
"""

import json
from pathlib import Path

import numpy as np
import sentence_transformers
from sentence_transformers.util import community_detection

chance = np.random.default_rng(7)


def around_centers(count, dimension, centers, spread):
    """Clumps of very different sizes, and of different lengths, since only directions should matter."""
    weights = 1 / np.arange(1, centers + 1)
    labels = chance.choice(centers, count, p=weights / weights.sum())
    points = chance.normal(size=(centers, dimension))[labels] + spread * chance.normal(size=(count, dimension))
    return np.round(points * chance.uniform(0.5, 3, size=(count, 1)), 2)


def case(points, **options):
    points = np.array(points, "float32")
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    scores = units.astype(float) @ units.T.astype(float)
    communities = community_detection(points, **options)
    # Neither what is in a community depends on rounding, nor its order.
    assert np.abs(scores - options["threshold"]).min() > 1e-7
    for center, *others in communities:
        assert (-np.diff(scores[center][others]) > 2e-7).all()
    return {"options": options, "communities": communities}


clumps = around_centers(700, 6, 25, 0.45)
one = around_centers(90, 12, 1, 0.6)
sets = {
    "clumps": (clumps, [
        {"threshold": 0.75, "min_community_size": 10},
        {"threshold": 0.9, "min_community_size": 3},
        {"threshold": 0.97, "min_community_size": 1},
        {"threshold": 0.3, "min_community_size": 40},
        {"threshold": 0.999, "min_community_size": 4},
    ]),
    "one clump": (one, [
        {"threshold": 0.7, "min_community_size": 2},
        {"threshold": 0.75, "min_community_size": 90},
        {"threshold": 0.75, "min_community_size": 91},
    ]),
}  # fmt: skip
gold = {
    "versions": {"sentence-transformers": sentence_transformers.__version__},
    "sets": {
        name: {"points": points.tolist(), "cases": [case(points, **options) for options in asked]}
        for name, (points, asked) in sets.items()
    },
}
path = Path(__file__).resolve().parents[2] / "test/gold/cluster/communities.json"
path.write_text(json.dumps(gold, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
for name, entry in gold["sets"].items():
    for found in entry["cases"]:
        print(name, found["options"], [len(community) for community in found["communities"]])
