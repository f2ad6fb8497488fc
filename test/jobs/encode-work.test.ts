/** Encoding in shards: the same bytes by whomever and however often, other work kept out, what is there checked. */
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { cellsOf, columnsOf } from "../../src/jobs/columns.ts";
import { EncodeWork } from "../../src/jobs/encode/encode-work.ts";
import type { EncodeWorkOptions } from "../../src/jobs/encode/options.ts";
import { openWork, verifyWork, workStatus } from "../../src/jobs/index.ts";
import { openParquet } from "../../src/texts/parquet.ts";
import { fixture } from "../encode/model-folder.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-work-"));
afterAll(() => rm(folder, { recursive: true }));

const model = fixture("hpd-tinybert-like");
const rows = Array.from({ length: 200 }, (_, id) => ({
  id,
  text: `text number ${id} ${"word ".repeat(id % 9)}`,
  score: id / 7,
  isEven: id % 2 === 0,
  tags: id % 3 === 0 ? ["x", id] : null,
}));
const jsonl = (all: readonly object[]) => all.map((row) => `${JSON.stringify(row)}\n`).join("");
const input = join(folder, "rows.jsonl");
await writeFile(input, jsonl(rows));

let count = 0;
const workOptions = (options: Partial<EncodeWorkOptions> = {}): EncodeWorkOptions => ({
  inputs: [input],
  output: join(folder, `out-${count++}`),
  shards: 3,
  model,
  ...options,
});

async function runAll(options: EncodeWorkOptions, workers = 0): Promise<void> {
  await using work = await EncodeWork.open(options, { workers });
  for (let shard = 0; shard < work.shards; shard++) await work.run(shard);
}

async function contentsOf(output: string): Promise<Map<string, string>> {
  const names = (await readdir(output)).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, (await readFile(join(output, name))).toString("hex")] as const)),
  );
}

async function readAll(output: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (const name of (await readdir(output)).filter((each) => each.endsWith(".parquet")).sort()) {
    const source = await openParquet(join(output, name), { columns: [], lists: true });
    for await (const { values } of source.rows) all.push(values);
  }
  return all;
}

test("integers of 64 bits keep their digits, in JSON lines and Parquet, and wider ones become text", async () => {
  const big = ["9007199254740993", "-9223372036854775808", "9223372036854775807"];
  const lines = big.map(
    (id, index) =>
      `{"text": "of 12345678901234567890", "id": ${id}, "wide": ${2n ** 64n - BigInt(index + 1)}, "number": ${index ? 0.5 : id}, ` +
      `"in": {"list": [${id}, 1.00000000000000000001, "${id} \\"${id}"], "small": 3}}\n`,
  );
  const path = join(folder, "big.jsonl");
  await writeFile(path, lines.join(""));
  const options = workOptions({ inputs: [path] });
  await runAll(options);
  const kept = await readAll(options.output);
  expect(kept.map(({ id }) => String(id))).toEqual(big);
  expect(kept.map(({ wide }) => wide)).toEqual([
    "18446744073709551615",
    "18446744073709551614",
    "18446744073709551613",
  ]);
  expect(kept.map(({ number }) => number)).toEqual([9007199254740992, 0.5, 0.5]);
  expect(kept[0]!.in).toBe(`{"list":[${big[0]},1,"${big[0]} \\"${big[0]}"],"small":3}`);
  const wide = { values: { wide: 2n ** 64n - 1n }, place: "wide.parquet, row 2", firstLine: 2, number: 2 };
  expect(columnsOf([wide], undefined, "parquet")).toEqual([{ name: "wide", type: "text" }]);
  expect(cellsOf(wide, [{ name: "wide", type: "json" }], true)).toEqual(["18446744073709551615"]);
  expect(() => cellsOf(wide, [{ name: "wide", type: "integer" }], true)).toThrow(
    /row 2: the column "wide" should be integer, got 18446744073709551615; .*wide:text/,
  );
});

