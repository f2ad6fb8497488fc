"""Writes test/gold/evaluation/{ranking,pairs,labels}.json: rankings, scored pairs and labels with ties and edge cases,
and what pytrec_eval, scikit-learn and sentence-transformers make of them.

Run: python tools/gold/metrics.py (pytrec_eval-terrier 0.5.11, scikit-learn 1.9.1)
"""

import json
import random
import warnings
from pathlib import Path

import numpy as np
import pytrec_eval
import sentence_transformers
import sklearn
from sentence_transformers.sentence_transformer.evaluation import (
    BinaryClassificationEvaluator,
    InformationRetrievalEvaluator,
)
from sklearn import metrics

warnings.filterwarnings("ignore")
chance = random.Random(4)
versions = {
    "pytrec_eval-terrier": "0.5.11",
    "scikit-learn": sklearn.__version__,
    "sentence-transformers": sentence_transformers.__version__,
}
K = [1, 3, 5, 10, 100]


def mrr(grades, run):
    """MTEB's: the ranking by score alone, for runs without ties."""
    ranked = sorted(run, key=run.get, reverse=True)
    first = next((rank for rank, doc in enumerate(ranked, 1) if grades.get(doc, 0) > 0), None)
    return {k: 1 / first if first is not None and first <= k else 0.0 for k in K}


def ranking():
    """Scores with two decimals or one, so that many are equal; grades from -1 to 3; short runs; unjudged documents."""
    qrels, runs = {}, {}
    for query in range(60):
        documents = [f"d{i}" for i in range(chance.choice([3, 12, 150]))]
        graded = chance.random() < 0.5
        judged = chance.sample(documents, min(len(documents), chance.choice([1, 2, 5, 30])))
        qrels[f"q{query}"] = {doc: chance.choice([-1, 0, 1, 2, 3]) if graded else 1 for doc in judged}
        # Some relevant documents are never found.
        found = chance.sample(documents, max(1, int(len(documents) * chance.random())))
        runs[f"q{query}"] = {doc: round(chance.random(), chance.choice([1, 2, 9])) for doc in found}
    qrels["none relevant"] = {"d0": 0, "d1": -1}
    runs["none relevant"] = {"d0": 0.5, "d1": 0.25}
    measures = {f"{m}.{','.join(map(str, K))}" for m in ("ndcg_cut", "map_cut", "recall", "P", "success")}
    scores = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(runs)
    cases = []
    for query, run in runs.items():
        case = {"grades": qrels[query], "run": run, "scores": scores[query]}
        if len(set(run.values())) == len(run):
            case["mrr"] = mrr(qrels[query], run)
        cases.append(case)
    return cases


def information_retrieval():
    """sentence-transformers' means over queries with relevant documents, of binary grades and at most k of them."""
    queries = {f"q{i}": "" for i in range(20)}
    corpus = {f"d{i:03}": "" for i in range(120)}
    relevant = {q: set(chance.sample(list(corpus), chance.choice([1, 2, 7]))) for q in queries}
    evaluator = InformationRetrievalEvaluator(
        queries, corpus, relevant, mrr_at_k=K, ndcg_at_k=K, accuracy_at_k=K, precision_recall_at_k=K, map_at_k=[10, 100]
    )
    # Equal scores: its order is by ascending id.
    runs = [{doc: round(chance.random(), 1) for doc in corpus} for _ in queries]
    hits = [[{"corpus_id": doc, "score": score} for doc, score in run.items()] for run in runs]
    scores = evaluator.compute_metrics(hits)
    return {
        "runs": runs,
        "relevant": [sorted(relevant[query]) for query in queries],
        "scores": {name.replace("@k", f"@{k}"): float(v) for name, values in scores.items() for k, v in values.items()},
    }


def pairs():
    """Name of the case, scores, labels."""
    yield "one pair", [0.25], [1]
    yield "all labels 1", [0.1, 0.9, 0.5], [1, 1, 1]
    yield "all scores equal", [0.5] * 7, [1, 0, 0, 1, 0, 0, 0]
    yield "one score, mostly 1", [-0.5] * 4, [1, 1, 0, 1]
    yield "told apart", [0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0]
    yield "the wrong way round", [0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0]
    yield "negative scores", [-1.0, -3.5, -0.25, -7.0, -3.5], [1, 0, 1, 0, 1]
    yield "none is best", [3.0, 2.0, 1.0, 0.0, -1.0], [0, 0, 0, 1, 0]
    yield "none is best, all negative", [-1.0, -2.0, -3.0], [0, 0, 1]
    yield "none is best, up to 0", [0.0, -1.0, -2.0], [0, 0, 1]
    yield "neighbours", [1.0, float(np.nextafter(1, 2)), float(np.nextafter(1, 0))], [0, 1, 1]
    for size in (5, 20, 200):
        for decimals in (1, 2, 12):
            labels = [int(chance.random() < 0.4) for _ in range(size)]
            labels[0] = 1
            scores = [round(chance.gauss(label, 1), decimals) for label in labels]
            yield f"{size} pairs, {decimals} decimals", scores, labels


def judge_pairs(name, scores, labels):
    scores, labels = np.array(scores), np.array(labels)
    accuracy, accuracy_threshold = BinaryClassificationEvaluator.find_best_acc_and_threshold(scores, labels, True)
    f1, precision, recall, threshold = BinaryClassificationEvaluator.find_best_f1_and_threshold(scores, labels, True)
    return {
        "name": name, "scores": scores.tolist(), "labels": labels.tolist(),
        "averagePrecision": float(metrics.average_precision_score(labels, scores)),
        "accuracy": float(accuracy), "accuracyThreshold": float(accuracy_threshold),
        "f1": float(f1), "precision": float(precision), "recall": float(recall), "f1Threshold": float(threshold),
        "mcc": float(metrics.matthews_corrcoef(labels, scores >= threshold)),
    }  # fmt: skip


def labels():
    yield [0], [0]
    yield [0, 0, 0], [0, 0, 0]
    yield [0, 0, 0], [0, 1, 2]
    yield [0, 1, 2], [0, 0, 0]
    yield [0, 0, 1, 1], [1, 1, 0, 0]
    yield [0, 0, 1, 1], [0, 1, 0, 1]
    yield [0, 1, 2, 3], [4, 5, 6, 7]
    for size, classes, clusters in ((10, 2, 3), (50, 5, 5), (300, 20, 15), (300, 3, 40)):
        gold = [chance.randrange(classes) for _ in range(size)]
        yield gold, [label if chance.random() < 0.6 else chance.randrange(clusters) for label in gold]
        yield gold, [chance.randrange(clusters) for _ in range(size)]


def judge_labels(gold, given):
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(gold, given)
    return {
        "gold": gold, "given": given,
        "homogeneity": float(homogeneity), "completeness": float(completeness), "vMeasure": float(v_measure),
        "accuracy": float(metrics.accuracy_score(gold, given)),
        "macroF1": float(metrics.f1_score(gold, given, average="macro")),
    }  # fmt: skip


def write(name, value):
    path = Path(__file__).resolve().parents[2] / "test/gold/evaluation" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"versions": versions, **value}, indent=None, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)


write("ranking.json", {"cutoffs": K, "cases": ranking(), "informationRetrieval": information_retrieval()})
write("pairs.json", {"cases": [judge_pairs(*case) for case in pairs()]})
write("labels.json", {"cases": [judge_labels(*case) for case in labels()]})
