"""Writes test/gold/cluster/agglomerative.json: points, and the trees and clusters that scikit-learn makes of them.

Run: python tools/gold/agglomerative.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import AgglomerativeClustering

chance = np.random.default_rng(11)


def blobs(count, dimension, centers, spread):
    labels = chance.integers(centers, size=count)
    return np.round(chance.normal(size=(centers, dimension))[labels] + spread * chance.normal(size=(count, dimension)), 3)


def tree(points, linkage, metric, clusters):
    """The tree, and how it is cut: into so many clusters, and at distances halfway between two merges."""
    options = {"linkage": linkage, "metric": metric}
    whole = AgglomerativeClustering(n_clusters=1, compute_distances=True, **options).fit(points)
    distances = whole.distances_
    # Single precision doesn't change the order.
    assert np.diff(distances).min() > 1e-6, (linkage, metric, np.diff(distances).min())
    cut = [AgglomerativeClustering(n_clusters=n, **options).fit(points) for n in clusters]
    thresholds = [round(float((distances[-n] + distances[1 - n]) / 2), 5) for n in clusters if 1 < n < len(points)]
    at = [AgglomerativeClustering(n_clusters=None, distance_threshold=t, **options).fit(points) for t in thresholds]
    return {
        **options,
        "children": whole.children_.tolist(),
        "distances": distances.round(7).tolist(),
        "byCount": [{"clusters": n, "labels": model.labels_.tolist()} for n, model in zip(clusters, cut)],
        "byDistance": [
            {"threshold": t, "clusters": int(model.n_clusters_), "labels": model.labels_.tolist()}
            for t, model in zip(thresholds, at)
        ],
    }


kinds = [("ward", "euclidean")] + [(l, m) for l in ("average", "complete", "single") for m in ("euclidean", "cosine")]
sets = {"blobs": blobs(70, 5, 6, 0.5), "spread out": blobs(45, 12, 1, 1.0)}
gold = {
    "versions": {"scikit-learn": sklearn.__version__},
    "sets": {
        name: {
            "points": points.tolist(),
            "trees": [tree(points.astype("float32").astype(float), *kind, [1, 2, 6, 20, len(points)]) for kind in kinds],
        }
        for name, points in sets.items()
    },
}
path = Path(__file__).resolve().parents[2] / "test/gold/cluster/agglomerative.json"
path.write_text(json.dumps(gold, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
