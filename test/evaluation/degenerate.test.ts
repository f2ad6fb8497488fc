/** Data and embeddings that leave a score undefined end in an HpdError; no output ever says NaN, Infinity or null. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import type { Encode, Evaluator } from "../../src/evaluation/evaluator.ts";
import {
  BinaryClassificationEvaluator,
  buildReport,
  ClassificationEvaluator,
  ClusteringEvaluator,
  EmbeddingSimilarityEvaluator,
  evaluate,
  htmlReport,
  InformationRetrievalEvaluator,
  MSEEvaluator,
  markdownReport,
  mtebResults,
  ParaphraseMiningEvaluator,
  TripletEvaluator,
  textReport,
} from "../../src/evaluation/index.ts";
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

/** Texts are numbers: what is made of them is up to the kind of embedding. */
const embeddings: Record<string, (text: string) => number[]> = {
  "all alike": () => [0.3, 0.4, 0.1],
  "all zero": () => [0, 0, 0],
  huge: (text) => [1e30 * (Number(text) + 1), -3e30, 1e30],
  tiny: (text) => [1e-30 * (Number(text) + 1), 1e-30, 0],
  "one line": (text) => [Number(text) + 1, 0, 0],
  random: (text) => {
    const random = Random.fromText(text);
    return [random.normal(), random.normal(), random.normal()];
  },
};

const kinds: Record<string, (texts: string[], random: Random) => Evaluator> = {
  STS: (texts, random) => {
    const scores = texts.map(() => random.nextInteger(3));
    const others = texts.map((_, index) => `${(7 * index) % 9}`);
    return new EmbeddingSimilarityEvaluator({ sentences1: texts, sentences2: others, scores });
  },
  pairs: (texts, random) => {
    const labels = texts.map(() => random.nextInteger(2));
    return new BinaryClassificationEvaluator({ sentences1: texts, sentences2: texts.toReversed(), labels });
  },
  triplets: (texts) => new TripletEvaluator({ anchors: texts, positives: texts.toReversed(), negatives: texts }),
  MSE: (texts) =>
    new MSEEvaluator({ sentences: texts, teacherEmbeddings: Embeddings.fromRows(texts.map(() => [0.3, 0.4, 0.1])) }),
  mining: (texts) => {
    const sentences = new Map(texts.map((text, index) => [`${index}`, text]));
    return new ParaphraseMiningEvaluator({ sentences, duplicates: texts.length > 1 ? [["0", "1"]] : [] });
  },
  clustering: (texts, random) =>
    new ClusteringEvaluator({ texts, labels: texts.map(() => `${random.nextInteger(3)}`) }),
  classification: (texts, random) => {
    const labels = texts.map(() => `${random.nextInteger(3)}`);
    return new ClassificationEvaluator({ texts, labels }, { texts, labels: labels.toReversed() });
  },
  retrieval: (texts, random) => {
    const byId = new Map(texts.map((text, index) => [`${index}`, text]));
    const grades = () => new Map([[`${random.nextInteger(texts.length)}`, random.nextInteger(4) - 1]]);
    const relevantDocs = new Map(Array.from(byId.keys(), (id) => [id, grades()]));
    return new InformationRetrievalEvaluator({ queries: byId, corpus: byId, relevantDocs });
  },
};

test.each(Object.keys(kinds))("%s", async (kind) => {
  let reports = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(embeddings)),
      fc.constantFrom(...Object.keys(embeddings)),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 1e6 }),
      async (embedding, other, count, distinct, seed) => {
        const texts = Array.from({ length: count }, (_, index) => `${index % distinct}`);
        const models = [];
        try {
          for (const [index, of] of [embedding, other].entries()) {
            const encode: Encode = async (given) => Embeddings.fromRows(given.map((text) => embeddings[of]!(text)));
            const evaluations = await evaluate(encode, [kinds[kind]!(texts, new Random(seed))]);
            models.push({ name: `model ${index}`, dimension: 3, evaluations });
          }
        } catch (error) {
          expect(error).toBeInstanceOf(HpdError);
          return;
        }
        const report = buildReport(models, "model 1", {
          sampling: { samples: 20, seed: 1 },
          createdAt: "2026-01-02T03:04:05Z",
          machine: "a machine",
        });
        reports++;
        const json = JSON.stringify([report, mtebResults(report.models[0]!).map(({ content }) => content)]);
        const outputs = [
          // MTEB's own, which are null where nothing is known.
          json.replaceAll(/"(mteb_version|evaluation_time|kg_co2_emissions)":null/g, ""),
          ...[textReport(report), markdownReport(report), htmlReport(report, models)],
        ];
        for (const output of outputs) expect(output).not.toMatch(/NaN|Infinity|null|undefined/);
        for (const { score, interval } of report.models.flatMap(({ tasks }) => tasks)) {
          if (interval === undefined) continue;
          expect(interval.low).toBeLessThanOrEqual(score);
          expect(interval.high).toBeGreaterThanOrEqual(score);
        }
        for (const { difference, interval } of report.comparisons.flatMap(({ tasks }) => tasks)) {
          if (interval === undefined) continue;
          expect(interval.low).toBeLessThanOrEqual(difference);
          expect(interval.high).toBeGreaterThanOrEqual(difference);
        }
      },
    ),
    { seed: 13, numRuns: 40 },
  );
  // Not all of it is an error, though a correlation is undefined for most of these embeddings.
  expect(reports).toBeGreaterThan(2);
});
