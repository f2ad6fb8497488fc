/** What `hpd encode` reads. */
import { getEventListeners } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { openRows, rowFormatOf } from "../../src/texts/open-rows.ts";
import { type InputFormat, openTexts } from "../../src/texts/open-texts.ts";
import { numberOf, textOf } from "../../src/texts/row.ts";
import { rowsOfTable } from "../../src/texts/table.ts";
import { zipOf } from "../../src/texts/unzip.ts";

const { signal } = new AbortController();
const folder = await mkdtemp(join(tmpdir(), "hpd-input-"));
afterAll(() => rm(folder, { recursive: true }));

async function read(
  name: string,
  content: string | Uint8Array,
  field = "text",
  format?: InputFormat,
): Promise<string[]> {
  const file = join(folder, name);
  await writeFile(file, content);
  return collect((await openTexts(file, { format, field, signal })).texts);
}

test("a quotation mark that is never closed doesn't fill the memory", async () => {
  async function* pieces() {
    yield 'text\n"a';
    for (;;) yield `${"x".repeat(65_536)}\n`;
  }
  const options = { delimiter: ",", columns: ["text"], name: "a.csv", hint: "", onHeader() {} } as const;
  await expect(collect(rowsOfTable(pieces(), options))).rejects.toMatchObject({ code: "corrupt_file" });
});

