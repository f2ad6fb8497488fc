"""Writes test/gold/evaluation/task-scores.json: how sentence-transformers scores a real model on the first pairs of STS-B's
test set and of Quora's questions, and on finding the duplicates among the latter. Neither the model nor the texts are committed.

Run: python tools/gold/task-scores.py <folder of all-MiniLM-L6-v2> <folder of sts/ and quora/>
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
    EmbeddingSimilarityEvaluator,
    InformationRetrievalEvaluator,
)
from sentence_transformers.util import semantic_search

K = [1, 3, 5, 10, 20, 100]
PAIRS = 200


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


def main(folder, data):
    model = SentenceTransformer(folder, device="cpu")
    with gzip.open(Path(data) / "quora/pairs.tsv.gz", "rt", encoding="utf-8", newline="\n") as lines:
        pairs = [next(lines).rstrip("\n").split("\t") for _ in range(PAIRS)]
    labels, first, second = zip(*pairs)
    similarities = {"similarity_fn_names": ["cosine", "dot", "euclidean", "manhattan"]}
    duplicates = BinaryClassificationEvaluator(first, second, [int(label) for label in labels], **similarities)
    with open(Path(data) / "sts/STSBenchmark/sts-test.csv", encoding="utf-8", newline="\n") as lines:
        rows = [next(lines).rstrip("\n").split("\t") for _ in range(PAIRS)]
    sts = EmbeddingSimilarityEvaluator(
        [row[5] for row in rows], [row[6] for row in rows], [float(row[4]) for row in rows], **similarities
    )  # fmt: skip
    gold = {
        "versions": {"sentence-transformers": sentence_transformers.__version__, "torch": torch.__version__},
        "pairs": PAIRS,
        "STS-B": {"_".join(reversed(name.split("_"))): score for name, score in sts(model).items() if "max" not in name},
        "Quora": duplicates(model),
        "QuoraRetrieval": retrieval(model, pairs),
    }
    path = Path(__file__).resolve().parents[2] / "test/gold/evaluation/task-scores.json"
    path.write_text(json.dumps(gold, indent=1) + "\n")
    print(path, path.stat().st_size)


main(*sys.argv[1:])
