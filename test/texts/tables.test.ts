/** The records of CSV and TSV, as Python's `csv` gives them. */
import { describe, expect, test } from "vitest";
import type { HpdError } from "../../src/errors.ts";
import type { Row } from "../../src/texts/source.ts";
import { rowsOfTable } from "../../src/texts/table.ts";

async function rowsOf(
  content: string,
  { delimiter = ",", step = content.length, columns = ["text"], onBadRow }: Partial<Options> = {},
): Promise<Row[]> {
  const pieces = Array.from({ length: Math.ceil(content.length / (step || 1)) }, (_, index) =>
    content.slice(index * step, (index + 1) * step),
  );
  const options = { delimiter, columns, name: "a.csv", hint: "", onHeader() {}, onBadRow };
  const rows: Row[] = [];
  for await (const row of rowsOfTable(toAsync(pieces), options)) rows.push(row);
  return rows;
}

interface Options {
  delimiter: "," | "\t";
  step: number;
  columns: string[];
  onBadRow: (problem: HpdError) => void;
}

async function* toAsync<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

const texts = (rows: Row[], column = "text") => rows.map(({ values }) => values[column]);

describe("line ends", () => {
  // Every header and every row may end in its own way: the rows are always these.
  const ends = ["\n", "\r\n", "\r"];
  const cases = ends.flatMap((first) => ends.flatMap((second) => ends.map((third) => [first, second, third] as const)));

  test.each(cases)("%j, %j and %j in one file", async (first, second, third) => {
    for (const step of [1, 2, 3, 100]) {
      const csv = `id,text${first}1,a cat${second}${third}2,"a ""dog"""${third}"3","a\r\nb\nc\rd"${first}4,`;
      const rows = await rowsOf(csv, { step });
      expect(texts(rows)).toEqual(["a cat", 'a "dog"', "a\r\nb\nc\rd", ""]);
      expect(rows.map((row) => row.raw)).toEqual(["1,a cat", '2,"a ""dog"""', '"3","a\r\nb\nc\rd"', "4,"]);
      // CR and LF together are one line end.
      const blank = second === "\r" && third === "\n" ? 0 : 1;
      expect(rows.map((row) => [row.firstLine, row.number])).toEqual([
        [2, 2],
        [3 + blank, 3 + blank],
        [4 + blank, 7 + blank],
        [8 + blank, 8 + blank],
      ]);
      const tsv = `text\tid${first}"a\t1${second}b\t2${third}`;
      expect(texts(await rowsOf(tsv, { delimiter: "\t", step }))).toEqual(['"a', "b"]);
    }
  });
});

test.each([
  // What Python's csv makes of quotation marks where no quoting begins or ends.
  ['5" pipe', '5" pipe'],
  ['"a"b', "ab"],
  ['"a"b"c"', 'ab"c"'],
  ['"a" "b"', 'a "b"'],
  ['""""', '"'],
  ['""', ""],
  ['a""b', 'a""b'],
  [' "a"', ' "a"'],
])("the cell %s", async (cell, expected) => {
  for (const step of [1, 100]) {
    expect(texts(await rowsOf(`text,id\n${cell},1\n`, { step }))).toEqual([expected]);
    expect(texts(await rowsOf(`id,text\n1,${cell}`, { step }))).toEqual([expected]);
  }
});

test("a row with another number of cells is refused with its line, or told and passed over", async () => {
  const csv = 'id,text\r\n1,"a\n\nb"\n2\n3,c\n4,d,e\n5,f\n';
  await expect(rowsOf(csv)).rejects.toMatchObject({
    code: "corrupt_file",
    message: "a.csv, line 5: expected 2 cells as in the header, got 1",
  });
  const problems: string[] = [];
  const rows = await rowsOf(csv, { onBadRow: ({ message }) => problems.push(message) });
  expect(texts(rows)).toEqual(["a\n\nb", "c", "f"]);
  expect(problems).toEqual([
    "a.csv, line 5: expected 2 cells as in the header, got 1",
    "a.csv, line 7: expected 2 cells as in the header, got more",
  ]);
});

test("a quotation mark that is never closed is refused with its line", async () => {
  await expect(rowsOf('text\na\n"b\nc\n')).rejects.toMatchObject({
    code: "corrupt_file",
    message: "a.csv, line 3: a cell begins with a quotation mark that is never closed",
  });
});

test.each(["constructor", "toString", "__proto__", "hasOwnProperty", ""])("a column called %j", async (column) => {
  const rows = await rowsOf(`id,${column}\n1,a\n`, { columns: [column] });
  expect(rows.map(({ values }) => Object.entries(values))).toEqual([
    [
      ["id", "1"],
      [column, "a"],
    ],
  ]);
  await expect(rowsOf("id,text\n1,a\n", { columns: [column] })).rejects.toMatchObject({ code: "invalid_argument" });
});

test("a header of ten million columns is refused", async () => {
  await expect(rowsOf(",".repeat(10_000_000), { step: 65_536 })).rejects.toMatchObject({ code: "corrupt_file" });
  await expect(rowsOf(`text\n${",".repeat(10_000_000)}`, { step: 65_536 })).rejects.toThrow(/line 2: expected 1 cells/);
});

test.each<[header: string, delimiter: "," | "\t", columns: string[], problem: string]>([
  ["text;label", ",", ["text"], "a.csv has semicolons between its columns, not commas: write it with commas"],
  ["sentence;label", ",", ["text"], "a.csv has semicolons between its columns, not commas: write it with commas"],
  ['"text";"label"', ",", [], "a.csv has semicolons between its columns, not commas: write it with commas"],
  ["text|label", ",", ["label"], "a.csv has vertical bars between its columns, not commas: write it with commas"],
  ["text\tlabel", ",", ["text"], "a.csv has tabs between its columns, not commas: name it .tsv, or give tsv as"],
  ["text,label", "\t", ["text"], "a.csv has commas between its columns, not tabs: name it .csv, or give csv as"],
  ["word", ",", ["text"], 'a.csv has no column "text", only word'],
  ["text,id,text", ",", ["text"], 'a.csv has 2 columns "text", of which one is meant: give the others names of their'],
])("the header %j between %j is refused for the columns %j", async (header, delimiter, columns, problem) => {
  const reading = rowsOf(`${header}\na cat\n`, { delimiter, columns });
  await expect(reading).rejects.toThrow(problem);
  await expect(reading).rejects.not.toThrow("--field");
});

test("a header of one cell with such a character is a column's name where it is asked for, or may be a sentence", async () => {
  expect(texts(await rowsOf("a;b\nx\n", { columns: ["a;b"] }), "a;b")).toEqual(["x"]);
  expect(await rowsOf("Well, yes\nx\n", { delimiter: "\t", columns: [] })).toHaveLength(1);
});
