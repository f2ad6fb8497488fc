/** Rows with lists of documents, of many lengths: the loss against Python's, how they are read, and a run of them. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { evaluatorOfRows } from "../../../src/fine-tuning/cross-encoder/evaluator.ts";
import { learnerLossOf } from "../../../src/fine-tuning/cross-encoder/losses/cross-encoder-loss.ts";
import { Random } from "../../../src/random.ts";
import { crossEncoderLosses, type FineTuningEvent, trainCrossEncoder } from "../../../src/train.ts";
import { openData } from "../../../src/training/data/open-data.ts";
import { madeUpSentences } from "../../distillation/sentences.ts";
import { runLoss } from "../../training/losses/run-loss.ts";

vi.setConfig({ testTimeout: 300_000 });

const scratch = await mkdtemp(join(tmpdir(), "hpd-lists-"));
afterAll(() => rm(scratch, { recursive: true }));

const crossEncoder = (name: string) => fileURLToPath(new URL(`../../fixtures/cross-encoders/${name}`, import.meta.url));

interface Gold {
  scores: number[][];
  labels: number[][];
  value: number;
  gradients: number[][];
}

test("ListNet of lists of other lengths, against sentence-transformers", async () => {
  const file = new URL("../../gold/training/list-net.json", import.meta.url);
  const gold = JSON.parse(await readFile(file, "utf8")) as Gold;
  const pairs = Math.max(...gold.scores.map((row) => row.length));
  const loss = learnerLossOf(crossEncoderLosses.listNet(), { pairs, others: 0, scores: 1 });
  // Scores of texts that fill up are no better than others: they don't count.
  const columns = Array.from({ length: pairs }, (_, at) => gold.scores.map((row) => [row[at] ?? 50]));
  const data = Float32Array.from(
    gold.labels.flatMap((row) => Array.from({ length: pairs }, (_, at) => row[at] ?? -Infinity)),
  );
  const labels = { scores: { dtype: "float32", shape: [gold.labels.length, pairs], data } } as const;
  const { value, gradients } = await runLoss(loss, columns, labels);
  expect(value / gold.value).toBeCloseTo(1, 5);
  for (const [row, expected] of gold.gradients.entries()) {
    for (let at = 0; at < pairs; at++) expect(gradients[at]![row]! - (expected[at] ?? 0)).toBeCloseTo(0, 6);
  }
});

const texts = madeUpSentences(160, 11);

/** A document answers a query that it begins with; of 1 to 4 documents. */
const rows = Array.from({ length: 48 }, (_, row) => {
  const docs = Array.from({ length: 1 + (row % 4) }, (_, at) =>
    at === row % 2 ? `${texts[row]} ${texts[row + 1]}` : texts[row + 60 + at]!,
  );
  return { query: texts[row]!, docs, labels: docs.map((doc) => Number(doc.startsWith(texts[row]!))) };
});

let files = 0;
async function fileOf(rows: readonly object[]): Promise<string> {
  const path = join(scratch, `rows-${files++}.jsonl`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const open = async (rows: readonly object[], validation = 8) =>
  await openData(
    { data: [{ path: await fileOf(rows) }], validation, columns: undefined, label: undefined, seed: 1 },
    { loss: crossEncoderLosses.listNet(), dimension: 1 },
    scratch,
    { signal: new AbortController().signal, onRead() {} },
  );

test("rows are as wide as the longest list, and what fills up is marked", async () => {
  await using data = await open([
    ...rows,
    { query: "q", docs: [], labels: [] },
    { query: "q", docs: null, labels: [] },
  ]);
  expect(data.counts).toMatchObject({ read: 50, empty: 2, train: 40, validation: 8 });
  expect(data.fields).toMatchObject({
    columns: ["query", "docs", "docs", "docs", "docs"],
    label: "labels",
    isList: true,
  });
  const { columns, labels } = await data.train.read([0, 5, 9], new Random(0));
  expect(columns.length).toBe(5);
  for (const [at, query] of columns[0]!.entries()) {
    const row = rows.find((each) => each.query === query)!;
    expect(columns.slice(1).map((column) => column[at])).toEqual([...row.docs, "", "", "", ""].slice(0, 4));
    expect([...labels.scores!.data.subarray(4 * at, 4 * at + 4)]).toEqual(
      Array.from({ length: 4 }, (_, place) => row.labels[place] ?? -Infinity),
    );
  }
});

test("documents that fill up are not ranked", async () => {
  const scores = { dtype: "float32", shape: [2, 3], data: Float32Array.of(0, 1, -Infinity, 1, 0, 0) } as const;
  const columns = [
    ["a", "b"],
    ["x", "y"],
    ["a x", "z"],
    ["", "w"],
  ];
  const asked: string[] = [];
  const score = async (pairs: readonly (readonly [string, string])[]) => {
    asked.push(...pairs.map(([, document]) => document));
    return Float32Array.from(pairs, (pair) => Number(["a,a x", "b,y"].includes(String(pair))));
  };
  const evaluator = evaluatorOfRows(crossEncoderLosses.listNet(), { columns, labels: { scores } });
  expect(await evaluator.evaluate(score)).toBe(1);
  expect(asked).not.toContain("");
});

test("a run of them learns; from Parquet too", async () => {
  const events: FineTuningEvent[] = [];
  const options = {
    model: crossEncoder("bert-1"),
    data: [{ path: await fileOf(rows) }],
    loss: crossEncoderLosses.listNet(),
    batchSize: 8,
    epochs: 2,
    validationSteps: 5,
    learningRate: 3e-3,
    validation: 8,
    threads: 1,
    out: join(scratch, "model"),
  };
  const done = await trainCrossEncoder({ ...options, onEvent: (event) => events.push(event) });
  expect(events.find((event) => event.type === "prepared")).toMatchObject({
    datasets: [{ columns: ["query", "docs", "docs", "docs", "docs"], label: "labels" }],
  });
  const validations = events.filter((event) => event.type === "validation");
  expect(done.best.loss).toBeLessThan(validations[0]!.loss);

  const path = fileURLToPath(new URL("../../fixtures/tables/lists-ranked.parquet", import.meta.url));
  await using data = await openData(
    { data: [{ path }], validation: 2, columns: undefined, label: undefined, seed: 1 },
    { loss: options.loss, dimension: 1 },
    scratch,
    { signal: new AbortController().signal, onRead() {} },
  );
  expect(data.counts).toMatchObject({ read: 8, empty: 1, train: 5, validation: 2 });
  const { columns, labels } = await data.train.read([0, 1, 2, 3, 4], new Random(0));
  for (const [at, query] of columns[0]!.entries()) {
    const row = Number(query.split(" ")[1]);
    expect([...labels.scores!.data.subarray(3 * at, 3 * at + 3)]).toEqual(
      Array.from({ length: 3 }, (_, place) => (place <= row % 3 ? (row + place) % 2 : -Infinity)),
    );
  }
});

test.each([
  [
    "labels of another number",
    [{ query: "a", docs: ["b", "c"], labels: [1] }],
    /labels should hold 2 numbers, got a list of 1/,
  ],
  ["a list of numbers", [{ query: "a", docs: [1, 2], labels: [1, 0] }], /docs should be a list of texts/],
  [
    "one text and no list",
    [{ query: "a", docs: "b", labels: [1] }],
    /takes 3 or more columns .* or a query and a list of documents/,
  ],
  ["no labels", [{ query: "a", docs: ["b", "c"] }], /the loss takes the label scores/],
])("refused: %s", async (_, rows, message) => {
  await expect(open([...rows, ...rows, ...rows], 1)).rejects.toThrow(message);
});
