"""Writes test/gold/evaluation/probes.json: points with labels, the logistic regression that scikit-learn fits to them, and
how good its mini-batch k-means clusters are over 50 seeds.

Run: python tools/gold/probes.py (scikit-learn 1.9.1)
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import v_measure_score

chance = np.random.default_rng(4)


def blobs(classes, per_class, dimension, spread):
    centers = chance.normal(size=(classes, dimension))
    labels = np.repeat(np.arange(classes), per_class)
    points = centers[labels] + spread * chance.normal(size=(len(labels), dimension))
    return np.round(points, 3), labels


def regression(classes, per_class, dimension, spread):
    points, labels = blobs(classes, 2 * per_class, dimension, spread)
    train, test = slice(0, None, 2), slice(1, None, 2)
    model = LogisticRegression(tol=1e-12, max_iter=100_000)
    model.fit(points[train], labels[train])
    return {
        "train": points[train].tolist(), "labels": labels[train].tolist(), "test": points[test].tolist(),
        "weights": model.coef_.tolist(), "biases": model.intercept_.tolist(),
        "predicted": model.predict(points[test]).tolist(),
    }  # fmt: skip


def clustering(classes, per_class, dimension, spread):
    points, labels = blobs(classes, per_class, dimension, spread)
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


gold = {
    "versions": {"scikit-learn": sklearn.__version__},
    "logisticRegression": {
        "two classes": regression(2, 8, 5, 1.5),
        "four classes": regression(4, 8, 6, 0.8),
        "more dimensions than points": regression(3, 4, 20, 1.0),
    },
    "miniBatchKMeans": {
        "fewer points than a start takes": clustering(10, 60, 4, 0.6),
        "more points than a start takes": clustering(30, 55, 3, 0.3),
    },
    "outlierAlone": {"runs": 200, "alone": outlier_alone()},
}
path = Path(__file__).resolve().parents[2] / "test/gold/evaluation/probes.json"
path.write_text(json.dumps(gold, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
for name, case in gold["miniBatchKMeans"].items():
    print(name, np.mean(case["vMeasures"]), np.std(case["vMeasures"]), np.mean(case["inertias"]), np.std(case["inertias"]))
