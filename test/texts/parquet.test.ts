/** Parquet: what pyarrow wrote is read as it was, and what is damaged or hostile ends in an error, and soon. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import { Random } from "../../src/random.ts";
import { readLevels } from "../../src/texts/parquet/check-page.ts";
import { ListRows, type ListShape } from "../../src/texts/parquet/lists.ts";
import { walkDeltas, walkRuns } from "../../src/texts/parquet/runs.ts";
import { ThriftReader } from "../../src/texts/parquet/thrift.ts";
import { openParquet } from "../../src/texts/parquet.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-parquet-"));
afterAll(() => rm(scratch, { recursive: true }));

const table = (name: string) => fileURLToPath(new URL(`../fixtures/tables/${name}`, import.meta.url));

async function read(file: string, columns: readonly string[], lists = false): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for await (const { values } of (await openParquet(file, { columns, lists })).rows) {
    rows.push(columns.map((column) => values[column]));
  }
  return rows;
}

describe.each(["types-1", "types-2"])("%s: the values that pyarrow wrote", async (name) => {
  const expected: Record<string, unknown[]> = JSON.parse(await readFile(table("types.json"), "utf8"));

  test.each(Object.keys(expected))("%s", async (column) => {
    const values = (await read(table(`${name}.parquet`), [column])).map(([value]) =>
      typeof value === "bigint" ? Number(value) : value,
    );
    const wanted = expected[column]!;
    if (column !== "decimal") expect(values).toEqual(wanted);
    else for (const [row, value] of values.entries()) expect(value).toBeCloseTo(wanted[row] as number, 9);
  });

  test("columns side by side, whose pages end elsewhere", async () => {
    const columns = ["same", "text", "double"];
    expect(await read(table(`${name}.parquet`), columns)).toEqual(
      expected.text!.map((_, row) => columns.map((column) => expected[column]![row])),
    );
  });
});

test.each(["duckdb-v1", "duckdb-v2"])("%s: the values that DuckDB wrote", async (name) => {
  const rows = Array.from({ length: 10 }, (_, i) => [i % 3 === 1 ? null : `text ${i % 4}`, i % 5, i / 4]);
  expect(await read(table(`${name}.parquet`), ["text", "label", "score"])).toEqual(rows);
});

describe("lists", async () => {
  const written: Record<string, unknown[]> = JSON.parse(await readFile(table("lists.json"), "utf8"));
  const plain = (value: unknown): unknown =>
    typeof value === "bigint" ? Number(value) : Array.isArray(value) ? value.map(plain) : value;
  const readLists = async (name: string, columns: readonly string[]) =>
    (await read(table(`${name}.parquet`), columns, true)).map((row) => row.map(plain));

  test.each([
    ["lists-1", Object.keys(written)],
    ["lists-2", Object.keys(written)],
    ["lists-polars", ["texts", "scores", "ints"]],
    ["lists-duckdb", ["texts", "scores", "ints"]],
  ])("%s: the lists that were written, nulls in them and instead of them", async (name, columns) => {
    const rows = written.id!.map((_, row) => columns.map((column) => written[column]![row]));
    expect(await readLists(name, columns)).toEqual(rows);
    for (const [at, column] of columns.entries()) {
      expect(await readLists(name, [column]), column).toEqual(rows.map((row) => [row[at]]));
    }
  });

  test("of two levels, as older writers have them, and repeated columns", async () => {
    const expected: Record<string, unknown[]> = JSON.parse(await readFile(table("lists-two-levels.json"), "utf8"));
    expect(await readLists("lists-two-levels", ["texts", "bare"])).toEqual(
      expected.texts!.map((_, row) => [expected.texts![row], expected.bare![row]]),
    );
  });

  test("by their names structs of one field, lists of lists and who asks for none", async () => {
    for (const [name, column, lists] of [
      ["lists-struct", "texts", true],
      ["lists-1", "texts", false],
      ["nested", "struct", true],
    ] as const) {
      await expect(read(table(`${name}.parquet`), [column], lists)).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining(`the column "${column}" should hold texts or numbers, not lists or structs`),
      });
    }
    expect(await readLists("nested", ["list"])).toEqual([[[1]], [[]]]);
  });

  test("all columns, where none is asked for", async () => {
    const namesOf = async (lists: boolean) => {
      for await (const { values } of (await openParquet(table("lists-1.parquet"), { columns: [], lists })).rows) {
        return Object.keys(values);
      }
      return [];
    };
    expect(await namesOf(true)).toEqual(Object.keys(written));
    expect(await namesOf(false)).toEqual(["id"]);
  });

  const shape: ListShape = { path: ["texts"], leaf: { name: "element" }, emptyLevel: 1, valueLevel: 3 };
  const levels = (repetitions: number[], definitions: number[]) => ({
    repetitions: Uint8Array.from(repetitions),
    definitions: Uint8Array.from(definitions),
  });

  test("rows go on from page to page", () => {
    const rows = new ListRows(shape);
    expect(rows.add(levels([0, 1], [3, 2]), ["a"])).toEqual([]);
    expect(rows.add(levels([1, 0, 0, 0], [3, 1, 0, 3]), ["b", "c"])).toEqual([["a", null, "b"], [], null]);
    expect(rows.end()).toEqual([["c"]]);
  });

  test.each([
    ["a list that goes on before the first", [1], [3]],
    ["a list that goes on without an element", [0, 1], [3, 1]],
    ["an empty list that goes on", [0, 1], [1, 3]],
    ["a list that is null and goes on", [0, 1], [0, 3]],
    [
      "a list of two million elements",
      [0, ...new Array<number>(2 ** 21).fill(1)],
      new Array<number>(2 ** 21 + 1).fill(2),
    ],
  ])("%s", (_, repetitions, definitions) => {
    expect(() => new ListRows(shape).add(levels(repetitions, definitions), ["a", "b"])).toThrow(RangeError);
  });

  test("levels that are too high, or fewer than values", () => {
    // Runs of two levels of 2 and 3, in two bits.
    expect([...readLevels(Uint8Array.from([4, 2, 4, 3]), 3, 4)]).toEqual([2, 2, 3, 3]);
    expect([...readLevels(Uint8Array.from([3, 0b11100100, 0]), 3, 5)]).toEqual([0, 1, 2, 3, 0]);
    expect(() => readLevels(Uint8Array.from([4, 3]), 2, 2)).toThrow("a level is 3");
    expect(() => readLevels(Uint8Array.from([4, 1]), 3, 3)).toThrow(RangeError);
    expect(() => readLevels(Uint8Array.from([0xfe, 0xff, 0xff, 0xff, 0x07, 1]), 3, 3)).toThrow(RangeError);
  });

  test("damage ends in rows or in an HpdError", { timeout: 60_000 }, async () => {
    const names = ["lists-1", "lists-2", "lists-two-levels", "lists-polars"];
    const files = await Promise.all(names.map((name) => readFile(table(`${name}.parquet`))));
    const file = join(scratch, "damaged-lists.parquet");
    let refused = 0;
    for (let seed = 0; seed < 160; seed++) {
      const random = new Random(seed);
      const damaged = Buffer.from(files[seed % files.length]!);
      for (let flips = 1 + random.nextInteger(3); flips > 0; flips--) {
        damaged[random.nextInteger(damaged.length)]! ^= 1 + random.nextInteger(255);
      }
      await writeFile(file, damaged);
      await read(file, ["texts"], true).catch((error: unknown) => {
        if (!(error instanceof HpdError)) throw new Error(`seed ${seed}`, { cause: error });
        refused++;
      });
    }
    expect(refused).toBeGreaterThan(20);
  });
});

test.each(["list", "struct", "time", "bytes"])("a column of another kind is refused: %s", async (column) => {
  const reading = read(table("nested.parquet"), [column]);
  await expect(reading).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(reading).rejects.toThrow(`the column "${column}" should hold texts or numbers, not`);
});

test("of columns that nobody named, bytes that are no text are missing", async () => {
  const rows: unknown[] = [];
  for await (const { values } of (await openParquet(table("bytes.parquet"), { columns: [] })).rows) rows.push(values);
  expect(rows).toEqual([
    { text: "one", old: "three", image: null },
    { text: "two", old: "four", image: "ab" },
  ]);
  expect(await read(table("bytes.parquet"), ["old"])).toEqual([["three"], ["four"]]);
  await expect(read(table("bytes.parquet"), ["image"])).rejects.toThrow('a text is not UTF-8, in the column "image"');
});

test("what isn't UTF-8 is refused", async () => {
  const bytes = await readFile(table("none.parquet"));
  const file = join(scratch, "latin.parquet");
  await writeFile(file, Buffer.from(bytes.toString("latin1").replaceAll("guitar", "g\xfcitar"), "latin1"));
  await expect(read(file, ["text"])).rejects.toMatchObject({
    code: "corrupt_file",
    message: expect.stringContaining("a text is not UTF-8"),
  });
});

test("a schema element with a number of children below zero", async () => {
  const bytes = await readFile(table("none.parquet"));
  const children = bytes.indexOf("schema\x15") + "schema".length;
  expect([...bytes.subarray(children, children + 2)]).toEqual([0x15, 6]);
  for (const [zigzag, message] of [
    [1, "-1 children"],
    [4, "without a parent"],
    [8, "no end"],
  ] as const) {
    bytes[children + 1] = zigzag;
    await writeFile(join(scratch, "children.parquet"), bytes);
    await expect(read(join(scratch, "children.parquet"), ["text"])).rejects.toMatchObject({
      code: "corrupt_file",
      message: expect.stringContaining(message),
    });
  }
});

test.each([
  ["run of a thousand million", [0xfe, 0xff, 0xff, 0xff, 0x07, 1], 10],
  ["packed run of as many", [0xff, 0xff, 0xff, 0xff, 0x07, 1], 10],
  ["run that is cut", [0x03], 8],
  ["length that is cut", [0x80], 8],
  ["length of too many bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 8],
  ["page that ends early", [0x04, 1], 8],
])("a %s", (_, bytes, count) => {
  expect(() => walkRuns(Uint8Array.from(bytes), 1, count, () => {})).toThrow(RangeError);
});

test("runs and deltas that are as they should be", () => {
  const values: number[] = [];
  const take = (value: number, times = 1) => values.push(...new Array<number>(times).fill(value));
  // Three times 5, then 1 to 8 in four bits each, of which five are needed.
  expect(walkRuns(Uint8Array.from([6, 5, 3, 0x21, 0x43, 0x65, 0x87, 0xff]), 4, 8, take)).toBe(7);
  // As DuckDB fills them up.
  expect(walkRuns(Uint8Array.from([9, 0b101, 0, 0, 0]), 1, 3, take)).toBe(5);
  expect(values.splice(0)).toEqual([5, 5, 5, 1, 2, 3, 4, 5, 1, 0, 1]);
  // Parquet's own example: blocks of 128 in four parts, 7, 5, 3, 1, 2, 3, 4, 5.
  const deltas = [128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0];
  walkDeltas(Uint8Array.from(deltas), 8, (value) => values.push(value));
  expect(values).toEqual([7, 5, 3, 1, 2, 3, 4, 5]);
  expect(() => walkDeltas(Uint8Array.from([...deltas.slice(0, 3), 9, ...deltas.slice(4)]), 8)).toThrow(/9 values/);
  expect(() => walkDeltas(Uint8Array.from([0, 0, 8, 0]), 8)).toThrow(RangeError);
  expect(() => walkDeltas(Uint8Array.from([128, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 8, 0]), 8)).toThrow(RangeError);
});

test.each([
  ["structs in each other", new Uint8Array(1_000_000).fill(0x1c)],
  ["an integer of a million bytes", new Uint8Array(1_000_000).fill(0xff).fill(0x16, 0, 1)],
  ["a list of four thousand million", Uint8Array.from([0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f])],
  ["a text longer than the bytes", Uint8Array.from([0x18, 0xff, 0x7f, 1, 0])],
  ["nothing", new Uint8Array()],
])("a footer of %s", (_, bytes) => {
  expect(() => new ThriftReader(bytes).struct()).toThrow(RangeError);
});

test("damage ends in rows or in an HpdError", { timeout: 60_000 }, async () => {
  const names = ["none", "snappy", "gzip", "zstd", "types-1", "types-2"];
  const files = await Promise.all(names.map((name) => readFile(table(`${name}.parquet`))));
  const file = join(scratch, "damaged.parquet");
  let refused = 0;
  for (let seed = 0; seed < 240; seed++) {
    const random = new Random(seed);
    const damaged = Buffer.from(files[seed % files.length]!);
    for (let flips = 1 + random.nextInteger(3); flips > 0; flips--) {
      damaged[random.nextInteger(damaged.length)]! ^= 1 + random.nextInteger(255);
    }
    await writeFile(file, seed % 10 === 0 ? damaged.subarray(0, random.nextInteger(damaged.length)) : damaged);
    const columns = seed % files.length < 4 ? ["text"] : ["text", ["sorted", "int64", "bool", "decimal"][seed % 4]!];
    await read(file, columns).catch((error: unknown) => {
      if (!(error instanceof HpdError)) throw new Error(`seed ${seed}`, { cause: error });
      refused++;
    });
  }
  expect(refused).toBeGreaterThan(40);
});
