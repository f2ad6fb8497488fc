"""Whether pyarrow, DuckDB and Polars read the same rows out of the Parquet shards of `hpd encode`. See README.md."""

import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

root = Path(__file__).resolve().parents[2]
hpd = ["node", "--conditions=hpd-source", str(root / "src/cli/main.ts")]
model = str(root / "test/fixtures/models/bert")
arrow = {"float32": pa.float32(), "float16": pa.float16(), "int8": pa.int8()}
rows = [
    '{"id": %d, "text": "the brown fox %d", "score": %s, "ok": %s, "tags": %s, "ünï": %s}'
    % (i, i % 7, i / 7, "true" if i % 2 else "false", "[1, 2]" if i % 3 else "null", "null" if i % 5 else '"雪"')
    for i in range(500)
]


def plain(table: pa.Table) -> list:
    """The rows, with nanoseconds as numbers: Python's times have none."""
    for at, field in enumerate(table.schema):
        if field.type == pa.timestamp("ns"):
            table = table.set_column(at, field.name, table[field.name].cast(pa.int64()))
    return table.to_pylist()


def same(name: str, is_true: bool) -> None:
    print(f"{'ok    ' if is_true else 'FAILED'}  {name}")
    if not is_true:
        sys.exit(1)


with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "rows.jsonl").write_text("\n".join(rows) + "\n")
    for precision, element in arrow.items():
        out = f"{folder}/{precision}"
        args = ["encode", f"{folder}/rows.jsonl", "--output", out, "--shards", "3", "--precision", precision]
        subprocess.run([*hpd, *args, "--model", model, "--quiet"], check=True, cwd=root)
        files = sorted(str(file) for file in Path(out).glob("*.parquet"))
        # Checksums of pages are checked, too.
        table = pa.concat_tables([pq.read_table(file, page_checksum_verification=True) for file in files])
        field = table.schema.field("embedding").type
        same(f"{precision}: pyarrow has {field}", pa.types.is_fixed_size_list(field) and field.value_type == element)
        expected = np.array(table["embedding"].combine_chunks().flatten()).reshape(len(rows), field.list_size)
        same(f"{precision}: in order", table["id"].to_pylist() == list(range(len(rows))))
        scan = f"read_parquet('{out}/*.parquet')"
        lists = duckdb.sql(f"SELECT embedding FROM {scan} ORDER BY id").fetchnumpy()["embedding"]
        same(f"{precision}: DuckDB", np.array_equal(np.stack([np.array(each) for each in lists]), expected))
        cells = duckdb.sql(f"SELECT id, text, score, ok, tags, ünï FROM {scan} ORDER BY id").fetchall()
        names = ["id", "text", "score", "ok", "tags", "ünï"]
        same(f"{precision}: columns", cells == [tuple(row[name] for name in names) for row in table.to_pylist()])
        frame = pl.read_parquet(f"{out}/*.parquet").sort("id")
        same(f"{precision}: Polars has {frame.schema['embedding']}", isinstance(frame.schema["embedding"], pl.Array))
        same(f"{precision}: and the same", np.array_equal(np.stack(frame["embedding"].to_numpy()), expected))

    # Columns of other writers keep their types and values.
    tables = root / "test/fixtures/tables"
    for name in ["kept-pyarrow", "kept-duckdb"]:
        source = tables / f"{name}.parquet"
        out = f"{folder}/{name}"
        args = ["encode", str(source), "--output", out, "--shards", "2", "--model", model, "--quiet"]
        subprocess.run([*hpd, *args], check=True, cwd=root)
        subprocess.run([*hpd, "encode", "--join", out, "--output", f"{out}.parquet", "--quiet"], check=True, cwd=root)
        before = pq.read_table(source)
        for label, after in [
            ("shards", pa.concat_tables([pq.read_table(file) for file in sorted(Path(out).glob("*.parquet"))])),
            ("joined", pq.read_table(f"{out}.parquet")),
        ]:
            kept = after.select(before.schema.names)
            same(f"{name}, {label}: pyarrow has the values", plain(kept) == plain(before))
            types = {field.name: (str(field.type), str(kept.schema.field(field.name).type)) for field in before.schema}
            print("       ", ", ".join(f"{key} {a if a == b else f'{a} as {b}'}" for key, (a, b) in types.items()))
        columns = ", ".join(f'"{each}"' for each in before.schema.names)
        scans = [f"read_parquet('{place}')" for place in (source, f"{out}/*.parquet", f"{out}.parquet")]
        cells = [duckdb.sql(f"SELECT {columns} FROM {scan} ORDER BY text").fetchall() for scan in scans]
        same(f"{name}: DuckDB has the values", cells[0] == cells[1] == cells[2])
        described = [duckdb.sql(f"DESCRIBE SELECT {columns} FROM {scan}").fetchall() for scan in scans]
        print("       ", ", ".join(f"{a[0]} {a[1]}{'' if a[1] == b[1] else f' as {b[1]}'}" for a, b in zip(*described[:2])))
        frames = [pl.read_parquet(place, columns=before.schema.names).sort("text") for place in (source, f"{out}.parquet")]
        same(f"{name}: Polars has the values", frames[0].rows() == frames[1].rows())
