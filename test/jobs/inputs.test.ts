/** Inputs divided by bytes: every row is in exactly one shard, in order, however many shards there are. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, test } from "vitest";
import { commonFormat, isTextFile, requireContents } from "../../src/jobs/inputs/input-format.ts";
import { partsOf } from "../../src/jobs/inputs/parts.ts";
import { rowsOfParts } from "../../src/jobs/inputs/rows.ts";
import { Random } from "../../src/random.ts";
import { listFiles } from "../../src/storage/list-files.ts";
import { rowFormatOf } from "../../src/texts/open-rows.ts";
import type { InputFormat } from "../../src/texts/open-texts.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-inputs-"));
afterAll(() => rm(folder, { recursive: true }));
let count = 0;

async function filesOf(contents: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const path = join(folder, String(count++));
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}

async function textsOf(path: string, shards: number, format?: InputFormat): Promise<string[][]> {
  const files = await listFiles([path], { accepts: isTextFile });
  const known = format ?? rowFormatOf(files[0]!.name) ?? "text";
  const all: string[][] = [];
  for (let shard = 0; shard < shards; shard++) {
    const texts: string[] = [];
    const rows = rowsOfParts(partsOf(files, shard, shards), { format: known, columns: ["text"] });
    for await (const row of rows) texts.push(String(row.values.text));
    all.push(texts);
  }
  return all;
}

const random = new Random(7);
const words = ["a", "snow 雪", "🎸 guitar", "", "x".repeat(90), "ünï", "\ufeffmark"];
const lines = Array.from({ length: 60 }, () => words[random.nextInteger(words.length)]!);
const lineEnds = ["\n", "\r\n"];
const joined = (all: readonly string[], end = "\n") => all.map((line) => line + end).join("");
const json = lines.map((text) => JSON.stringify({ text }));

describe.each([1, 2, 3, 7, 40, 500])("%i shards", (shards) => {
  test.each(lineEnds)("of text whose lines end in %j", async (end) => {
    const path = await filesOf({ "a.txt": joined(lines.slice(0, 40), end), "b/c.txt": joined(lines.slice(40), end) });
    expect((await textsOf(path, shards)).flat()).toEqual(lines);
  });

  test.each([...lineEnds, "\r"])("of TSV whose rows end in %j", async (end) => {
    const rows = lines.map((text, index) => `${index}\t${text}`);
    const path = await filesOf({ "a.tsv": joined(["id\ttext", ...rows.slice(0, 30)], end).slice(0, -end.length) });
    expect((await textsOf(path, shards)).flat()).toEqual(lines.slice(0, 30));
  });

  test("of TSV whose header stands below lines with nothing on them", async () => {
    const path = await filesOf({
      "a.tsv": `\ufeff\n\r\n${joined(["id\ttext", ...lines.map((text) => `1\t${text}`)])}`,
    });
    expect((await textsOf(path, shards)).flat()).toEqual(lines);
  });

  test("of JSON lines, with empty ones between", async () => {
    const path = await filesOf({ "a.jsonl": `${json.slice(0, 50).join("\n\n")}`, "b.jsonl": joined(json.slice(50)) });
    expect((await textsOf(path, shards)).flat()).toEqual(lines);
  });

  test("of Parquet, by row groups", async () => {
    const write = (texts: string[]) =>
      new Uint8Array(
        parquetWriteBuffer({ columnData: [{ name: "text", data: texts, type: "STRING" }], rowGroupSize: 7 }),
      );
    const path = await filesOf({ "a.parquet": write(lines.slice(0, 41)), "b.parquet": write(lines.slice(41)) });
    const texts = await textsOf(path, shards);
    expect(texts.flat()).toEqual(lines);
    if (shards === 3) expect(texts.every((each) => each.length > 0)).toBe(true);
  });

  test("of CSV with line ends in cells, and of compressed files, each as a whole", async () => {
    const csv = (texts: readonly string[]) => `text\n${joined(texts.map((text) => `"${text}\n${text}"`))}`;
    const path = await filesOf({ "a.csv": csv(lines.slice(0, 20)), "b.csv": csv(lines.slice(20)) });
    expect((await textsOf(path, shards)).flat()).toEqual(lines.map((text) => `${text}\n${text}`));
    const zipped = await filesOf({
      "a.jsonl.gz": zlib.gzipSync(joined(json.slice(0, 10))),
      "b.jsonl.zst": zlib.zstdCompressSync(joined(json.slice(10))),
    });
    const texts = await textsOf(zipped, shards);
    expect(texts.flat()).toEqual(lines);
    expect(texts.filter((each) => each.length > 0).length).toBeLessThanOrEqual(2);
  });
});

test("shards of a text are of about the same size", async () => {
  const path = await filesOf({ "a.txt": joined(Array.from({ length: 1000 }, (_, index) => String(index))) });
  const sizes = (await textsOf(path, 4)).map((texts) => texts.join("\n").length);
  for (const size of sizes) expect(Math.abs(size - 972)).toBeLessThan(8);
});

test("a line longer than a shard is in one of them, read to its end in blocks", async () => {
  const long = "long ".repeat(500_000);
  const path = await filesOf({ "a.txt": `before\n${long}\nbehind\n` });
  expect((await textsOf(path, 40)).filter((texts) => texts.length > 0)).toEqual([["before", long], ["behind"]]);
});

test("a damaged row of a shard is named with where the shard begins", async () => {
  const path = await filesOf({ "a.jsonl": `${joined(json)}{"text": \n` });
  await expect(textsOf(path, 5)).rejects.toThrow(/a\.jsonl behind byte \d+, line \d+: not JSON/);
});

test("files of several formats, unknown ones and none", async () => {
  expect(() => commonFormat(["a.csv", "b.jsonl.gz"], undefined)).toThrow(/several formats \(csv, jsonl\)/);
  expect(commonFormat(["a.csv.zst", "b.csv"], undefined)).toBe("csv");
  const path = await filesOf({ "README.md": "x", ".hidden.txt": "x", "_SUCCESS.txt": "x" });
  await expect(listFiles([path], { accepts: isTextFile })).rejects.toMatchObject({ code: "not_found" });
  await expect(listFiles([join(path, "none")], { accepts: isTextFile })).rejects.toMatchObject({ code: "not_found" });
});

test("links to files and folders are followed; those to nothing and in circles are refused by name", async () => {
  const path = await filesOf({ "in/a.txt": "one\n", "elsewhere/b.txt": "two\n", "elsewhere/deep/c.txt": "three\n" });
  await symlink(join(path, "elsewhere"), join(path, "in", "linked"));
  await symlink(join(path, "elsewhere", "b.txt"), join(path, "in", "file.txt"));
  // No texts: whether it leads anywhere doesn't matter.
  await symlink("nowhere", join(path, "in", "nothing.log"));
  expect(await textsOf(join(path, "in"), 1)).toEqual([["one", "two", "two", "three"]]);
  await symlink("nowhere.txt", join(path, "in", "nothing.txt"));
  await expect(listFiles([join(path, "in")], { accepts: isTextFile })).rejects.toThrow(
    /nothing\.txt can't be read: there is no such file/,
  );
  await rm(join(path, "in", "nothing.txt"));
  await symlink("..", join(path, "elsewhere", "deep", "up"));
  await expect(listFiles([join(path, "in")], { accepts: isTextFile })).rejects.toThrow(
    /in\/linked\/deep\/up can't be read: its symbolic links lead in a circle/,
  );
});

test.each([
  ["a.jsonl.gz", "jsonl", /a\.jsonl\.gz is empty, which no compressed file is: get the file again/],
  ["a.txt.zst", "text", /is empty, which no compressed file is/],
  ["a.parquet", "parquet", /is empty, which no Parquet file is/],
] as const)("%s without a byte is refused", async (name, format, message) => {
  const files = await listFiles([await filesOf({ [name]: "", [`b${name}`]: "x" })], { accepts: isTextFile });
  expect(() => requireContents(files, format)).toThrow(message);
  expect(() => requireContents(files.slice(1), format)).not.toThrow();
});

test.each([".gz", ".zst"])(
  "a %s that was cut is refused where it is read, not taken for its beginning",
  async (end) => {
    const content = joined(Array.from({ length: 5_000 }, () => String(random.nextFloat())));
    const bytes = end === ".gz" ? zlib.gzipSync(content) : zlib.zstdCompressSync(Buffer.from(content));
    const path = await filesOf({ [`a.txt${end}`]: bytes.subarray(0, -100) });
    await expect(textsOf(path, 1)).rejects.toThrow(/can't be read to its end: unexpected end of file/);
  },
);

test("a line that is longer than memory should hold is refused by its place, in any shard", async () => {
  const path = await filesOf({ "a.txt": `short\n${"word ".repeat(14_000_000)}\nlast\n` });
  await expect(textsOf(path, 1)).rejects.toThrow(/a\.txt, line 2: is longer than 67108864 characters/);
  await expect(textsOf(path, 3)).rejects.toThrow(/a\.txt, line 2: is longer/);
});
