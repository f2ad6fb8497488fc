"""Writes test/gold/search/quantized-search.json: embeddings quantized by sentence-transformers and what is found in them.
Its own searches need faiss or usearch; here numpy does the same: Hamming distances or dot products with dequantized
embeddings by its `_dequantize_embeddings`, then the rescoring of `semantic_search_usearch`. And test/gold/search/mmr.json:
maximal marginal relevance, written down from the paper's formula.

Run: python tools/gold/quantized-search.py
"""

import json
from pathlib import Path

import numpy as np
import sentence_transformers
from sentence_transformers.util.quantization import _dequantize_embeddings, quantize_embeddings

chance = np.random.default_rng(7)
gold = Path(__file__).resolve().parents[2] / "test/gold/search"


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def rounded(x):
    return np.round(x, 6).astype(np.float32)


def numbers(x):
    return np.round(x.astype(np.float64), 6).tolist()


def best(scores, k):
    """Of equal scores the lower position first."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return [[[int(i), float(row[i])] for i in found] for found, row in zip(order, scores)]


def rescored(queries, candidates, embeddings, k):
    """As `semantic_search_usearch`: candidates in the order of their positions, so that ties fall as above."""
    results = []
    for query, found in zip(queries, candidates):
        ids = np.sort([i for i, _ in found])
        scores = np.einsum("j,kj->k", query.astype(np.float64), embeddings[ids].astype(np.float64))
        order = np.argsort(-scores, kind="stable")[:k]
        results.append([[int(ids[i]), float(scores[i])] for i in order])
    return results


def quantized_case(dimension, k, multiplier):
    centers = chance.normal(size=(8, dimension))
    draw = lambda count: rounded(unit(centers[chance.integers(8, size=count)] + chance.normal(size=(count, dimension))))
    corpus, queries = draw(70), draw(6)
    ranges = np.vstack((corpus.min(axis=0), corpus.max(axis=0)))
    case = {
        "corpus": numbers(corpus), "queries": numbers(queries), "ranges": numbers(ranges),
        "topK": k, "rescoreMultiplier": multiplier, "precisions": {},
    }  # fmt: skip
    for precision in ["int8", "uint8"]:
        embeddings = quantize_embeddings(corpus, precision, ranges=ranges)
        restored = _dequantize_embeddings(embeddings, precision, ranges)
        candidates = best(queries.astype(np.float64) @ restored.T, k * multiplier)
        case["precisions"][precision] = {
            "found": best(queries.astype(np.float64) @ restored.T, k),
            "rescored": rescored(queries, candidates, restored, k),
            "rescoredByOriginals": rescored(queries, candidates, corpus, k),
        }
    for precision in ["binary", "ubinary"]:
        bits, query_bits = (quantize_embeddings(x, "ubinary") for x in (corpus, queries))
        distances = np.unpackbits(query_bits[:, None] ^ bits[None], axis=-1).sum(axis=-1, dtype=np.int64)
        candidates = best(-distances, k * multiplier)
        restored = np.unpackbits(bits, axis=-1)[:, :dimension]
        case["precisions"][precision] = {
            "found": best(-distances, k),
            "rescored": rescored(queries, candidates, restored, k),
            "rescoredByOriginals": rescored(queries, candidates, corpus, k),
        }
    return case


def mmr(query, candidates, k, weight):
    query, candidates = unit(query[None].astype(np.float64))[0], unit(candidates.astype(np.float64))
    relevance, likeness = candidates @ query, candidates @ candidates.T
    chosen = [int(np.argmax(relevance))]
    while len(chosen) < min(k, len(candidates)):
        scores = weight * relevance - (1 - weight) * likeness[:, chosen].max(axis=1)
        scores[chosen] = -np.inf
        chosen.append(int(np.argmax(scores)))
    return [[i, float(relevance[i])] for i in chosen]


versions = {"sentence-transformers": sentence_transformers.__version__, "numpy": np.__version__}
cases = {"20 dimensions": quantized_case(20, 5, 3), "40 dimensions": quantized_case(40, 7, 2)}
candidates = rounded(chance.normal(size=(5, 12))[chance.integers(5, size=30)] + 0.5 * chance.normal(size=(30, 12)))
query = rounded(candidates[:3].mean(axis=0))
reranked = [{"lambda": x, "topK": 12, "chosen": mmr(query, candidates, 12, x)} for x in [0.0, 0.3, 0.5, 0.8, 1.0]]
for name, content in {
    "quantized-search": {"versions": versions, "cases": cases},
    "mmr": {"versions": versions, "query": numbers(query), "candidates": numbers(candidates), "reranked": reranked},
}.items():
    path = gold / f"{name}.json"
    path.write_text(json.dumps(content) + "\n")
    print(path, path.stat().st_size)
