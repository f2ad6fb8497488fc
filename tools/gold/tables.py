"""Writes test/fixtures/tables/: the same four texts as Parquet files of each compression, texts with whole numbers as
labels, scored pairs of sentences, and an .npy file.

Run: python tools/gold/tables.py (pyarrow 26, numpy 2)
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(__file__).resolve().parents[2] / "test/fixtures/tables"
folder.mkdir(parents=True, exist_ok=True)
texts = ["He plays guitar.", "", "Ünïcödé 雪 🎸", "He plays guitar."]
table = pa.table({"id": [1, 2, 3, 4], "text": texts, "other": [None, "a", "b", None]})
for compression in ["none", "snappy", "gzip", "zstd"]:
    pq.write_table(table, folder / f"{compression}.parquet", compression=compression, row_group_size=3)
np.save(folder / "array.npy", np.array([[1, 2, 3], [-0.5, 1e-8, 3e8]], dtype=np.float32))
labels = pa.array([1, 0, 1, 0], pa.int64())
pq.write_table(pa.table({"text": texts, "label": labels}), folder / "labelled.parquet", compression="none")
pairs = {
    "sentence1": ["He plays guitar.", "Ünïcödé 雪", "A street vendor is outside."],
    "sentence2": ["A man plays the guitar.", "Snow", "Nobody is here."],
    "score": [4.5, 2.0, 0.25],
}
pq.write_table(pa.table(pairs), folder / "sts.parquet", compression="zstd")
