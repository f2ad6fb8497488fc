"""Writes test/fixtures/tables/kept-*.parquet: columns of all types that `hpd encode` keeps, written by pyarrow and by DuckDB, and one with others.

Run: python tools/gold/parquet-kept.py (pyarrow 26, duckdb 2)
"""

import datetime as dt
import decimal
import uuid
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(__file__).resolve().parents[2] / "test/fixtures/tables"
count = 40


def some(i: int, value):
    return None if i % 7 == 3 else value


def wide(i: int, digits: int, scale: int) -> decimal.Decimal:
    sign = "-" if i % 2 else ""
    return decimal.Decimal(f"{sign}{10 ** (digits - 1) + i * 997}").scaleb(-scale, decimal.Context(prec=80))


day = dt.date(1969, 12, 20)
zone = dt.timezone.utc
moment = dt.datetime(1969, 12, 31, 23, 59, 58, 999_987)
columns = {
    "text": (pa.string(), [f"text number {i}" for i in range(count)]),
    "day": (pa.date32(), [some(i, day + dt.timedelta(days=i * 1_000)) for i in range(count)]),
    "time_ms": (pa.time32("ms"), [some(i, dt.time(i % 24, 59, i, 123_000)) for i in range(count)]),
    "time_us": (pa.time64("us"), [some(i, dt.time(i % 24, 59, i, 123_456)) for i in range(count)]),
    "ms": (pa.timestamp("ms"), [some(i, moment.replace(microsecond=987_000) + dt.timedelta(seconds=i)) for i in range(count)]),
    "us": (pa.timestamp("us"), [some(i, moment + dt.timedelta(days=i)) for i in range(count)]),
    "ns": (pa.timestamp("ns"), pa.array([some(i, i * 10**15 - 1) for i in range(count)], pa.int64()).cast(pa.timestamp("ns"))),
    "utc": (pa.timestamp("us", tz="UTC"), [some(i, (moment + dt.timedelta(hours=i)).replace(tzinfo=zone)) for i in range(count)]),
    "small": (pa.decimal128(9, 2), [some(i, wide(i, 9, 2)) for i in range(count)]),
    "middle": (pa.decimal128(18, 0), [some(i, wide(i, 18, 0)) for i in range(count)]),
    "large": (pa.decimal128(38, 10), [some(i, wide(i, 38, 10)) for i in range(count)]),
    "texts": (pa.list_(pa.string()), [some(i, [f"é{i}", None, "b"][: i % 4]) for i in range(count)]),
    "integers": (pa.list_(pa.int32()), [some(i, list(range(i % 4)) + [None]) for i in range(count)]),
    "days": (pa.list_(pa.date32()), [some(i, [day] * (i % 3)) for i in range(count)]),
    "halves": (pa.float32(), [some(i, i / 2) for i in range(count)]),
    "nothing": (pa.null(), [None] * count),
}
table = pa.table({name: pa.array(values, kind) if isinstance(values, list) else values for name, (kind, values) in columns.items()})
pq.write_table(table, folder / "kept-pyarrow.parquet", row_group_size=25)
old = table.select(["text", "us", "middle"])
pq.write_table(old, folder / "kept-int96.parquet", use_deprecated_int96_timestamps=True, store_schema=False)
others = table.select(["text", "day"])
others = others.append_column("person", pa.array([{"name": "a"}] * count))
others = others.append_column("map", pa.array([[("a", 1)]] * count, pa.map_(pa.string(), pa.int32())))
others = others.append_column("lists", pa.array([[[1]]] * count))
pq.write_table(others, folder / "kept-others.parquet")

ids = [str(uuid.UUID(int=i * 10**30 + 5)) for i in range(count)]
rows = duckdb.sql(
    f"""SELECT 'text number ' || i AS text, list_value({", ".join(f"'{each}'" for each in ids)})[i + 1]::UUID AS uuid,
        DATE '1969-12-20' + i::INTEGER * 1000 AS day, TIME '01:02:03.456789' + i * INTERVAL 1 MINUTE AS time,
        TIMESTAMP '1969-12-31 23:59:58.999987' + i * INTERVAL 1 DAY AS us,
        TIMESTAMPTZ '1969-12-31 23:59:58.999987+00' + i * INTERVAL 1 HOUR AS utc,
        TIMESTAMP_NS '1969-12-31 23:59:58.999987654' AS ns,
        (i * 997 - 500)::DECIMAL(9, 2) AS small, (i * 997 - 500)::DECIMAL(38, 10) / 7 AS quotient,
        (i * 997 - 500)::DECIMAL(38, 10) AS large, ['é' || i, NULL] AS texts, [i, -i]::BIGINT[] AS integers,
        [1.5, i]::DOUBLE[2] AS pair, i % 2 = 0 AS even, i::UTINYINT AS byte
        FROM range({count}) AS rows(i)"""
)
rows.write_parquet(str(folder / "kept-duckdb.parquet"))