test("a signal is let go of with each file", async () => {
  await read("a.txt", "a\n");
  await read("a.csv", "text\na\n");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

describe("text", () => {
  test.each([
    ["LF", "a\nb\n", ["a", "b"]],
    ["CRLF", "a\r\nb\r\n", ["a", "b"]],
    ["no end of the last line", "a\nb", ["a", "b"]],
    ["empty lines are empty texts", "a\n\n\nb\n", ["a", "", "", "b"]],
    ["nothing", "", []],
    ["a return inside a line stays", "a\rb\n", ["a\rb"]],
    ["every script", "雪 🎸\nÜnïcödé\n", ["雪 🎸", "Ünïcödé"]],
  ])("%s", async (_, content, expected) => {
    expect(await read("a.txt", content)).toEqual(expected);
    expect(await read("a.txt.gz", gzipSync(content))).toEqual(expected);
  });

  test("a byte-order mark is no text", async () => {
    for (const name of ["bom.txt", "bom.csv", "bom.jsonl", "bom.json"]) {
      const content = { txt: "a\n", csv: "text\na\n", jsonl: '{"text":"a"}\n', json: '["a"]' };
      expect(await read(name, `\ufeff${content[name.slice(4) as keyof typeof content]}`)).toEqual(["a"]);
    }
  });

  test("a line of 10 MB, and characters that chunks cut in two", async () => {
    const line = "é🎸".repeat(1_700_000);
    expect(await read("long.txt", `${line}\nb`)).toEqual([line, "b"]);
  });

  test("a file in another encoding is refused with the line", async () => {
    const latin1 = Buffer.from("plain\ncaf\u00e9 au lait\n", "latin1");
    await expect(read("latin1.txt", latin1)).rejects.toMatchObject({
      code: "corrupt_file",
      message: expect.stringMatching(/latin1.txt, line 2: not UTF-8/),
    });
  });

  // In the first bytes, in the middle and beyond what is read at once; before, at and behind a line end; half a character.
  test.each([0, 1, 5, 20_000])("an invalid byte behind %i lines is in the line after", async (lines) => {
    const before = "é🎸雪\r\n".repeat(lines);
    const line = (ending: string) => new RegExp(`, line ${lines + 1}: not UTF-8 text.*${ending}`);
    for (const bad of [[0xe9], [0xff], [0xc3, 0x28], [0xf0, 0x9f, 0x8e, 0x0a], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
      for (const start of ["", "x", "é"]) {
        const bytes = Buffer.concat([Buffer.from(before + start), Buffer.from([...bad, 0x0a]), Buffer.from("more\n")]);
        await expect(read("bad.txt", bytes)).rejects.toThrow(line("save it as UTF-8"));
        await expect(read("bad.txt.gz", gzipSync(bytes))).rejects.toThrow(line("save it as UTF-8"));
      }
    }
    for (const cut of [[0xe9], [0xf0, 0x9f, 0x8e]]) {
      await expect(read("cut.txt", Buffer.concat([Buffer.from(before), Buffer.from(cut)]))).rejects.toThrow(
        line("cut"),
      );
    }
    await expect(read("nul.txt", `${before}a\0\n\n`)).rejects.toThrow(new RegExp(`, line ${lines + 1}: .*NUL`));
  });

  test("a CR alone ends a line of a table, also where a byte is invalid", async () => {
    const bytes = Buffer.concat([Buffer.from("text\ra\r\nb\rc"), Buffer.from([0xff])]);
    await expect(read("bad.csv", bytes)).rejects.toThrow(/line 4: not UTF-8/);
  });

  test("UTF-16 is told", async () => {
    await expect(read("a.txt", Buffer.from("\ufefftext\n", "utf16le"))).rejects.toThrow(/line 1: it is UTF-16/);
  });

  test("a binary file is refused", async () => {
    await expect(read("a.bin", "a\nb\0c")).rejects.toMatchObject({
      code: "corrupt_file",
      message: expect.stringMatching(/NUL/),
    });
  });

  test("a cut .gz is refused by whoever reads it, though it may be read later", async () => {
    const file = join(folder, "short.txt.gz");
    await writeFile(file, gzipSync("x\n").subarray(0, 15));
    for (let turn = 0; turn < 120; turn++) {
      const { texts } = await openTexts(file, { field: "text", signal });
      await delay(turn % 3);
      await expect(collect(texts)).rejects.toMatchObject({ code: "corrupt_file" });
    }
  });

  test("all frames of a .zst are read, wherever its pieces end", async () => {
    const frame = (text: string, params = {}) => zstdCompressSync(text, { params });
    const skipped = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]);
    const withChecksum = { [constants.ZSTD_c_checksumFlag]: 1 };
    const long = `${"雪".repeat(100_000)}\n${Array.from({ length: 2000 }, (_, index) => (index * 7919) % 10_007)}\n`;
    const [a, b, c] = [frame("a\n", withChecksum), frame("b\nc"), frame(`\n${long}`, withChecksum)];
    const bytes = Buffer.concat([skipped, a, b, frame(""), c, skipped]);
    const expected = ["a", "b", "c", ...long.trim().split("\n")];
    expect((await read("frames.txt.zst", bytes)).join("\n") === expected.join("\n")).toBe(true);
    for (const size of [1, 2, 3, 7, 64]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const unzipped = Readable.from(pieces).pipe(zipOf("a.zst")!.createDecompressor());
      expect((await text(unzipped)).trim() === expected.join("\n")).toBe(true);
    }
    for (const wrong of [Buffer.concat([a, c.subarray(0, -9)]), Buffer.concat([a, Buffer.from("b\n"), b])]) {
      await expect(read("wrong.txt.zst", wrong)).rejects.toMatchObject({ code: "corrupt_file" });
    }
  });

  test("a cut .gz is refused", async () => {
    const zipped = gzipSync("line\n".repeat(10_000));
    await expect(read("cut.txt.gz", zipped.subarray(0, zipped.length - 20))).rejects.toMatchObject({
      code: "corrupt_file",
      message: expect.stringMatching(/can't be read to its end/),
    });
  });

  test("a missing file and a folder are refused by name", async () => {
    await expect(openTexts(join(folder, "none"), { field: "text", signal })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(openTexts(folder, { field: "text", signal })).rejects.toMatchObject({
      message: expect.stringMatching(/it is a folder/),
    });
  });
});

describe("JSONL", () => {
  test("the field that was asked for", async () => {
    expect(await read("a.jsonl", '{"title":"x","text":"a"}\n\n{"text":"b\\nc"}\n')).toEqual(["a", "b\nc"]);
    expect(await read("a.txt", '{"title":"x"}', "title", "jsonl")).toEqual(["x"]);
  });

  test.each([
    ['{"text":"a"}\n{"title":"b"}', /line 2: has no field "text", only title/],
    ['{"text":"a"}\n{"text":1}', /line 2: the field "text" should be a string, got 1/],
    ['{"text":"a"}\n{"text":', /line 2: not JSON/],
    ['["a"]', /line 1: should be an object/],
  ])("%s is refused", async (content, message) => {
    await expect(read("bad.jsonl", content)).rejects.toThrow(message);
  });
});

describe("CSV and TSV", () => {
  test("a column, quoted cells and line breaks in them", async () => {
    expect(await read("a.csv", 'id,text\n1,"a, ""b""\nc"\n2,d\n')).toEqual(['a, "b"\nc', "d"]);
    expect(await read("a.tsv", 'id\ttext\n1\tsay "hi"\n2\t"open\n')).toEqual(['say "hi"', '"open']);
    expect(await read("bom.csv", "\ufefftext\na\n")).toEqual(["a"]);
  });

  test("a column that is not there is refused with those that are", async () => {
    await expect(read("a.csv", "id,title\n1,a\n")).rejects.toThrow(/has no column "text", only id, title/);
  });

  test.each([
    ["id,title\n", /has no column "text", only id, title/],
    ["text,text\na,b\n", /has 2 columns "text", of which one is meant/],
  ])("the header of %j is refused", async (content, message) => {
    await expect(read("a.csv", content)).rejects.toThrow(message);
  });

  test("a row with too many cells is refused with its line", async () => {
    await expect(read("a.csv", "id,text\n1,a\n2,b,c\n")).rejects.toMatchObject({
      code: "corrupt_file",
      message: expect.stringMatching(/line 3/),
    });
  });
});

describe("rows as they came", () => {
  const rowsOf = async (name: string, content: string) => {
    const file = join(folder, name);
    await writeFile(file, content);
    const source = await openRows(file, { format: rowFormatOf(file)!, columns: [] });
    const rows = [];
    for await (const { raw, number } of source.rows) rows.push([raw, number]);
    return { header: source.header(), rows };
  };

  test.each(["\n", "\r\n"])("with %j between them, quotes, empty lines and line ends in cells", async (end) => {
    const first = `1,"a ""b""${end}${end}c"`;
    const last = `"3",""`;
    const lines = ['\ufeffid,"text"', "", first, "2, d ", "", "", last];
    expect(await rowsOf("raw.csv", lines.join(end))).toEqual({
      header: 'id,"text"',
      rows: [
        [first, 5],
        ["2, d ", 6],
        [last, 9],
      ],
    });
    expect(await rowsOf("raw.tsv", ["id\ttext", '1\t"a', "2\tb", ""].join(end))).toEqual({
      header: "id\ttext",
      rows: [
        ['1\t"a', 2],
        ["2\tb", 3],
      ],
    });
    expect(await rowsOf("raw.jsonl", ['{"a": 1 }', "", ' {"b":2}', ""].join(end))).toEqual({
      header: undefined,
      rows: [
        ['{"a": 1 }', 1],
        [' {"b":2}', 3],
      ],
    });
  });

  test("a table of no rows has a header", async () => {
    expect(await rowsOf("header.csv", "id,text")).toEqual({ header: "id,text", rows: [] });
  });
});

describe("Parquet", () => {
  const table = (name: string) => fileURLToPath(new URL(`../fixtures/tables/${name}.parquet`, import.meta.url));
  const texts = ["He plays guitar.", "", "Ünïcödé 雪 🎸", "He plays guitar."];

  test.each(["none", "snappy", "gzip", "zstd"])("compression %s, over row groups", async (name) => {
    expect(await collect((await openTexts(table(name), { field: "text", signal })).texts)).toEqual(texts);
  });

  test("no such column, a null, and what is no Parquet file", async () => {
    await expect(openTexts(table("none"), { field: "title", signal })).rejects.toThrow(
      /has no column "title", only id, text, other/,
    );
    const other = await openTexts(table("none"), { field: "other", signal });
    await expect(collect(other.texts)).rejects.toThrow(/row 1: the field "other" should be a string, got null/);
    // What only Parquet's columns hold.
    const row = { values: { score: Number.NaN, text: [1n, 2n] }, place: "row 1", firstLine: 1, number: 1 };
    expect(() => numberOf(row, "score")).toThrow(/should be a number, got NaN$/);
    expect(() => textOf(row, "text")).toThrow(/should be a string, got \[1,2\]$/);
    await expect(read("bad.parquet", "PAR1 and nothing else")).rejects.toMatchObject({ code: "corrupt_file" });
  });
});

async function collect<T>(texts: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const text of texts) all.push(text);
  return all;
}