test("rows keep their columns and have the embeddings of `encode`", async () => {
  const options = workOptions();
  await runAll(options);
  const read = await readAll(options.output);
  await using loaded = await SentenceTransformer.load(model, { workers: 0 });
  const expected = await loaded.encode(rows.map(({ text }) => text));
  expect(read.length).toBe(rows.length);
  for (const [index, { embedding, ...columns }] of read.entries()) {
    const { tags, id, ...others } = rows[index]!;
    expect(columns).toEqual({ ...others, id: BigInt(id), tags: tags && JSON.stringify(tags) });
    for (const [at, value] of expected.row(index).entries()) expect((embedding as number[])[at]).toBeCloseTo(value, 5);
  }
});

test("any order, any number of workers and twice at once give the same bytes", async () => {
  const [once, again] = [workOptions(), workOptions()];
  await runAll(once);
  await using first = await EncodeWork.open(again, { workers: 2 });
  await using second = await EncodeWork.open(again, { workers: 0 });
  expect(second.fingerprint).toBe(first.fingerprint);
  const order = [2, 0, 1, 2];
  const results = await Promise.all([
    (async () => {
      for (const shard of order) await first.run(shard);
    })(),
    (async () => {
      for (const shard of order) await second.run(shard);
    })(),
  ]);
  expect(results.length).toBe(2);
  expect(await contentsOf(again.output)).toEqual(await contentsOf(once.output));
  expect(await second.committed()).toEqual(new Set([0, 1, 2]));
  expect(await first.run(1)).toMatchObject({ rows: expect.any(Number), wasCommitted: true });
});

test("a description opens the same work, and says how far it is", async () => {
  const options = workOptions({ precision: "float16", keep: ["id"] });
  await using work = await EncodeWork.open(options, { workers: 0 });
  const seen: number[] = [];
  const { rows: done } = await work.run(1, { onProgress: (each) => seen.push(each) });
  expect(seen).toEqual(Array.from({ length: done }, (_, index) => index + 1));
  await using same = await openWork(JSON.parse(JSON.stringify(work.description)), { workers: 0 });
  expect(same.fingerprint).toBe(work.fingerprint);
  const status = await workStatus(options.output);
  expect(status).toMatchObject({ shards: 3, done: [1], missing: [0, 2], rows: done, precision: "float16" });
  expect(await verifyWork(options.output)).toEqual([]);
});

test.each([
  ["float32", "npy"],
  ["float16", "npy"],
  ["int8", "npy"],
  ["float16", "safetensors"],
  ["int8", "safetensors"],
  ["int8", "parquet"],
] as const)("%s in %s is as it was written, and damage is found", async (precision, outputFormat) => {
  const options = workOptions({ precision, outputFormat });
  await runAll(options);
  expect(await workStatus(options.output)).toMatchObject({ rows: rows.length, missing: [] });
  expect(await verifyWork(options.output)).toEqual([]);
  const name = (await readdir(options.output)).sort()[1]!;
  const file = join(options.output, name);
  const bytes = await readFile(file);
  if (outputFormat === "npy") {
    await writeFile(file, bytes.subarray(0, -3));
  } else {
    bytes[600]! ^= 1;
    await writeFile(file, bytes);
  }
  expect(await verifyWork(options.output)).toMatchObject([{ shard: 0, file: name }]);
});

test("numbers that are not finite are found", async () => {
  const options = workOptions({ outputFormat: "npy" });
  await runAll(options);
  const file = join(options.output, "shard-00002-of-00003.npy");
  const bytes = await readFile(file);
  bytes.writeFloatLE(Number.NaN, 128 + 40);
  await writeFile(file, bytes);
  expect(await verifyWork(options.output)).toMatchObject([{ shard: 2, problem: "it has numbers that are not finite" }]);
});

