"""Writes test/gold/search/semantic-search.json: embeddings, equal ones among them, and what sentence-transformers
finds: `semantic_search` and `paraphrase_mining_embeddings` with each similarity function.

Run: python tools/gold/semantic-search.py
"""

import json
from pathlib import Path

import numpy as np
import sentence_transformers
import torch
from sentence_transformers.util import paraphrase_mining_embeddings, semantic_search
from sentence_transformers.util.similarity import SimilarityFunction

chance = np.random.default_rng(4)


def embeddings(count, dimension):
    return np.round(chance.normal(size=(count, dimension)) * chance.uniform(0.2, 2, size=(count, 1)), 6)


def search(queries, corpus, name, top_k):
    score = SimilarityFunction.to_similarity_fn(name)
    # In double precision: what single precision should round.
    queries, corpus = (torch.tensor(x, dtype=torch.float64) for x in (queries, corpus))
    hits = semantic_search(queries, corpus, top_k=top_k, score_function=score, query_chunk_size=4, corpus_chunk_size=7)
    return [[[hit["corpus_id"], hit["score"]] for hit in found] for found in hits]


def mine(corpus, name, top_k, max_pairs):
    score = SimilarityFunction.to_similarity_fn(name)
    corpus = torch.tensor(corpus, dtype=torch.float64)
    pairs = paraphrase_mining_embeddings(
        corpus, score_function=score, top_k=top_k, max_pairs=max_pairs, query_chunk_size=5, corpus_chunk_size=9
    )
    return [[score, i, j] for score, i, j in pairs]


def case(queries, corpus, top_k, max_pairs):
    names = [function.value for function in SimilarityFunction]
    return {
        "queries": queries.tolist(), "corpus": corpus.tolist(), "topK": top_k, "maxPairs": max_pairs,
        "hits": {name: search(queries, corpus, name, top_k) for name in names},
        "pairs": {name: mine(corpus, name, top_k, max_pairs) for name in names},
    }  # fmt: skip


different = embeddings(41, 9)
doubled = embeddings(12, 3)
doubled = np.concatenate([doubled, doubled[::2], doubled[:5], np.zeros((2, 3))])
cases = {
    "different": case(embeddings(13, 9), different, 6, 50),
    "equal ones": case(doubled[3:14], doubled, 5, 20),
    "fewer than asked for": case(embeddings(2, 4), embeddings(3, 4), 10, 1000),
}
path = Path(__file__).resolve().parents[2] / "test/gold/search/semantic-search.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(
    json.dumps({"versions": {"sentence-transformers": sentence_transformers.__version__}, "cases": cases}) + "\n"
)
print(path, path.stat().st_size)
