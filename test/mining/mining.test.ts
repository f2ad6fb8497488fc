/** What is refused, the cache, progress and an interruption. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { type MineHardNegativesOptions, type MiningProgress, mineHardNegatives } from "../../src/train.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";
import { modelOf, type Row } from "./made-up.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-mining-"));
afterAll(() => rm(scratch, { recursive: true }));

const rows = Array.from({ length: 5 }, (_, at): Row => ({ anchor: `q${at}`, positive: `p${at}` }));
const vectors = new Map(
  rows.flatMap(({ anchor, positive }, at): [string, number[]][] => [
    [anchor, [1, at]],
    [positive, [at, 1]],
  ]),
);
const mine = (options: MineHardNegativesOptions, given: Iterable<object> = rows) =>
  mineHardNegatives(given, modelOf(vectors), options);

test.each<[string, MineHardNegativesOptions, RegExp]>([
  [
    "an option of Python's that is none here",
    { useFaiss: true } as object,
    /no option "useFaiss": the search is exact/,
  ],
  ["a format", { outputFormat: "pairs" as "triplet" }, /outputFormat should be one of triplet, n-tuple/],
  ["the old name of a format", { outputFormat: "n-tuple-scores" as "triplet" }, /outputScores true/],
  ["no negatives", { numNegatives: 0 }, /numNegatives should be a positive integer/],
  ["ranks without room", { rangeMin: 3, rangeMax: 5 }, /there are 2 candidates, fewer than `numNegatives` 3/],
  ["ranks beyond the corpus", { rangeMin: 5 }, /only 5 different candidates/],
  ["scores that exclude each other", { minScore: 0.5, maxScore: 0.4 }, /no score is between/],
  ["a limit that is no number", { maxScore: Number.NaN }, /maxScore should be a finite number/],
  ["a margin below 0", { relativeMargin: -0.1 }, /relativeMargin should be a non-negative number/],
  ["positives among triplets", { includePositives: true, outputFormat: "triplet" }, /which only n-tuple has/],
  ["a column that isn't there", { anchorColumnName: "ancor" }, /no field "ancor".*anchor/],
  ["a cross-encoder with nothing to do", { crossEncoder: reranker(1) }, /give one of absoluteMargin/],
  ["a cross-encoder with labels", { crossEncoder: reranker(3), minScore: 0 }, /one score, this one gives 3/],
  [
    "a limit that leaves nothing",
    { maxScore: -5 },
    /none of 5 anchors has a negative: `maxScore` -5 took 20 candidates/,
  ],
  [
    "more negatives than texts",
    { outputFormat: "n-tuple", numNegatives: 5 },
    /5 negatives: there are too few other.*numNegatives/,
  ],
  ["a file's name", { corpus: "texts.txt" }, /corpus should be an iterable of strings, got "texts.txt"/],
  ["a text of the corpus", { corpus: [1 as unknown as string] }, /corpus: text 0 should be a string, got 1/],
])("%s is refused", async (_, options, message) => {
  await expect(mine(options)).rejects.toThrow(message);
});

test.each<[string, Iterable<object>, RegExp]>([
  ["no rows", [], /there are no rows/],
  ["one row", rows.slice(0, 1), /the only row's positive is the only candidate/],
  [
    "one passage",
    rows.map((row) => ({ ...row, positive: "p0" })),
    /the positives of all 5 rows are the only candidate/,
  ],
  ["empty rows", rows.map((row) => ({ ...row, anchor: " " })), /all 5 rows have an empty text/],
  ["a row of one field", [{ anchor: "q0" }], /a field of anchors and another one of positives, got anchor/],
  ["a row that is none", ["q0" as unknown as object], /row 0 should be an object/],
  [
    "a text that is none",
    [rows[0]!, { anchor: "q1", positive: 7 }],
    /row 1: the field positive should be a string, got 7/,
  ],
  [
    "a field with a name of ours",
    [
      { anchor: "q0", negative: "p0" },
      { anchor: "q1", negative: "p1" },
    ],
    /negative of the rows/,
  ],
])("%s: refused before anything is embedded", async (_, given, message) => {
  const model = modelOf(vectors);
  await expect(mineHardNegatives(given, model)).rejects.toThrow(message);
  expect(model.embedded).toBe(0);
});

test("fields are told by their names, else they are the first two", async () => {
  const columns = async (given: (row: Row) => object) => (await mine({}, rows.map(given))).columns;
  expect(await columns(({ anchor, positive }) => ({ source: "x", positive, query: anchor }))).toEqual([
    "query",
    "positive",
    "negative",
  ]);
  expect(await columns(({ anchor, positive }) => ({ frage: anchor, antwort: positive }))).toEqual([
    "frage",
    "antwort",
    "negative",
  ]);
});

test("empty rows are left out and counted, and an anchor among its negatives is told", async () => {
  const own = new Map([...vectors, ["q9", [1, 9]]]);
  const given = [
    ...rows,
    { anchor: "q1", positive: null },
    { anchor: "q9", positive: "p2" },
    { anchor: "q0", positive: "q9" },
  ];
  const { statistics } = await mineHardNegatives(given, modelOf(own));
  expect(statistics.rows).toEqual({ read: 8, empty: 1 });
  expect(statistics.ownAnchors).toBe(1);
});

test("a cache embeds only what is new, and gives the same", async () => {
  const folder = join(scratch, "cache");
  await using model = await SentenceTransformer.load(fixture("bert"), { workers: 0 });
  const texts = madeUpSentences(60, 3);
  const pairs = Array.from({ length: 30 }, (_, at) => ({ anchor: texts[2 * at]!, positive: texts[2 * at + 1]! }));
  const plain = await mineHardNegatives(pairs, model, { outputScores: true });
  const stages: MiningProgress[] = [];
  const onProgress = (progress: MiningProgress) => stages.push(progress);
  const first = await mineHardNegatives(pairs, model, { outputScores: true, cacheFolder: folder, onProgress });
  expect([...first]).toEqual([...plain]);
  expect(stages.at(-1)).toEqual({ stage: "search", done: 30, total: 30 });
  expect(stages).toContainEqual({ stage: "embed queries", done: 30, total: 30 });
  const files = await readdir(folder);
  expect(files.length).toBe(2);
  const bytes = await Promise.all(files.map((file) => readFile(join(folder, file))));
  let embedded = 0;
  const counting: Parameters<typeof mineHardNegatives>[1] = {
    similarityFunction: model.similarityFunction,
    describe: () => model.describe(),
    encodeQuery: (some, options) => {
      embedded += some.length;
      return model.encodeQuery(some, options);
    },
    encodeDocument: (some, options) => {
      embedded += some.length;
      return model.encodeDocument(some, options);
    },
  };
  expect([...(await mineHardNegatives(pairs, counting, { outputScores: true, cacheFolder: folder }))]).toEqual([
    ...plain,
  ]);
  expect(embedded).toBe(16);
  // A damaged file, and one that is cut, count for nothing.
  bytes[0]![100]! ^= 1;
  await writeFile(join(folder, files[0]!), bytes[0]!);
  await writeFile(join(folder, files[1]!), bytes[1]!.subarray(0, 1000));
  expect([...(await mineHardNegatives(pairs, model, { outputScores: true, cacheFolder: folder }))]).toEqual([...plain]);
  // Another prompt embeds anew, and so does another model that calls itself the same.
  await mineHardNegatives(pairs, model, { cacheFolder: folder, queryPrompt: "find " });
  expect((await readdir(folder)).length).toBe(3);
  await using other = await SentenceTransformer.load(fixture("distilbert"), { workers: 0 });
  const disguised = {
    similarityFunction: other.similarityFunction,
    describe: () => model.describe(),
    encodeQuery: other.encodeQuery.bind(other),
    encodeDocument: other.encodeDocument.bind(other),
  } as Parameters<typeof mineHardNegatives>[1];
  const fresh = await mineHardNegatives(pairs, other, { outputScores: true });
  expect([...(await mineHardNegatives(pairs, disguised, { outputScores: true, cacheFolder: folder }))]).toEqual([
    ...fresh,
  ]);
});

test("a run that was stopped embeds the parts that it hadn't come to", async () => {
  const folder = join(scratch, "parts");
  const many = Array.from({ length: 17_000 }, (_, at): Row => ({ anchor: `q${at % 5}`, positive: `text ${at}` }));
  const all = new Map([
    ...vectors,
    ...many.map(({ positive }, at): [string, number[]] => [positive, [at % 97, at % 89]]),
  ]);
  const options = { rangeMax: 5, outputFormat: "labeled-pair", outputScores: true } as const;
  const first = await mineHardNegatives(many, modelOf(all), { ...options, cacheFolder: folder });
  const files = await readdir(folder);
  // The last part of the corpus: 616 texts.
  const sizes = await Promise.all(files.map(async (file) => (await readFile(join(folder, file))).length));
  await rm(join(folder, files[sizes.indexOf(4 * 2 * (616 + 8) + 32)]!));
  const model = modelOf(all);
  const again = await mineHardNegatives(many, model, { ...options, cacheFolder: folder });
  expect(model.embedded).toBe(8 + 8 + 616 + 5);
  expect([...again]).toEqual([...first]);
  expect([...again]).toEqual([...(await mineHardNegatives(many, modelOf(all), options))]);
});

test("a cache that can't be written is refused before anything is embedded", async () => {
  const file = join(scratch, "file");
  await writeFile(file, "");
  const model = modelOf(vectors);
  const mining = mineHardNegatives(rows, model, { cacheFolder: join(file, "cache") });
  await expect(mining).rejects.toMatchObject({ name: "HpdError", code: "invalid_argument" });
  expect(model.embedded).toBe(0);
});

test.skipIf(process.getuid?.() === 0)("a cache is kept in its folder, whatever may be done beside it", async () => {
  const cacheFolder = join(scratch, "read-only/cache");
  await mkdir(cacheFolder, { recursive: true });
  await chmod(join(scratch, "read-only"), 0o555);
  try {
    await mineHardNegatives(rows, modelOf(vectors), { cacheFolder });
    expect(await readdir(cacheFolder)).not.toEqual([]);
  } finally {
    await chmod(join(scratch, "read-only"), 0o755);
  }
});

test("an abort rejects with its reason", async () => {
  const reason = new Error("enough");
  await expect(mine({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const onProgress = () => controller.abort(reason);
  const many = Array.from({ length: 3000 }, (_, at): Row => ({ anchor: `q${at % 5} `.trim(), positive: `p${at % 5}` }));
  await using model = await SentenceTransformer.load(fixture("bert"), { workers: 0 });
  await expect(mineHardNegatives(many, model, { signal: controller.signal, onProgress })).rejects.toBe(reason);
});

function reranker(numLabels: number): NonNullable<MineHardNegativesOptions["crossEncoder"]> {
  return { numLabels, predict: (async () => new Float32Array()) as never };
}