test("int8 of all shards has the same scale", async () => {
  const options = workOptions({ precision: "int8", keep: [] });
  await runAll(options);
  const { ranges } = JSON.parse(await readFile(join(options.output, "_manifest.json"), "utf8"));
  const read = await readAll(options.output);
  await using loaded = await SentenceTransformer.load(model, { workers: 0 });
  const expected = await loaded.encode(rows.map(({ text }) => text));
  for (const [index, { embedding }] of read.entries()) {
    for (const [at, level] of (embedding as number[]).entries()) {
      const step = (ranges.maximum[at] - ranges.minimum[at]) / 255;
      expect(Math.abs(ranges.minimum[at] + (level + 128.5) * step - expected.row(index)[at]!)).toBeLessThan(step);
    }
  }
});

test("int8 of a single text is refused at the start, before anything is written", async () => {
  const own = join(folder, "single.txt");
  await writeFile(own, "alone\n");
  const options = workOptions({ inputs: [own], precision: "int8" });
  await expect(EncodeWork.open(options, { workers: 0 })).rejects.toThrow(/of two texts or more, got 1 text: give more/);
  await expect(readdir(options.output)).rejects.toMatchObject({ code: "ENOENT" });
});

test.each<[string, Partial<EncodeWorkOptions>, RegExp]>([
  ["another number of shards", { shards: 4 }, /another work: it has 3 shards, not 4/],
  ["another model", { model: fixture("bert") }, /its model is hpd-tinybert-like, not bert/],
  ["other options of loading", { dtype: "int8" }, /weights, files or options of loading of the model/],
  ["another prompt", { prompt: "query: " }, /prompt is not given there, "query: " here/],
  ["another precision", { precision: "float16" }, /precision is "float32" there, "float16" here/],
  ["other columns", { keep: ["id"] }, /keep is null there, \["id"\] here/],
  ["another field", { field: "id" }, /field is "text" there, "id" here/],
])("%s is refused", async (_, other, message) => {
  const options = workOptions();
  await (await EncodeWork.open(options, { workers: 0 })).dispose();
  await expect(EncodeWork.open({ ...options, ...other }, { workers: 0 })).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(message),
  });
});

test("an input that changed is refused when the work is opened, and when a shard is run", async () => {
  const own = join(folder, "changing.jsonl");
  await writeFile(own, jsonl(rows));
  const options = workOptions({ inputs: [own] });
  await using work = await EncodeWork.open(options, { workers: 0 });
  await work.run(0);
  await appendFile(own, jsonl(rows.slice(0, 1)));
  await expect(work.run(1)).rejects.toThrow(/has changed since the work was begun: put the old file back/);
  await expect(EncodeWork.open(options)).rejects.toThrow(/the input changing\.jsonl had \d+ bytes, it has \d+/);
  await writeFile(own, jsonl(rows).replace("number 3", "number X"));
  await expect(EncodeWork.open(options)).rejects.toThrow(/the input changing\.jsonl has changed/);
  // The same contents at another time, as on another machine.
  await writeFile(own, jsonl(rows));
  await using again = await EncodeWork.open(options, { workers: 0 });
  await again.run(1);
});

