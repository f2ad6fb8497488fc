"""Writes test/gold/map/: class-tf-idf.json, the weights of class-based TF-IDF by scikit-learn's counts and the formula of
BERTopic's ClassTfidfTransformer (bertopic 0.17, which is these lines), and umap.json, what umap-learn makes of nearest
neighbours: the weighted graph, equal points among it, and the curve of several min_dist.

Run: python tools/gold/map.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
import umap
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from umap.umap_ import find_ab_params, fuzzy_simplicial_set

target = Path(__file__).parents[2] / "test/gold/map"

# Terms stand between bars, so that nothing depends on how words are told apart.
classes = [
    "credit|card|credit card|interest|debt|card|credit|credit card|bank|best",
    "guitar|chords|guitar chords|play|guitar|best|music|play guitar",
    "tax|return|tax return|bank|best|file|file|deadline|IRS|tax|money|money|best",
    "best",
]
vectorizer = CountVectorizer(analyzer=lambda text: text.split("|"))
counts = vectorizer.fit_transform(classes)
frequencies = np.squeeze(np.asarray(counts.sum(axis=0)))
average = int(counts.sum(axis=1).mean())
inverse = np.log((average / frequencies) + 1)
weights = (normalize(counts, axis=1, norm="l1", copy=True) @ np.diag(inverse)).tolist()
terms = vectorizer.get_feature_names_out()
gold = {
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "classes": classes,
    "weights": [{term: weight for term, weight in zip(terms, row) if weight > 0} for row in weights],
}
(target / "class-tf-idf.json").write_text(json.dumps(gold, indent=1) + "\n")

chance = np.random.default_rng(3)
points = chance.normal(size=(40, 5)).astype(np.float32)
points[7] = points[3]
points[20:26] = points[20]
count, k = len(points), 6
distances = np.linalg.norm(points[:, None] - points[None], axis=2).astype(np.float32)
# A point is its own first neighbour for umap-learn; equal ones come after it.
np.fill_diagonal(distances, -1)
order = np.argsort(distances, axis=1, kind="stable")[:, :k]
np.fill_diagonal(distances, 0)
near = np.take_along_axis(distances, order, axis=1)
graph, _, _ = fuzzy_simplicial_set(
    points, k, np.random.RandomState(0), "euclidean", knn_indices=order, knn_dists=near
)
graph = graph.tocoo()
edges = sorted(zip(graph.row.tolist(), graph.col.tolist(), graph.data.tolist()))
gold = {
    "versions": {"umap-learn": umap.__version__, "numpy": np.__version__},
    "count": count,
    "k": k - 1,
    "ids": order[:, 1:].flatten().tolist(),
    "distances": near[:, 1:].astype(float).flatten().tolist(),
    "edges": [edge for edge in edges if edge[2] > 0],
    "curves": {str(d): list(map(float, find_ab_params(1.0, d))) for d in (0.0, 0.1, 0.25, 0.5, 0.99)},
}
(target / "umap.json").write_text(json.dumps(gold) + "\n")
