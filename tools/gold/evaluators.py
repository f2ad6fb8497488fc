"""Writes test/gold/evaluation/evaluators.json: texts with made-up embeddings, and what the evaluators of
sentence-transformers score for a model that gives them.

Run: python tools/gold/evaluators.py
"""

import json
import random
import types
from pathlib import Path

import numpy as np
import sentence_transformers
import torch
from sentence_transformers.sentence_transformer.evaluation import (
    BinaryClassificationEvaluator,
    InformationRetrievalEvaluator,
    MSEEvaluator,
    ParaphraseMiningEvaluator,
    TripletEvaluator,
)
from sentence_transformers.util import cos_sim

names = ["cosine", "dot", "euclidean", "manhattan"]
chance = random.Random(4)
numbers = np.random.default_rng(4)


class Model:
    """Texts are looked up; the metrics go nowhere."""

    similarity_fn_name = "cosine"
    similarity = staticmethod(cos_sim)
    model_card_data = types.SimpleNamespace(set_evaluation_metrics=lambda *_: None)

    def __init__(self, embeddings):
        self.embeddings = embeddings

    def encode(self, sentences, convert_to_tensor=False, **_):
        rows = np.array([self.embeddings[text] for text in sentences], dtype="float32")
        return torch.tensor(rows) if convert_to_tensor else rows

    encode_query = encode_document = encode


# Texts of one topic are alike: 20 topics of 4 texts, and two that are the same but for their names.
topics = numbers.normal(size=(20, 6))
rows = np.repeat(topics, 4, axis=0) + numbers.normal(size=(80, 6))
rows *= numbers.uniform(0.5, 1.5, size=(80, 1))
rows[7], rows[30] = rows[6], rows[6]
texts = [f"text {i:02}" for i in range(80)]
student = {text: np.round(row, 4).tolist() for text, row in zip(texts, rows)}
teacher = {text: np.round(row + 0.1 * numbers.normal(size=6), 4).tolist() for text, row in zip(texts, rows)}
model = Model(student)

# A pair and its mirror image, so that there are equal scores.
pairs = [chance.sample(range(80), 2) for _ in range(120)] + [[4 * i, 4 * i + 1] for i in range(20)]
pairs += [[b, a] for a, b in pairs[::5]]
labels = [int(a // 4 == b // 4 or chance.random() < 0.1) for a, b in pairs]
triplets = [(i, i - i % 4 + (i + 1) % 4, chance.randrange(80)) for i in range(80)]
duplicates = [[a, b] for a in range(80) for b in range(a) if a // 4 == b // 4 and chance.random() < 0.8]
queries = list(range(0, 80, 3))
documents = [i for i in range(80) if i % 3]
relevant = {q: [d for d in documents if d // 4 == q // 4] for q in queries}

K = [1, 3, 5, 10, 20, 100]
by_id = lambda indices: {texts[i]: texts[i] for i in indices}  # noqa: E731
write = lambda indices: [texts[i] for i in indices]  # noqa: E731
sides = {side: write(indices) for side, indices in zip(["sentences1", "sentences2"], zip(*pairs))}
members = {member: write(indices) for member, indices in zip(["anchors", "positives", "negatives"], zip(*triplets))}

binary = BinaryClassificationEvaluator(**sides, labels=labels, similarity_fn_names=names)
gold = {
    "versions": {"sentence-transformers": sentence_transformers.__version__},
    "student": student,
    "teacher": teacher,
    "binaryClassification": {"data": {**sides, "labels": labels}, "scores": binary(model)},
    "triplet": {
        "data": members,
        "scores": TripletEvaluator(**members, similarity_fn_names=names)(model),
        "margin": 0.25,
        "scoresWithMargin": TripletEvaluator(**members, similarity_fn_names=names, margin=0.25)(model),
    },
    "paraphraseMining": {
        "duplicates": [write(pair) for pair in duplicates],
        "scores": ParaphraseMiningEvaluator(by_id(range(80)), [write(pair) for pair in duplicates])(model),
    },
    "mse": {"scores": MSEEvaluator(texts, texts, teacher_model=Model(teacher))(model)},
    "informationRetrieval": {
        "queries": write(queries),
        "corpus": write(documents),
        "relevantDocs": {texts[q]: write(found) for q, found in relevant.items()},
        "scores": InformationRetrievalEvaluator(
            by_id(queries), by_id(documents), {texts[q]: set(write(found)) for q, found in relevant.items()},
            mrr_at_k=K, ndcg_at_k=K, accuracy_at_k=K, precision_recall_at_k=K, map_at_k=[5, 10, 20, 100],
            corpus_chunk_size=7,
        )(model),
    },
}  # fmt: skip
path = Path(__file__).resolve().parents[2] / "test/gold/evaluation/evaluators.json"
path.write_text(json.dumps(gold, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
