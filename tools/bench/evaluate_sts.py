"""The seven STS tasks of `hpd evaluate` as a user of sentence-transformers would score them: one
EmbeddingSimilarityEvaluator a task, all else by default. Prints the scores x 100 as JSON.

Arguments: model folder, data folder with `sts/` and `sick/` in SentEval's layout.
"""

import csv
import json
import sys
from pathlib import Path

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator

YEARS = {
    "STS12": ["MSRpar", "MSRvid", "SMTeuroparl", "surprise.OnWN", "surprise.SMTnews"],
    "STS13": ["FNWN", "headlines", "OnWN"],
    "STS14": ["deft-forum", "deft-news", "headlines", "images", "OnWN", "tweet-news"],
    "STS15": ["answers-forums", "answers-students", "belief", "headlines", "images"],
    "STS16": ["answer-answer", "headlines", "plagiarism", "postediting", "question-question"],
}


def year(folder, subsets):
    for subset in subsets:
        sentences = (folder / f"STS.input.{subset}.txt").read_text(encoding="utf-8").splitlines()
        scores = (folder / f"STS.gs.{subset}.txt").read_text(encoding="utf-8").splitlines()
        for line, score in zip(sentences, scores, strict=True):
            if score.strip():
                yield *line.split("\t")[:2], float(score)


def table(file, columns, skip):
    with file.open(encoding="utf-8", newline="") as lines:
        for row in list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[skip:]:
            first, second, score = (row[column] for column in columns)
            yield first, second, float(score)


folder, data = sys.argv[1], Path(sys.argv[2])
model = SentenceTransformer(folder, device="cpu", local_files_only=True)
tasks = {name: year(data / "sts" / f"{name}-en-test", subsets) for name, subsets in YEARS.items()}
tasks["STS-B"] = table(data / "sts/STSBenchmark/sts-test.csv", (5, 6, 4), 0)
tasks["SICK-R"] = table(data / "sick/SICK_test_annotated.txt", (1, 2, 3), 1)
scores = {}
for name, pairs in tasks.items():
    evaluator = EmbeddingSimilarityEvaluator(*map(list, zip(*pairs)), similarity_fn_names=["cosine"], write_csv=False)
    scores[name] = 100 * float(evaluator(model)["spearman_cosine"])
print(json.dumps(scores))
