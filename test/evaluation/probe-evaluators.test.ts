/** Clustering and classification of made-up embeddings, of which it is known how well they can be told apart. */
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import type { Encode, Evaluation, Evaluator } from "../../src/evaluation/evaluator.ts";
import { ClassificationEvaluator } from "../../src/evaluation/evaluators/classification.ts";
import { ClusteringEvaluator, type LabelledTexts } from "../../src/evaluation/evaluators/clustering.ts";
import { Random } from "../../src/random.ts";
import { asEmbeddings } from "../../src/similarity/as-embeddings.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";
import { scoreOfAllItems } from "./resampling.ts";

const classes = ["a", "b", "c", "d"];

/** `a 0`, `b 1`, ...: the first word is the label. */
function labelledTexts(count: number, first = 0): LabelledTexts {
  const texts = Array.from({ length: count }, (_, index) => `${classes[index % classes.length]} ${first + index}`);
  return { texts, labels: texts.map((text) => text[0]!) };
}

/** Each class around a corner of its own, as far away as is said. */
function encodeAround(distance: number): Encode {
  return async (texts) =>
    Embeddings.fromRows(
      texts.map((text) => {
        const random = Random.fromText(text);
        return classes.map((label) => (label === text[0] ? distance : 0) + random.nextInteger(1000) / 1000);
      }),
    );
}

async function evaluateOne(encode: Encode, evaluator: Evaluator): Promise<Evaluation> {
  return (await evaluate(encode, [evaluator]))[0]!;
}

describe("clustering", () => {
  const evaluator = new ClusteringEvaluator(labelledTexts(200));

  test("classes far from one another are found again by most seeds", async () => {
    const evaluation = await evaluateOne(encodeAround(9), evaluator);
    expect(evaluation.scores.v_measure).toBeGreaterThan(0.9);
    expect(evaluation.scores.homogeneity).toBeGreaterThan(0.9);
    expect(evaluation).toMatchObject({ mainMetric: "v_measure", count: 200 });
    expect(scoreOfAllItems(evaluation)).toBe(evaluation.scores.v_measure);
  });

  test("classes in one place are not, and a seed gives the same scores again", async () => {
    const evaluation = await evaluateOne(encodeAround(0), evaluator);
    expect(evaluation.scores.v_measure).toBeLessThan(0.1);
    expect(evaluation.scores.v_measure_std).toBeGreaterThan(0);
    expect((await evaluateOne(encodeAround(0), evaluator)).scores).toEqual(evaluation.scores);
    const otherSeed = new ClusteringEvaluator(labelledTexts(200), { seed: 1 });
    expect((await evaluateOne(encodeAround(0), otherSeed)).scores).not.toEqual(evaluation.scores);
  });

  test("one class, and other than one label a text, are refused", () => {
    expect(() => new ClusteringEvaluator({ texts: ["a", "b"], labels: ["x", "x"] })).toThrow(/1 classes/);
    expect(() => new ClusteringEvaluator({ texts: ["a", "b", "c"], labels: ["x", "y"] })).toThrow(/3 texts, 2 labels/);
  });
});

describe("classification", () => {
  const [train, test_] = [labelledTexts(400), labelledTexts(100, 400)];

  test("classes far from one another are told apart, those in one place are guessed", async () => {
    const evaluator = new ClassificationEvaluator(train, test_);
    const apart = await evaluateOne(encodeAround(3), evaluator);
    expect(apart).toMatchObject({ mainMetric: "accuracy", count: 100, scores: { accuracy: 1, f1: 1 } });
    const together = await evaluateOne(encodeAround(0), evaluator);
    expect(together.scores.accuracy).toBeGreaterThan(0.1);
    expect(together.scores.accuracy).toBeLessThan(0.4);
    expect(scoreOfAllItems(together)).toBeCloseTo(together.scores.accuracy!, 12);
  });

  test("more examples help, and only those drawn are encoded", async () => {
    const few = new ClassificationEvaluator(train, test_, { samplesPerLabel: 1 });
    const many = new ClassificationEvaluator(train, test_, { samplesPerLabel: 100 });
    expect(few.texts.sentence!.length).toBe(10 * 4 + 100);
    const scores = [few, many].map(
      async (evaluator) => (await evaluateOne(encodeAround(0.5), evaluator)).scores.accuracy!,
    );
    const [withFew, withMany] = (await Promise.all(scores)) as [number, number];
    expect(withMany).toBeGreaterThan(withFew + 0.05);
  });

  test("a class that has no examples is got wrong", async () => {
    const without = train.texts.flatMap((text, index) => (text.startsWith("d") ? [] : [index]));
    const evaluator = new ClassificationEvaluator(
      { texts: without.map((index) => train.texts[index]!), labels: without.map((index) => train.labels[index]!) },
      test_,
    );
    expect((await evaluateOne(encodeAround(3), evaluator)).scores.accuracy).toBeCloseTo(0.75, 12);
  });

  test("nothing to learn or to test is refused", () => {
    expect(() => new ClassificationEvaluator({ texts: [], labels: [] }, test_)).toThrow(
      /train: .* at least one, got 0 and 0/,
    );
    expect(() => new ClassificationEvaluator(train, { texts: ["a"], labels: [] })).toThrow(/test: .* got 0 and 1/);
    expect(() => new ClassificationEvaluator({ texts: ["a"], labels: ["x"] }, test_)).toThrow(
      /train: expected two classes at least, got only "x"/,
    );
    for (const samplesPerLabel of [0, 1.5, Number.NaN]) {
      expect(() => new ClassificationEvaluator(train, test_, { samplesPerLabel })).toThrow(
        /samplesPerLabel should be a positive integer/,
      );
    }
  });
});

test("a signal stops both", async () => {
  const stopped = AbortSignal.abort(new Error("stopped"));
  const embeddings = await evaluateLookup();
  for (const evaluator of [
    new ClusteringEvaluator(labelledTexts(8)),
    new ClassificationEvaluator(labelledTexts(8), labelledTexts(8)),
  ]) {
    await expect(evaluator.evaluate(embeddings, stopped)).rejects.toThrow("stopped");
  }
});

async function evaluateLookup() {
  const all = asEmbeddings(await encodeAround(1)(labelledTexts(8).texts, { prompt: "" }));
  const rowOf = new Map(labelledTexts(8).texts.map((text, row) => [text, row]));
  return {
    dimension: all.dimension,
    of: (texts: readonly string[]) => Embeddings.fromRows(texts.map((text) => all.row(rowOf.get(text)!))),
  };
}
