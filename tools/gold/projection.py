"""Writes test/gold/projection.json: scikit-learn's PCA of made-up embeddings, as the reference recipe uses it.

`embeddings` [400, 24] float32 of length 1, in base64, with a spectrum that falls as that of real ones does, and a mean
far from zero. `components`, `explained_variance_ratio` as PCA fits them in float64 (centred); `targets` are the first
20 embeddings times the components, not centred.
"""

import base64
import json
from pathlib import Path

import numpy
import sklearn
from sklearn.decomposition import PCA

random = numpy.random.default_rng(2203_07687)
rows = random.normal(size=(400, 24)) * 0.8 ** numpy.arange(24) @ random.normal(size=(24, 24)) + random.normal(size=24)
embeddings = (rows / numpy.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")

pca = PCA(n_components=10, svd_solver="full").fit(embeddings.astype("f8"))
gold = {
    "versions": {"numpy": numpy.__version__, "scikit-learn": sklearn.__version__},
    "embeddings": base64.b64encode(embeddings.tobytes()).decode(),
    "components": pca.components_.tolist(),
    "explained_variance_ratio": pca.explained_variance_ratio_.tolist(),
    "targets": (embeddings[:20].astype("f8") @ pca.components_.T).tolist(),
}
path = Path(__file__).parents[2] / "test" / "gold" / "projection.json"
path.write_text(json.dumps(gold) + "\n")
