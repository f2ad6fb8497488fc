"""Writes test/gold/evaluation/correlation.json: correlations by SciPy, with ties and far from zero,
and the scores of sentence-transformers' EmbeddingSimilarityEvaluator for given embeddings.

Run: python tools/gold/correlation.py (SciPy 1.17.1)
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sentence_transformers
from scipy import stats
from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator

chance = np.random.default_rng(7)


def correlations():
    normal = chance.normal(size=80)
    noisy = normal + chance.normal(size=80)
    pairs = {
        "no ties": (normal, noisy),
        "many ties on both sides": (np.round(normal), np.round(noisy)),
        "ties on one side": (normal, chance.integers(0, 3, size=80).astype(float)),
        "two values": (chance.integers(0, 2, size=50).astype(float), chance.integers(0, 2, size=50).astype(float)),
        "falling": (normal, -(normal**3)),
        "far from zero": (normal + 1e6, noisy * 1e-6 - 1e3),
        "large and small": (np.exp(8 * normal), noisy),
        "two items": (np.array([1.0, 2.0]), np.array([5.0, 3.0])),
        "all but one equal": (np.array([1.0] * 20 + [2.0]), np.arange(21.0)),
        "float32": (normal.astype(np.float32).astype(float), noisy.astype(np.float32).astype(float)),
    }
    return [
        {
            "name": name,
            "x": x.tolist(),
            "y": y.tolist(),
            "ranks": stats.rankdata(x).tolist(),
            "pearson": float(stats.pearsonr(x, y).statistic),
            "spearman": float(stats.spearmanr(x, y).statistic),
        }
        for name, (x, y) in pairs.items()
    ]


class Given:
    """A model that knows the embeddings of some texts."""

    def __init__(self, embeddings):
        self.embeddings = embeddings
        self.similarity_fn_name = "cosine"

    def encode(self, texts, **_):
        return np.array([self.embeddings[text] for text in texts], dtype=np.float32)


def embedding_similarity():
    texts = [f"text {i}" for i in range(40)]
    # Halves, so that float32 holds every product and distance exactly; cosines, which it rounds, are far apart.
    embeddings = {text: (chance.integers(-6, 7, size=12) / 2).tolist() for text in texts}
    sentences1, sentences2 = ([texts[i + side] for i in chance.integers(0, 20, size=60)] for side in (0, 20))
    scores = (chance.integers(0, 11, size=60) / 2).tolist()
    evaluator = EmbeddingSimilarityEvaluator(
        sentences1, sentences2, scores, similarity_fn_names=["cosine", "dot", "euclidean", "manhattan"]
    )
    model = Given(embeddings)
    evaluator.embed_inputs = lambda _, sentences, **__: model.encode(sentences)
    evaluator.store_metrics_in_model_card_data = lambda *_, **__: None
    evaluator.primary_metric = None
    return {
        "embeddings": embeddings,
        "sentences1": sentences1,
        "sentences2": sentences2,
        "scores": scores,
        "expected": {name: float(value) for name, value in evaluator(model).items()},
    }


if __name__ == "__main__":
    gold = {
        "versions": {"scipy": scipy.__version__, "sentence-transformers": sentence_transformers.__version__},
        "correlations": correlations(),
        "embeddingSimilarity": embedding_similarity(),
    }
    path = Path(__file__).parents[2] / "test/gold/evaluation/correlation.json"
    path.write_text(json.dumps(gold) + "\n")