test("a worker of another version is refused", async () => {
  const options = workOptions();
  await (await EncodeWork.open(options, { workers: 0 })).dispose();
  const path = join(options.output, "_manifest.json");
  const manifest = await readFile(path, "utf8");
  await writeFile(path, manifest.replace(/"hpd": "[^"]+"/, '"hpd": "9.9.9"'));
  await expect(EncodeWork.open(options)).rejects.toThrow(/begun by hpd 9\.9\.9, this is/);
  await writeFile(path, manifest.replace('"version": 1', '"version": 2'));
  await expect(EncodeWork.open(options)).rejects.toThrow(/another version of hpd/);
  await writeFile(path, "{}");
  await expect(workStatus(options.output)).rejects.toThrow(/another kind of work/);
});

test("a shard that there is not, and a folder without work", async () => {
  await using work = await EncodeWork.open(workOptions(), { workers: 0 });
  for (const shard of [-1, 3, 0.5]) {
    await expect(work.run(shard)).rejects.toThrow(/shard should be from 0 to 2, as there are 3 shards/);
  }
  await expect(workStatus(folder)).rejects.toMatchObject({ code: "not_found" });
  await expect(openWork({ kind: "other" as "encode" })).rejects.toThrow(/no work of the kind "other"/);
});

test("a shard that is stopped or fails leaves nothing, and what a kill leaves is removed", async () => {
  const options = workOptions();
  await using work = await EncodeWork.open(options, { workers: 0 });
  const controller = new AbortController();
  const running = work.run(0, { signal: controller.signal, onProgress: () => controller.abort(new Error("stop")) });
  await expect(running).rejects.toThrow("stop");
  expect(await readdir(options.output)).toEqual(["_manifest.json"]);
  // As of a process that is gone: nobody has this number.
  const left = "shard-00000-of-00003.parquet.0000-0-0-00000000.partial";
  await writeFile(join(options.output, left), "half");
  expect(await work.committed()).toEqual(new Set());
  await using _ = await EncodeWork.open(options, { workers: 0 });
  expect(await readdir(options.output)).toEqual(["_manifest.json"]);
});

test.each<[string, string, Partial<EncodeWorkOptions>, RegExp]>([
  ["a column that there is not", jsonl(rows), { keep: ["year"] }, /no column "year" to keep, only id, text/],
  [
    "the name of the embeddings",
    jsonl([{ text: "a", embedding: 1 }]),
    {},
    /has a column embedding, as the output will/,
  ],
  ["a column twice", jsonl(rows), { keep: ["id", "id:text"] }, /kept twice/],
  ["no field", jsonl([{ other: "a" }]), {}, /no field "text", only other; name one with --field/],
  ["columns in .npy", jsonl(rows), { keep: ["id"], outputFormat: "npy" }, /npy has no columns: leave keep out/],
  ["an output in an input", jsonl(rows), { inputs: [folder] }, /lies in the input .*: name a folder outside/],
  ["no shards", jsonl(rows), { shards: 0 }, /shards should be a positive integer/],
  ["an unknown option", jsonl(rows), { batchSize: 3 } as object, /no option "batchSize"/],
])("%s is refused", async (_, content, options, message) => {
  const own = join(folder, `own-${count++}.jsonl`);
  await writeFile(own, content);
  await expect(EncodeWork.open(workOptions({ inputs: [own], ...options }), { workers: 0 })).rejects.toThrow(message);
});

test("rows that the first ones don't announce are refused, with what to do", async () => {
  const own = join(folder, "late.jsonl");
  const many = Array.from({ length: 3000 }, (_, id) => ({ id, text: "a" }));
  await writeFile(
    own,
    jsonl([...many.with(1501, { id: "x", text: "b" } as never), { id: 1, text: "c", late: 1 } as never]),
  );
  await using work = await EncodeWork.open(workOptions({ inputs: [own] }), { workers: 0 });
  await expect(work.run(1)).rejects.toThrow(
    /column "id" should be integer, got "x"; say of what type .*--keep id:text/,
  );
  await expect(work.run(2)).rejects.toThrow(/has a column "late" that the first rows lack/);
  await using typed = await EncodeWork.open(workOptions({ inputs: [own], keep: ["id:text"] }), { workers: 0 });
  await typed.run(1);
  await typed.run(2);
});

test("an input without rows gives shards without rows", async () => {
  const own = join(folder, "empty.txt");
  await writeFile(own, "");
  const options = workOptions({ inputs: [own], shards: 2 });
  await runAll(options);
  expect(await workStatus(options.output)).toMatchObject({ rows: 0, missing: [], dimension: 8 });
  expect(await verifyWork(options.output)).toEqual([]);
  expect(await readAll(options.output)).toEqual([]);
});
