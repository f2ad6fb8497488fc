"""Hard negatives that sentence-transformers mines with the tiny models: test/gold/training/mining.json.gz.

For each case its options under their Python names, the columns and rows of the dataset that comes out, and what is
printed. Scores are float32 on the CPU. Needs `datasets` beside requirements.txt.
Limits: random sampling isn't seeded in Python and has no case; cases whose choice hangs on less than 2e-6 are refused here.

Run: python tools/gold/mining.py
"""

import contextlib
import gzip
import io
import json
import random

import torch
from datasets import Dataset
from models import FIXTURES, ROOT, SENTENCES, VERSIONS
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.util import mine_hard_negatives

chance = random.Random(16)
WORDS = sorted({word for text in SENTENCES for word in text.split() if word.isascii()})


def sentence(shortest, longest):
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(shortest, longest)))


QUERIES = [sentence(2, 6) for _ in range(30)]
POSITIVES = [sentence(3, 14) for _ in range(34)]
ROWS = [{"question": query, "answer": positive} for query, positive in zip(QUERIES, POSITIVES)]
# Several positives, one of them of two questions, and a row that stands twice.
ROWS += [{"question": QUERIES[at], "answer": POSITIVES[30 + at]} for at in range(4)]
ROWS += [{"question": QUERIES[7], "answer": POSITIVES[9]}, ROWS[5]]
CORPUS = [sentence(3, 14) for _ in range(25)] + [POSITIVES[3]]
FEW = ROWS[:4]

CASES = {
    "defaults": {},
    "another number": {"num_negatives": 5},
    "ranks": {"range_min": 2, "range_max": 8, "num_negatives": 4},
    "relative margin": {"relative_margin": 0.01},
    "absolute margin": {"absolute_margin": 0.02},
    "both margins": {"relative_margin": 0.015, "absolute_margin": 0.02},
    "max score": {"max_score": 0.97},
    "min score": {"min_score": 0.96},
    "all limits": {"relative_margin": 0.005, "absolute_margin": 0.002, "max_score": 0.99, "min_score": 0.9},
    "n-tuple": {"output_format": "n-tuple", "relative_margin": 0.01},
    "n-tuple with scores": {"output_format": "n-tuple", "output_scores": True, "num_negatives": 2},
    "triplet with scores": {"output_scores": True, "relative_margin": 0.01},
    "labeled pair": {"output_format": "labeled-pair", "relative_margin": 0.01},
    "labeled pair with scores": {"output_format": "labeled-pair", "output_scores": True, "max_score": 0.97},
    "labeled list": {"output_format": "labeled-list", "relative_margin": 0.01},
    "labeled list with scores": {"output_format": "labeled-list", "output_scores": True, "relative_margin": 0.01},
    "positives included": {"include_positives": True, "output_scores": True, "num_negatives": 8, "output_format": "n-tuple"},
    "corpus": {"corpus": CORPUS, "relative_margin": 0.01},
    "columns": {"anchor_column_name": "answer", "positive_column_name": "question"},
    "prompts": {"query_prompt": "find: ", "corpus_prompt": "the "},
    "names of prompts": {"model": "static", "query_prompt_name": "document", "corpus_prompt_name": "query"},
    "cross-encoder": {"cross_encoder": "bert-1", "absolute_margin": 0, "output_scores": True},
    "cross-encoder, min score": {"cross_encoder": "bert-1", "min_score": 0.3, "absolute_margin": 0.001},
    "few rows": {"rows": FEW, "num_negatives": 2, "relative_margin": 0.001},
    "euclidean": {"similarity": "euclidean", "relative_margin": 0.05, "output_scores": True},
    "dot of a static model": {"model": "static", "similarity": "dot", "relative_margin": 0.05, "output_scores": True},
}  # fmt: skip


def mine(case):
    options = dict(case)
    model = SentenceTransformer(
        str(FIXTURES / options.pop("model", "bert")), device="cpu", similarity_fn_name=options.pop("similarity", "cosine")
    )
    rows = options.pop("rows", ROWS)
    if "cross_encoder" in options:
        folder = ROOT / "test/fixtures/cross-encoders" / options["cross_encoder"]
        options["cross_encoder"] = CrossEncoder(str(folder), device="cpu")
    return mine_hard_negatives(Dataset.from_list(rows), model, **options)


def main():
    torch.manual_seed(0)
    cases = []
    for name, case in CASES.items():
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            mined = mine(case)
        result = {"columns": mined.column_names, "rows": [list(row.values()) for row in mined.to_list()]}
        print(f"{name}: {len(result['rows'])} rows")
        cases.append({"name": name, "case": case, **result, "printed": printed.getvalue().strip().split("\n")})
    path = ROOT / "test/gold/training/mining.json.gz"
    content = json.dumps({"versions": VERSIONS, "rows": ROWS, "cases": cases}, ensure_ascii=False)
    path.write_bytes(gzip.compress(content.encode(), mtime=0))


main()
