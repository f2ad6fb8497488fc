"""Writes Parquet files of every type that holds texts or numbers, of all codecs, encodings and both versions of pages, with
expected.json: what pyarrow reads of them.

Run: python tools/fuzz/python/parquet.py FOLDER [ROWS] [SEED] (pyarrow 26)
"""

import json
import random
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
folder.mkdir(parents=True, exist_ok=True)
words = ["alpha", "beta", "Ünïcödé", "雪", "🎸", ",", '"', "\n", "end"]
codecs = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
integers = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in [8, 16, 32, 64]},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in [8, 16, 32, 64]},
}
encodings = {
    "DELTA_BINARY_PACKED": ["int8", "int32", "int64", "uint64", "seq"],
    "DELTA_LENGTH_BYTE_ARRAY": ["text", "sorted", "few", "nulls"],
    "DELTA_BYTE_ARRAY": ["text", "sorted", "few", "same", "nulls"],
    "BYTE_STREAM_SPLIT": ["float", "double", "int32", "int64", "half"],
    "RLE": ["bool"],
}


def text():
    return " ".join(chance.choices(words, k=chance.randint(0, 6)))


def table(has_nulls):
    def some(value, type):
        return pa.array([None if has_nulls and chance.random() < 0.3 else value() for _ in range(count)], type)

    columns = {
        "text": some(text, pa.string()),
        "large": some(text, pa.large_string()),
        "few": some(lambda: chance.choice(["a", "bb", "ccc"]), pa.string()),
        "same": some(lambda: "same", pa.string()),
        "dictionary": some(lambda: chance.choice(["x", "y"]), pa.string()).dictionary_encode(),
        "sorted": pa.array(f"prefix/{i:06d}" for i in range(count)),
        "nulls": pa.array([None] * count, pa.string()),
        "seq": pa.array(range(count), pa.int64()),
        "float": some(lambda: chance.choice([0.5, -1.25, 2.0**40, 0.0]), pa.float32()),
        "double": some(lambda: chance.choice([0.1, -1e300, chance.random()]), pa.float64()),
        "half": some(lambda: chance.choice([0.5, -2.0, 1.0]), pa.float16()),
        "bool": some(lambda: chance.random() < 0.5, pa.bool_()),
        "decimal": some(lambda: Decimal(chance.randint(-(10**8), 10**8)) / 100, pa.decimal128(12, 2)),
        "wide": some(lambda: Decimal(chance.randint(-(10**8), 10**8)) / 100, pa.decimal128(30, 2)),
    }
    for name, (low, high) in integers.items():
        columns[name] = some(lambda: chance.choice([low, high, 0, 1, chance.randint(low, high)]), getattr(pa, name)())
    return pa.table(columns)


def plain(value):
    """Whole numbers as texts: JSON's are not exact."""
    if isinstance(value, Decimal):
        return {"number": float(value)}
    return {"integer": str(value)} if isinstance(value, int) and not isinstance(value, bool) else value


files = []


def write(rows, **settings):
    file = f"{len(files)}.parquet"
    pq.write_table(rows, folder / file, **settings)
    read = pq.read_table(folder / file)
    columns = {name: [plain(value) for value in read[name].to_pylist()] for name in read.column_names}
    files.append({"file": file, "settings": str(settings), "columns": columns})


for version in ["1.0", "2.0"]:
    for has_nulls in [False, True]:
        for codec in codecs:
            for has_dictionary in [False, True]:
                write(
                    table(has_nulls),
                    compression=codec,
                    data_page_version=version,
                    use_dictionary=has_dictionary,
                    row_group_size=max(1, count // 2),
                    data_page_size=chance.choice([64, 1000, 2**20]),
                )
        for encoding, columns in encodings.items():
            write(
                table(has_nulls).select(columns),
                use_dictionary=False,
                column_encoding=dict.fromkeys(columns, encoding),
                data_page_version=version,
                data_page_size=200,
                compression=chance.choice(codecs),
            )
    required = pa.schema([pa.field("text", pa.string(), False), pa.field("int32", pa.int32(), False)])
    write(pa.table([[text() for _ in range(count)], list(range(count))], required), data_page_version=version)
write(pa.table({"text": pa.array([], pa.string())}))
write(pa.table({"__proto__": ["a", "b"], "constructor": ["c", None], "a.b": ["x", "y"]}))
write(pa.table({"text": ["x" * 3_000_000, "y"]}))
(folder / "expected.json").write_text(json.dumps(files))
