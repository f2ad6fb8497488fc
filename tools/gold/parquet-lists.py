"""Writes test/fixtures/tables/lists-*.parquet, columns of lists as Parquet has them and as older writers do, and lists.json.

Purpose: `lists-1` and `lists-2` are pyarrow's, by the version of their pages, with pages of a few values so that lists go on
from page to page; `lists-duckdb` and `lists-polars` are others' files of three levels. `lists-two-levels` is one of pyarrow's
whose footer is rewritten: the repeated element is the value, as parquet-avro and old parquet-mr have it, and a repeated column
without an annotation, as parquet-protobuf has it. `lists-struct` has the same levels under names that make structs of them.
Limits: none of these writers makes two levels any more, hence the rewriting.

Run: python tools/gold/parquet-lists.py (pyarrow 26, duckdb 2, polars 2)
"""

import json
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(__file__).resolve().parents[2] / "test/fixtures/tables"
count = 40
rows = range(count)
words = ["guitar", "Ünïcödé 雪", "", "a street vendor", "over and over"]


def text_list(i):
    if i % 9 == 4:
        return None
    return [None if (i + j) % 11 == 3 else words[(i + j) % 5] for j in range(i % 4)]


values = {
    "texts": [text_list(i) for i in rows],
    "whole": [[words[(i + j) % 5] for j in range(1 + i % 3)] for i in rows],
    "scores": [[j / 4 - i for j in range(i % 5)] for i in rows],
    "ints": [None if i % 7 == 2 else [(-1) ** j * (2**53 - 1) // (i + j + 1) for j in range(i % 3)] for i in rows],
    "flags": [[None if j == 2 else (i + j) % 2 == 0 for j in range(i % 4)] for i in rows],
    "nothing": [None if i % 2 else [] for i in rows],
    "long": [[f"text {j}" for j in range(100)] if i == 20 else [] for i in rows],
    "id": list(rows),
}
required = pa.field("element", pa.string(), nullable=False)
types = {
    "texts": pa.list_(pa.string()), "whole": pa.list_(required), "scores": pa.list_(pa.float64()),
    "ints": pa.list_(pa.int64()), "flags": pa.list_(pa.bool_()), "nothing": pa.list_(pa.string()),
    "long": pa.large_list(pa.string()), "id": pa.int64(),
}  # fmt: skip
schema = pa.schema([pa.field(name, type, nullable=name != "whole") for name, type in types.items()])
table = pa.table({name: pa.array(values[name], types[name]) for name in values}, schema=schema)
small = {"row_group_size": 25, "data_page_size": 48, "write_batch_size": 7}
pq.write_table(table, folder / "lists-1.parquet", compression="snappy", use_dictionary=["texts"], **small)
pq.write_table(
    table, folder / "lists-2.parquet", compression="zstd", data_page_version="2.0", use_dictionary=["texts"],
    column_encoding={"long": "DELTA_BYTE_ARRAY", "ints": "DELTA_BINARY_PACKED", "flags": "RLE"}, **small,
)  # fmt: skip
(folder / "lists.json").write_text(json.dumps(values, ensure_ascii=False) + "\n")

frame = pl.DataFrame({name: values[name] for name in ("texts", "scores", "ints")})
frame.write_parquet(folder / "lists-polars.parquet", compression="uncompressed", row_group_size=25)
arrow = table.select(["texts", "scores", "ints"])
duckdb.sql(f"copy (select * from arrow) to '{folder}/lists-duckdb.parquet' (format parquet)")


class Compact:
    """Thrift's compact protocol: a struct is a list of [id, type, value], a list [type, values]."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def value(self, kind):
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self.byte()
        if kind in (4, 5, 6):
            return self.varint()  # in zigzag
        if kind == 8:
            size = self.varint()
            self.at += size
            return self.data[self.at - size : self.at]
        if kind == 9:
            head = self.byte()
            size = self.varint() if head >> 4 == 15 else head >> 4
            return [head & 15, [self.value(head & 15) for _ in range(size)]]
        assert kind == 12, kind
        fields, last = [], 0
        while byte := self.byte():
            last = last + (byte >> 4) if byte >> 4 else self.varint() >> 1
            fields.append([last, byte & 15, self.value(byte & 15)])
        return fields


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def written(kind, value):
    if kind in (1, 2):
        return b""
    if kind == 3:
        return bytes([value])
    if kind in (4, 5, 6):
        return varint(value)
    if kind == 8:
        return varint(len(value)) + value
    if kind == 9:
        of, items = value
        head = bytes([len(items) << 4 | of]) if len(items) < 15 else bytes([0xF0 | of]) + varint(len(items))
        return head + b"".join(written(of, item) for item in items)
    data, last = b"", 0
    for id, of, item in value:
        data += bytes([(id - last) << 4 | of]) + written(of, item)
        last = id
    return data + b"\0"


def field(struct, wanted):
    return next(entry for entry in struct if entry[0] == wanted)


def paths(footer):
    """The paths of all chunks: RowGroup.columns, ColumnChunk.meta_data, ColumnMetaData.path_in_schema."""
    for group in field(footer, 4)[2][1]:
        for chunk in field(group, 1)[2][1]:
            yield field(field(chunk, 3)[2], 3)[2]


def rewritten(path, change):
    """Changes the footer of a file whose pages stay."""
    data = path.read_bytes()
    size = int.from_bytes(data[-8:-4], "little")
    footer = Compact(data[-8 - size : -8]).value(12)
    change(footer)
    new = written(12, footer)
    path.write_bytes(data[: -8 - size] + new + len(new).to_bytes(4, "little") + b"PAR1")


def without_middle(footer):
    """list<element> becomes a repeated element: of `texts` below its group, of `bare` in its place."""
    schema = field(footer, 2)[2]
    kept = []
    for element in schema[1]:  # SchemaElement: 3 repetition_type, 4 name; REPEATED is 2, in zigzag 4
        name = field(element, 4)[2]
        if name == b"list":
            continue
        if name == b"element":
            field(element, 3)[2] = 4
            if field(kept[-1], 4)[2] == b"bare":
                kept.pop()
                field(element, 4)[2] = b"bare"
        kept.append(element)
    schema[1] = kept
    for path in paths(footer):
        path[1] = [b"bare"] if path[1][0] == b"bare" else [name for name in path[1] if name != b"list"]


def as_struct(footer):
    """The repeated group gets a name that makes it the value itself."""
    for element in field(footer, 2)[2][1]:
        if field(element, 4)[2] == b"list":
            field(element, 4)[2] = b"array"
    for path in paths(footer):
        path[1] = [b"array" if name == b"list" else name for name in path[1]]


plain = {"compression": "none", "use_dictionary": False, "write_statistics": False, "store_schema": False}
two = pa.schema([pa.field("texts", pa.list_(required)), pa.field("bare", pa.list_(required), nullable=False)])
short = [None if i == 3 else values["whole"][i][: i % 3] for i in range(12)]
columns = {"texts": pa.array(short, two.field("texts").type), "bare": pa.array([v or [] for v in short], two.field("bare").type)}
for name, change in (("lists-two-levels", without_middle), ("lists-struct", as_struct)):
    pq.write_table(pa.table(columns, schema=two), folder / f"{name}.parquet", **plain)
    rewritten(folder / f"{name}.parquet", change)
(folder / "lists-two-levels.json").write_text(json.dumps({"texts": short, "bare": [v or [] for v in short]}, ensure_ascii=False) + "\n")

# Documents of queries with their labels, as ListNet takes them.
ranked = {
    "query": [f"query {i}" for i in range(8)],
    "docs": [None if i == 6 else [f"document {i} {j}" for j in range(1 + i % 3)] for i in range(8)],
    "labels": [None if i == 6 else [(i + j) % 2 for j in range(1 + i % 3)] for i in range(8)],
}
pq.write_table(pa.table(ranked), folder / "lists-ranked.parquet", compression="snappy", write_statistics=False, store_schema=False)
