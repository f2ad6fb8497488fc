"""Writes test/gold/cluster/k-means.json: points, and what scikit-learn's k-means makes of them: from given centroids, where
every number should be the same, and by mini-batches, whose quality over many seeds is compared.

Run: python tools/gold/k-means.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans, MiniBatchKMeans, kmeans_plusplus
from sklearn.metrics import v_measure_score

from blobs import blobs

chance = np.random.default_rng(4)


def lloyd(name, start, **options):
    """In double precision: what single precision should round."""
    points = sets[name]
    model = KMeans(len(start), init=np.asarray(start, float), n_init=1, **options).fit(np.asarray(points, float))
    return {
        "points": name, "init": np.asarray(start).tolist(), "options": options,
        "labels": model.labels_.tolist(), "centroids": model.cluster_centers_.round(7).tolist(),
        "inertia": model.inertia_, "iterations": model.n_iter_,
    }  # fmt: skip


def spherical(name, start):
    """Dhillon and Modha's algorithm, written down; no library of the requirements has it."""
    points, start = sets[name], np.asarray(start, float)
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    centroids = start / np.linalg.norm(start, axis=1, keepdims=True)
    labels = None
    while True:
        nearest = (units @ centroids.T).argmax(axis=1)
        if labels is not None and (nearest == labels).all():
            break
        labels = nearest
        sums = np.stack([units[labels == cluster].sum(axis=0) for cluster in range(len(start))])
        centroids = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    inertia = 2 * (1 - (units * centroids[labels]).sum(axis=1)).sum()
    return {
        "points": name, "init": start.tolist(), "labels": labels.tolist(),
        "centroids": centroids.round(7).tolist(), "inertia": inertia,
    }  # fmt: skip


def mini_batch(classes, per_class, dimension, spread):
    points, labels = blobs(chance, classes, per_class, dimension, spread)
    # In single precision, as embeddings come.
    fitted = [MiniBatchKMeans(classes, batch_size=512, n_init=1, random_state=seed).fit(points.astype("float32")) for seed in range(50)]
    return {
        "points": points.ravel().tolist(), "dimension": dimension, "labels": labels.tolist(), "seeds": len(fitted),
        "vMeasures": [round(float(v_measure_score(labels, model.labels_)), 6) for model in fitted],
        "inertias": [round(float(model.inertia_), 4) for model in fitted],
    }  # fmt: skip


def outlier_alone():
    """In how many of 200 runs a single point far off ends as a cluster of its own; the test makes the same points."""
    points = [[i % 2 * 10 + i * 7919 % 1000 / 1000, 0] for i in range(3000)] + [[0, 300]]
    points = np.array(points, "float32")
    runs = [MiniBatchKMeans(3, batch_size=512, n_init=1, random_state=seed).fit(points).labels_ for seed in range(200)]
    return int(sum((labels == labels[-1]).sum() == 1 for labels in runs))


points, _ = blobs(chance, 6, 40, 5, 0.7)
overlapping, _ = blobs(chance, 9, 30, 12, 1.5)
far_off = np.round(points[:120] + 1000, 3)
sets = {"apart": points, "overlapping": overlapping, "far off": far_off}
gold = {
    "versions": {"scikit-learn": sklearn.__version__},
    "points": {name: points.tolist() for name, points in sets.items()},
    "lloyd": {
        "apart": lloyd("apart", points[:6]),
        "overlapping, to the end": lloyd("overlapping", overlapping[::30], tol=0),
        "overlapping, stopped by the tolerance": lloyd("overlapping", overlapping[::30], tol=0.02),
        "stopped after three": lloyd("overlapping", overlapping[::45], max_iter=3, tol=0),
        "two centroids that nothing is near": lloyd("apart", [*points[:4].tolist(), [50.0] * 5, [60.0] * 5]),
        "far from the origin": lloyd("far off", far_off[::30]),
        "one cluster": lloyd("apart", points[:1]),
    },
    "spherical": {"apart": spherical("apart", points[:6]), "overlapping": spherical("overlapping", overlapping[::30])},
    # The potential that the greedy k-means++ leaves, over 200 seeds.
    "plusPlus": {
        "points": "overlapping", "clusters": 9,
        "potentials": [
            round(float(((overlapping[:, None] - kmeans_plusplus(overlapping, 9, random_state=seed)[0]) ** 2).sum(2).min(1).sum()), 4)
            for seed in range(200)
        ],
    },
    "miniBatch": {
        "fewer points than a start takes": mini_batch(10, 60, 4, 0.6),
        "more points than a start takes": mini_batch(30, 55, 3, 0.3),
    },
    "outlierAlone": {"runs": 200, "alone": outlier_alone()},
}  # fmt: skip
path = Path(__file__).resolve().parents[2] / "test/gold/cluster/k-means.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(gold, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
for name, case in gold["miniBatch"].items():
    print(name, np.mean(case["vMeasures"]), np.std(case["vMeasures"]), np.mean(case["inertias"]), np.std(case["inertias"]))
