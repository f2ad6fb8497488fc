"""Makes CSV, TSV and JSONL by chance, and says what Python reads of them: lines of {kind, content, rows | null}.

Null is what has to be refused: a quotation mark that is never closed, where Python's csv takes the rest for a cell; a line
that is no JSON object. Rows of another length than the header are in `odd`, for they are refused one by one. `--pandas`
says where pandas reads CSV otherwise than csv.

Run: python tools/fuzz/python/rows.py COUNT SEED [--pandas] > cases.jsonl (Python 3.11; pandas 3)
"""

import csv
import io
import json
import random
import sys

csv.field_size_limit(10**9)
count, seed = int(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)
ends = ["\n", "\r\n", "\r"]


def table(kind):
    delimiter = "\t" if kind == "tsv" else ","
    characters = ["a", "b", " ", delimiter, '"', "é", "🎸", "\u2028", "\ufeff", ",", "\t", *ends]
    if chance.random() < 0.3:
        return "".join(chance.choices(characters, k=chance.randint(0, 30)))
    columns = chance.randint(1, 4)
    end = chance.choices(ends, [6, 3, 1])[0]
    lines = []
    for row in range(chance.randint(1, 6)):
        cells = []
        for column in range(columns + (chance.random() < 0.03) - (chance.random() < 0.03)):
            cell = "".join(chance.choices(characters, [8, 8, 2, 1, 2, 2, 1, 1, 0.2, 1, 1, 1, 1, 1], k=chance.randint(0, 6)))
            if row == 0:
                cell = f"{cell}{column}"
            if kind == "csv" and chance.random() < 0.8:
                cell = '"' + cell.replace('"', '""') + '"'
            elif chance.random() < 0.9:
                cell = cell.replace(delimiter, "").replace("\n", "").replace("\r", "").replace('"', "")
            cells.append(cell)
        lines.append(delimiter.join(cells) + (chance.choice(ends) if chance.random() < 0.2 else end))
    content = "".join(lines)
    return content if chance.random() < 0.7 else content.rstrip("\r\n")


def read_table(content, kind):
    settings = {"quoting": csv.QUOTE_NONE, "delimiter": "\t"} if kind == "tsv" else {}

    def records(text):
        return [record for record in csv.reader(io.StringIO(text, newline=""), **settings) if record]

    if kind == "csv" and records(content + "\nZ")[-1] != ["Z"]:
        return None, 0
    header, *rows = records(content) or [[]]
    even = [row for row in rows if len(row) == len(header)]
    return [dict(zip(header, row)) for row in even], len(rows) - len(even)


def read_pandas(content):
    import pandas

    frame = pandas.read_csv(io.StringIO(content, newline=""), dtype=str, keep_default_na=False, index_col=False)
    return [list(row) for row in frame.itertuples(index=False)]


def value(depth=0):
    kind = chance.randrange(8 if depth < 3 else 6)
    if kind == 0:
        return chance.choice([0, -1, 2**53 + 1, 10**40, 1.5e300, 0.1, -0.0])
    if kind == 1:
        return chance.choice([True, False, None])
    if kind < 6:
        return "".join(chance.choices(["a", '"', "\\", "\n", "é", "🎸", "\u2028", "\x07", "\ud800"], k=chance.randint(0, 6)))
    if kind == 6:
        return [value(depth + 1) for _ in range(chance.randint(0, 3))]
    return {value_key(): value(depth + 1) for _ in range(chance.randint(0, 3))}


def value_key():
    return chance.choice(["text", "constructor", "__proto__", "", "a", "é", "1"])


def jsonl():
    lines = []
    for _ in range(chance.randint(1, 4)):
        row = {value_key(): value() for _ in range(chance.randint(0, 4))}
        lines.append(json.dumps(row, ensure_ascii=chance.random() < 0.5))
    content = "".join(line + chance.choice(["\n", "\r\n", "\n\n"]) for line in lines)
    if chance.random() < 0.5:
        at = chance.randrange(len(content))
        content = content[:at] + chance.choice(['"', "\\", "{", "}", "[", ",", "1", "\u00e9", "", "\t", "NaN", "+1", "01"]) + content[at + 1 :]
    # Files are UTF-8, which has no half characters but as escapes.
    return content.encode("utf-8", "replace").decode()


def refuse(constant):
    raise ValueError(constant)


def read_jsonl(content):
    rows = []
    for line in content.split("\n"):
        if line.strip() == "":
            continue
        try:
            row = json.loads(line, parse_constant=refuse)
        except ValueError:
            return None
        if not isinstance(row, dict):
            return None
        rows.append({key: field for key, field in row.items() if isinstance(field, str)})
    return rows


for _ in range(count):
    kind = chance.choice(["csv", "csv", "tsv", "jsonl"])
    content = jsonl() if kind == "jsonl" else table(kind)
    text = content.removeprefix("\ufeff")
    rows, odd = (read_jsonl(text), 0) if kind == "jsonl" else read_table(text, kind)
    print(json.dumps({"kind": kind, "content": content, "rows": rows, "odd": odd}))
    if "--pandas" in sys.argv and kind == "csv" and rows and odd == 0 and not content.startswith("\ufeff"):
        try:
            frame = read_pandas(content)
        except Exception as error:
            print("pandas:", str(error)[:100], json.dumps(content), file=sys.stderr)
            continue
        # pandas passes over lines of white space.
        if frame != [list(row) for row in csv.reader(io.StringIO(content, newline="")) if row][1:]:
            print("pandas reads", json.dumps(content), "as", json.dumps(frame), file=sys.stderr)
