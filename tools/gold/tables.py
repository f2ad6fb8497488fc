"""Writes test/fixtures/tables/: the same four texts as Parquet files of each compression, texts with whole numbers as
labels, scored pairs of sentences, columns of every type and encoding, DuckDB's files, and an .npy file.

Run: python tools/gold/tables.py (pyarrow 26, numpy 2, duckdb 2)
"""

import json
from decimal import Decimal
from pathlib import Path

import duckdb
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

# Every type that holds a text or a number, as the second version of Parquet has it, too; pages of a few values.
count = 40
rows = range(count)
words = [None if i % 7 == 3 else f"text {i % 5} Ünïcödé 雪" for i in rows]
columns = {
    "text": pa.array(words),
    "dictionary": pa.array(words).dictionary_encode(),
    "same": pa.array(["same"] * count),
    "sorted": pa.array([f"prefix/{i:04d}" for i in rows]),
    "nulls": pa.array([None] * count, pa.string()),
    "int8": pa.array([i - 20 for i in rows], pa.int8()),
    "int32": pa.array([None if i == 5 else (-1) ** i * (2**31 - 1) // (i + 1) for i in rows], pa.int32()),
    "int64": pa.array([(-1) ** i * (2**53 - 1) // (i + 1) for i in rows], pa.int64()),
    "uint32": pa.array([2**32 - 1 - i for i in rows], pa.uint32()),
    "float": pa.array([i / 4 - 3 for i in rows], pa.float32()),
    "double": pa.array([i / 10 for i in rows], pa.float64()),
    "half": pa.array([i / 4 for i in rows], pa.float16()),
    "decimal": pa.array([Decimal(i * 101) / 100 for i in rows], pa.decimal128(12, 2)),
    "bool": pa.array([None if i == 9 else i % 3 == 0 for i in rows]),
}
encodings = {
    "text": "DELTA_LENGTH_BYTE_ARRAY",
    "sorted": "DELTA_BYTE_ARRAY",
    "int32": "DELTA_BINARY_PACKED",
    "int64": "DELTA_BINARY_PACKED",
    "float": "BYTE_STREAM_SPLIT",
    "bool": "RLE",
}
types = pa.table(columns)
settings = {"row_group_size": 25, "data_page_size": 64, "write_batch_size": 8}
pq.write_table(types, folder / "types-1.parquet", compression="lz4", **settings)
pq.write_table(
    types,
    folder / "types-2.parquet",
    compression="brotli",
    data_page_version="2.0",
    use_dictionary=["dictionary", "same"],
    column_encoding=encodings,
    **settings,
)
expected = {name: [float(x) if isinstance(x, Decimal) else x for x in values.to_pylist()] for name, values in columns.items()}
(folder / "types.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
nested = {"list": [[1], []], "struct": [{"a": 1}, None], "time": pa.array([1, 2], pa.timestamp("us")), "bytes": pa.array([b"ab", b"cd"], pa.binary(2))}
pq.write_table(pa.table(nested), folder / "nested.parquet", compression="none")
# Bytes of which nothing says what they are: some are texts of old writers, some pictures.
plain = {"text": ["one", "two"], "old": pa.array([b"three", b"four"]), "image": pa.array([b"\xff\xd8", b"ab"])}
pq.write_table(pa.table(plain), folder / "bytes.parquet", compression="none", store_schema=False)

# DuckDB fills packed bits up to 32 values.
for version in ["v1", "v2"]:
    duckdb.sql(f"""copy (
        select case when i % 3 <> 1 then 'text ' || (i % 4) end as text, (i % 5)::utinyint as label, i / 4 as score
        from range(10) rows(i)
    ) to '{folder}/duckdb-{version}.parquet' (format parquet, parquet_version {version})""")
