"""Writes test/gold/evaluation/probes.json: points with labels and the logistic regression that scikit-learn fits to them.

Run: python tools/gold/probes.py (scikit-learn 1.9.1)
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

from blobs import blobs

chance = np.random.default_rng(4)


def regression(classes, per_class, dimension, spread):
    points, labels = blobs(chance, classes, 2 * per_class, dimension, spread)
    train, test = slice(0, None, 2), slice(1, None, 2)
    model = LogisticRegression(tol=1e-12, max_iter=100_000)
    model.fit(points[train], labels[train])
    return {
        "train": points[train].tolist(), "labels": labels[train].tolist(), "test": points[test].tolist(),
        "weights": model.coef_.tolist(), "biases": model.intercept_.tolist(),
        "predicted": model.predict(points[test]).tolist(),
    }  # fmt: skip


gold = {
    "versions": {"scikit-learn": sklearn.__version__},
    "logisticRegression": {
        "two classes": regression(2, 8, 5, 1.5),
        "four classes": regression(4, 8, 6, 0.8),
        "more dimensions than points": regression(3, 4, 20, 1.0),
    },
}
path = Path(__file__).resolve().parents[2] / "test/gold/evaluation/probes.json"
path.write_text(json.dumps(gold, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
