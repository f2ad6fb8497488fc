/** Prompts of columns: what the learner sees is what `encode` makes of them, and a model keeps its own. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { columnPrompts } from "../../src/fine-tuning/prompts.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { cosineSimilarity, multipleNegativesRanking, type TrainOptions, train } from "../../src/train.ts";
import { createLearner } from "../../src/training/learner/create-learner.ts";
import { validationBatches } from "../../src/training/loop/batches.ts";
import { textEncoder } from "../../src/training/loop/text-encoder.ts";
import { openStudent } from "../../src/training/student/open-student.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { withFiles } from "../encode/model-folder.ts";

vi.setConfig({ testTimeout: 120_000 });

const scratch = await mkdtemp(join(tmpdir(), "hpd-prompts-"));
afterAll(() => rm(scratch, { recursive: true }));

const config = (file: string) => readFile(new URL(`../fixtures/models/bert/${file}`, import.meta.url), "utf8");
const own = { query: "the man : ", document: "a dog : " };
const models = await Promise.all(
  [true, false].map(async (include_prompt) =>
    withFiles("bert", {
      "1_Pooling/config.json": { ...JSON.parse(await config("1_Pooling/config.json")), include_prompt },
      "config_sentence_transformers.json": {
        ...JSON.parse(await config("config_sentence_transformers.json")),
        prompts: own,
      },
    }),
  ),
);
afterAll(async () => {
  for (const model of models) await model[Symbol.asyncDispose]();
});

const texts = madeUpSentences(60, 5);
const [first, second] = [texts.slice(0, 12), texts.slice(12, 24)];
const scores = Float32Array.from(first, (_, row) => (row % 3) / 2);

test.each([0, 1])(
  "the loss is that of the embeddings that encode gives with the same prompts (model %i)",
  async (which) => {
    const { path } = models[which]!;
    const student = await openStudent({ model: path });
    const options = { prompts: { sentence1: "in the park , " }, promptNames: { sentence2: "document" } };
    const prompts = columnPrompts(options, ["sentence1", "sentence2"], student, student.maxSeqLength)!;
    expect(prompts.map(({ text }) => text)).toEqual(["in the park , ", own.document]);
    const set = {
      count: first.length,
      read: async (places: readonly number[]) => ({
        columns: [places.map((place) => first[place]!), places.map((place) => second[place]!)],
        labels: {
          score: {
            dtype: "float32",
            shape: [places.length],
            data: Float32Array.from(places, (place) => scores[place]!),
          },
        } as const,
      }),
    };
    await using encoder = await SentenceTransformer.load(path, { workers: 0 });
    const a = await encoder.encode(first, { prompt: "in the park , ", normalizeEmbeddings: true });
    const b = await encoder.encode(second, { promptName: "document", normalizeEmbeddings: true });
    const without = await encoder.encode(second, { normalizeEmbeddings: true });
    const lossOf = (b: typeof a) =>
      first.reduce((sum, _, row) => {
        const cosine = a.row(row).reduce((dot, value, at) => dot + value * b.row(row)[at]!, 0);
        return sum + (cosine - scores[row]!) ** 2 / first.length;
      }, 0);
    const learner = await createLearner({
      modules: student.modules,
      padId: student.tokenizer.padId,
      objectives: [{ loss: cosineSimilarity(), columns: 2 }],
      optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, correctBias: true },
      maxGradientNorm: 1,
      dropout: 0,
      seed: 1,
      threads: 1,
    });
    try {
      const dataset = {
        name: "",
        train: set,
        validation: set,
        batchSize: 12,
        encoder: textEncoder(student.tokenizer, prompts),
      };
      let batches = 0;
      for await (const batch of validationBatches(dataset, 0, student.tokenizer)) {
        batches++;
        const loss = await learner.evaluate(batch);
        expect(Math.abs(loss - lossOf(b))).toBeLessThan(1e-5);
        expect(await learner.accumulate(batch)).toBeCloseTo(loss, 5);
        expect(Math.abs(loss - lossOf(without))).toBeGreaterThan(1e-4);
      }
      expect(batches).toBe(1);
      const ids = second.map((text) => student.tokenizer.encode(own.document + text));
      const embedded = await learner.embed(ids, undefined, prompts[1]!.tokens);
      const expected = await encoder.encode(second, { promptName: "document" });
      expect(Math.max(...embedded.map((value, at) => Math.abs(value - expected.data[at]!)))).toBeLessThan(1e-5);
    } finally {
      await learner.dispose();
    }
  },
);

describe("a run", async () => {
  const data = join(scratch, "pairs.jsonl");
  await writeFile(
    data,
    Array.from(
      { length: 30 },
      (_, row) => `${JSON.stringify({ query: texts[row], positive: texts[30 + row] })}\n`,
    ).join(""),
  );
  let runs = 0;
  const options = (): TrainOptions => ({
    model: models[0]!.path,
    data: [{ path: data }],
    loss: multipleNegativesRanking(),
    batchSize: 8,
    validation: 6,
    maxSteps: 1,
    learningRate: 1e-3,
    dropout: 0,
    threads: 1,
    out: join(scratch, `model-${runs++}`),
  });
  const weights = ({ out }: TrainOptions) => readFile(join(out, "model.safetensors"), "utf8");

  test("one for all columns, by names, in texts of their own: the same weights for the same prompts", async () => {
    const runs = [
      { ...options(), promptNames: { query: "query", positive: "document" } },
      { ...options(), prompts: own.query },
      { ...options(), prompts: { query: own.query, positive: own.document } },
    ];
    for (const run of runs) await train(run);
    const [byName, one, byText] = await Promise.all(runs.map(weights));
    expect(byText).toBe(byName);
    expect(one).not.toBe(byName);
    // The model keeps its own prompts.
    await using model = await SentenceTransformer.load(runs[0]!.out, { workers: 0 });
    expect(model.prompts).toEqual(own);
    const recipe = JSON.parse(await readFile(`${runs[0]!.out}.training/recipe.json`, "utf8"));
    expect(recipe.promptNames).toEqual({ query: "query", positive: "document" });
  });

  test.each<[string, Partial<TrainOptions>, RegExp]>([
    [
      "a column that isn't there",
      { prompts: { qeury: "q: " } },
      /prompts: qeury is none of the columns query, positive \(did you mean query\?\)/,
    ],
    ["a prompt that the model hasn't", { promptNames: "passage" }, /no prompt "passage"; it has: query, document/],
    [
      "both for one column",
      { prompts: "a ", promptNames: { query: "query" } },
      /query has both a prompt and a prompt's name/,
    ],
    ["no text", { prompts: { query: 7 } as never }, /prompts should be a text for all columns, or texts by/],
    [
      "longer than texts may be",
      { prompts: "a man ".repeat(40) },
      /prompt of the column query .* leaves no room for text in 48/,
    ],
    [
      "longer than they may be in training",
      { prompts: "a man in the park", maxSeqLength: 6 },
      /leaves no room for text in 6/,
    ],
  ])("refuses %s", async (_, changes, message) => {
    await expect(train({ ...options(), ...changes })).rejects.toThrow(message);
  });
});
