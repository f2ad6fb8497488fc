"""Writes test/gold/evaluation/quora.json: how sentence-transformers scores a real model on the first 1,000 question pairs,
and on finding the duplicates among their questions. Neither the model nor the questions are committed.

Run: python tools/gold/quora.py <folder of all-MiniLM-L6-v2> <pairs.tsv.gz>
"""

import gzip
import json
import sys
from pathlib import Path

import sentence_transformers
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import (
    BinaryClassificationEvaluator,
    InformationRetrievalEvaluator,
)
from sentence_transformers.util import semantic_search

K = [1, 3, 5, 10, 20, 100]


def retrieval(model, pairs):
    """Each first question of a pair of duplicates searches for all of its duplicates; itself it may not find."""
    duplicates = {}
    for label, first, second in pairs:
        if label == "1" and first != second:
            duplicates.setdefault(first, set()).add(second)
            duplicates.setdefault(second, set()).add(first)
    queries = {first: first for label, first, _ in pairs if label == "1" and first in duplicates}
    corpus = {question: question for pair in pairs for question in pair[1:]}
    evaluator = InformationRetrievalEvaluator(
        queries, corpus, {query: duplicates[query] for query in queries},
        mrr_at_k=K, ndcg_at_k=K, accuracy_at_k=K, precision_recall_at_k=K, map_at_k=[20, 100],
    )  # fmt: skip
    questions = list(corpus)
    embeddings = model.encode(questions, convert_to_tensor=True)
    rows = torch.tensor([questions.index(query) for query in queries])
    hits = [
        [{"corpus_id": questions[hit["corpus_id"]], "score": hit["score"]} for hit in found]
        for found in semantic_search(embeddings[rows], embeddings, top_k=101)
    ]
    hits = [[hit for hit in found if hit["corpus_id"] != query] for query, found in zip(queries, hits)]
    scores = evaluator.compute_metrics(hits)
    return {
        f"{name.replace('@k', '').replace('accuracy', 'hit_rate')}_at_{k}": float(value)
        for name, values in scores.items()
        for k, value in values.items()
    }


def main(folder, file):
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        pairs = [next(lines).rstrip("\n").split("\t") for _ in range(1000)]
    model = SentenceTransformer(folder, device="cpu")
    labels, first, second = zip(*pairs)
    evaluator = BinaryClassificationEvaluator(
        first, second, [int(label) for label in labels], similarity_fn_names=["cosine", "dot", "euclidean", "manhattan"]
    )
    gold = {
        "versions": {"sentence-transformers": sentence_transformers.__version__, "torch": torch.__version__},
        "pairs": len(pairs),
        "Quora": evaluator(model),
        "QuoraRetrieval": retrieval(model, pairs),
    }
    path = Path(__file__).resolve().parents[2] / "test/gold/evaluation/quora.json"
    path.write_text(json.dumps(gold, indent=1) + "\n")
    print(path, path.stat().st_size)


main(*sys.argv[1:])
