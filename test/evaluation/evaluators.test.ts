/** Evaluators against those of sentence-transformers (tools/gold/evaluators.py), what they refuse, their resampling. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import type { EmbeddingLookup, Encode, Evaluation, Evaluator } from "../../src/evaluation/evaluator.ts";
import { BinaryClassificationEvaluator } from "../../src/evaluation/evaluators/binary-classification.ts";
import {
  InformationRetrievalEvaluator,
  type RetrievalData,
} from "../../src/evaluation/evaluators/information-retrieval.ts";
import { MSEEvaluator } from "../../src/evaluation/evaluators/mse.ts";
import { ParaphraseMiningEvaluator } from "../../src/evaluation/evaluators/paraphrase-mining.ts";
import { TripletEvaluator } from "../../src/evaluation/evaluators/triplet.ts";
import type { SimilarityFunction } from "../../src/similarity/similarity.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";
import { itemScoresOf, scoreOfAllItems } from "./resampling.ts";

const gold = JSON.parse(readFileSync(new URL("../gold/evaluation/evaluators.json", import.meta.url), "utf8"));
const texts: string[] = Object.keys(gold.student);

const encode: Encode = async (given) => Embeddings.fromRows(given.map((text) => gold.student[text]));

async function evaluateOne(evaluator: Evaluator): Promise<Evaluation> {
  const [evaluation] = await evaluate(encode, [evaluator]);
  return evaluation!;
}

/** Single precision computed the similarities on both sides. */
function expectScores(actual: Readonly<Record<string, number>>, expected: Record<string, number>): void {
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs(actual[name]! - value), `${name}: ${actual[name]}, Python ${value}`).toBeLessThan(2e-6);
  }
}

const byId = (ids: readonly string[]) => new Map(ids.map((id) => [id, id]));

const retrieval: RetrievalData = {
  queries: byId(gold.informationRetrieval.queries),
  corpus: byId(gold.informationRetrieval.corpus),
  relevantDocs: new Map(
    Object.entries<string[]>(gold.informationRetrieval.relevantDocs).map(([query, ids]) => [
      query,
      new Map(ids.map((id) => [id, 1])),
    ]),
  ),
};

const evaluators = {
  binaryClassification: new BinaryClassificationEvaluator(gold.binaryClassification.data),
  triplet: new TripletEvaluator(gold.triplet.data),
  paraphraseMining: new ParaphraseMiningEvaluator({
    sentences: byId(texts),
    duplicates: gold.paraphraseMining.duplicates,
  }),
  mse: new MSEEvaluator({
    sentences: texts,
    teacherEmbeddings: Embeddings.fromRows(texts.map((text) => gold.teacher[text])),
  }),
  informationRetrieval: new InformationRetrievalEvaluator(retrieval),
};

test.each(Object.entries(evaluators).filter(([name]) => name !== "informationRetrieval"))(
  "%s scores as sentence-transformers' evaluator does, under the same names",
  async (name, evaluator) => {
    const { scores } = await evaluateOne(evaluator);
    expect(Object.keys(scores).sort()).toEqual(Object.keys(gold[name].scores).sort());
    expectScores(scores, gold[name].scores);
  },
);

test("informationRetrieval scores as sentence-transformers' evaluator does, under MTEB's names", async () => {
  const { scores, count } = await evaluateOne(evaluators.informationRetrieval);
  const expected = Object.entries<number>(gold.informationRetrieval.scores).map(([name, value]) => [
    name.replace("cosine_accuracy@", "hit_rate_at_").replace("cosine_", "").replace("@", "_at_"),
    value,
  ]);
  expectScores(scores, Object.fromEntries(expected));
  expect(count).toBe(
    Object.values<string[]>(gold.informationRetrieval.relevantDocs).filter((ids) => ids.length > 0).length,
  );
});

test("a margin makes triplets harder, as in sentence-transformers", async () => {
  const { scores } = await evaluateOne(new TripletEvaluator(gold.triplet.data, { margin: gold.triplet.margin }));
  expectScores(scores, gold.triplet.scoresWithMargin);
});

test.each(Object.entries(evaluators))("%s: every item once is the main score", async (_, evaluator) => {
  const evaluation = await evaluateOne(evaluator);
  if (evaluation.resampling === undefined) expect(evaluator.type).toBe("ParaphraseMining");
  else expect(scoreOfAllItems(evaluation)).toBeCloseTo(evaluation.scores[evaluation.mainMetric]!, 12);
});

test("the items' scores are those of each alone", async () => {
  const itemScores = itemScoresOf(await evaluateOne(evaluators.triplet));
  const { anchors, positives, negatives } = gold.triplet.data;
  for (const [index, itemScore] of Array.from(itemScores).entries()) {
    const only = (all: string[]) => [all[index]!];
    const alone = new TripletEvaluator({
      anchors: only(anchors),
      positives: only(positives),
      negatives: only(negatives),
    });
    expect((await evaluateOne(alone)).scores.cosine_accuracy).toBe(itemScore);
  }
});

describe("retrieval", () => {
  const vectors: Record<string, number[]> = { q: [1, 0], same: [1, 0], near: [1, 0.1], far: [0, 1] };
  const encodeVectors: Encode = async (given) => Embeddings.fromRows(given.map((text) => vectors[text]!));
  const grade = (grades: Record<string, number>) => new Map(Object.entries(grades));
  const data = (grades: Record<string, number>): RetrievalData => ({
    queries: new Map([["id", "q"]]),
    corpus: new Map([
      ["id", "same"],
      ["z", "near"],
      ["a", "near"],
      ["far", "far"],
    ]),
    relevantDocs: new Map([["id", grade(grades)]]),
  });
  const scoresOf = async (evaluator: Evaluator) => (await evaluate(encodeVectors, [evaluator]))[0]!.scores;

  test("the document that is the query itself is left out where that is asked for, unless it is relevant", async () => {
    expect(await scoresOf(new InformationRetrievalEvaluator(data({ a: 1 })))).toMatchObject({ mrr_at_10: 1 / 2 });
    const ignoring = new InformationRetrievalEvaluator(data({ a: 1 }), { ignoreIdenticalIds: true });
    expect(await scoresOf(ignoring)).toMatchObject({ mrr_at_10: 1, precision_at_1: 1 });
    const itself = new InformationRetrievalEvaluator(data({ id: 1 }), { ignoreIdenticalIds: true });
    expect(await scoresOf(itself)).toMatchObject({ mrr_at_10: 1, recall_at_1: 1 });
  });

  test("a hundred others are looked at beside the document that is left out", async () => {
    const corpus = new Map(Array.from({ length: 101 }, (_, index) => [`${index}`, `document ${index}`]));
    const encodeAngles: Encode = async (given) =>
      Embeddings.fromRows(given.map((text) => [1, Number(text.split(" ")[1]) / 100]));
    const queries = new Map([["0", "document 0"]]);
    const relevantDocs = new Map([["0", grade({ 100: 1 })]]);
    const evaluator = new InformationRetrievalEvaluator(
      { queries, corpus, relevantDocs },
      { ignoreIdenticalIds: true },
    );
    expect((await evaluate(encodeAngles, [evaluator]))[0]!.scores).toMatchObject({ recall_at_100: 1, recall_at_20: 0 });
  });

  test("of equal scores the lower id comes first, wherever it stands in the corpus", async () => {
    expect(await scoresOf(new InformationRetrievalEvaluator(data({ z: 1 })))).toMatchObject({ mrr_at_10: 1 / 3 });
  });

  test("grades count in nDCG, and those of 0 or less are not relevant", async () => {
    const scores = await scoresOf(new InformationRetrievalEvaluator(data({ id: 1, a: 3, far: -1, z: 0 })));
    const best = 3 + 1 / Math.log2(3);
    expect(scores.ndcg_at_10).toBeCloseTo((1 + 3 / Math.log2(3)) / best, 12);
    expect(scores.recall_at_1).toBe(1 / 2);
  });

  test("queries without judgements are left out, those whose judgements are all 0 or less score 0, as in pytrec_eval", async () => {
    const queries = new Map([
      ["id", "q"],
      ["none", "far"],
      ["zero", "far"],
      ["negative", "far"],
      ["empty", "far"],
    ]);
    const relevantDocs = new Map([
      ["id", grade({ a: 1 })],
      ["zero", grade({ a: 0 })],
      ["negative", grade({ a: -1 })],
      ["empty", grade({})],
    ]);
    const evaluator = new InformationRetrievalEvaluator({ ...data({}), queries, relevantDocs });
    expect(evaluator.texts.query).toEqual(["q", "far", "far"]);
    const [{ scores, count }] = (await evaluate(encodeVectors, [evaluator])) as [Evaluation];
    expect(count).toBe(3);
    // Those of the first query alone are 1 / log2(3), 1 / 2 and 1.
    expect(scores.ndcg_at_10).toBeCloseTo(1 / Math.log2(3) / 3, 12);
    expect(scores.map_at_10).toBeCloseTo(1 / 6, 12);
    expect(scores.recall_at_10).toBeCloseTo(1 / 3, 12);
    expect(() => new InformationRetrievalEvaluator(data({ a: 0 }))).toThrow(
      /queries with a relevant document, got none among 1/,
    );
  });

  test("ids that are not there are refused", () => {
    expect(() => new InformationRetrievalEvaluator(data({ b: 1 }))).toThrow(
      /relevantDocs of query "id" should name documents of the corpus, got "b"/,
    );
    const relevantDocs = new Map([["other", grade({ a: 1 })]]);
    expect(() => new InformationRetrievalEvaluator({ ...data({}), relevantDocs })).toThrow(
      /relevantDocs should name known queries, got "other"/,
    );
  });

  test("many queries are searched with a part at a time, each finds its own documents", async () => {
    // Every second query finds its document first, the others second.
    const answers: Record<string, number[]> = { even: [1, 0], odd: [0.9, 0.1] };
    const queries = new Map(Array.from({ length: 5001 }, (_, index) => [`${index}`, `query ${index}`]));
    const relevantDocs = new Map(
      Array.from(queries.keys(), (id) => [id, grade({ [Number(id) % 2 ? "odd" : "even"]: 1 })]),
    );
    const corpus = byId(Object.keys(answers));
    const atOnce: number[] = [];
    const embeddings: EmbeddingLookup = {
      dimension: 2,
      of(given, role) {
        if (role === "query") atOnce.push(given.length);
        return Embeddings.fromRows(given.map((text) => answers[text] ?? [1, 0]));
      },
    };
    const evaluator = new InformationRetrievalEvaluator({ queries, corpus, relevantDocs });
    const evaluation = await evaluator.evaluate(embeddings);
    const { scores, count } = evaluation;
    expect(Math.max(...atOnce)).toBeLessThan(5001);
    expect({ count, first: scores.hit_rate_at_1! }).toEqual({ count: 5001, first: expect.closeTo(2501 / 5001, 12) });
    // The last query is an even one.
    const [odd, even] = Array.from(itemScoresOf(evaluation)).slice(4999);
    expect(even).toBe(1);
    expect(odd).toBeCloseTo(1 / Math.log2(3), 12);
  });

  test("a signal stops it", async () => {
    const embeddings = {
      dimension: 256,
      of: (given: readonly string[]) => new Embeddings(new Float32Array(given.length * 256), given.length, 256),
    };
    const many = byId(Array.from({ length: 5000 }, (_, index) => `${index}`));
    const evaluator = new InformationRetrievalEvaluator({
      queries: many,
      corpus: many,
      relevantDocs: new Map(Array.from(many.keys(), (id) => [id, grade({ [id]: 1 })])),
    });
    await expect(evaluator.evaluate(embeddings, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  });
});

describe("what can't be scored is refused", () => {
  const invalid = (message: RegExp) =>
    expect.objectContaining({ code: "invalid_argument", message: expect.stringMatching(message) });

  test.each<[string, () => Evaluator, RegExp]>([
    [
      "no pairs",
      () => new BinaryClassificationEvaluator({ sentences1: [], sentences2: [], labels: [] }),
      /at least one, got 0 and 0 sentences, 0 labels/,
    ],
    [
      "a label too many",
      () => new BinaryClassificationEvaluator({ sentences1: ["a"], sentences2: ["b"], labels: [1, 0] }),
      /got 1 and 1 sentences, 2 labels/,
    ],
    ["no triplets", () => new TripletEvaluator({ anchors: [], positives: [], negatives: [] }), /got 0 anchors/],
    [
      "a negative missing",
      () => new TripletEvaluator({ anchors: ["a"], positives: ["b"], negatives: [] }),
      /0 negatives/,
    ],
    [
      "a margin that nothing exceeds",
      () => new TripletEvaluator({ anchors: ["a"], positives: ["b"], negatives: ["c"] }, { margin: Number.NaN }),
      /margin should be a finite number, got NaN/,
    ],
    [
      "a similarity function that is not known",
      () =>
        new InformationRetrievalEvaluator(
          { queries: byId(["q"]), corpus: byId(["a"]), relevantDocs: new Map([["q", new Map([["a", 1]])]]) },
          { similarityFunction: "l3" as SimilarityFunction },
        ),
      /similarityFunction should be one of/,
    ],
    [
      "no sentences",
      () => new MSEEvaluator({ sentences: [], teacherEmbeddings: Embeddings.fromRows([]) }),
      /at least one, got 0 for 0 sentences/,
    ],
    [
      "an embedding missing",
      () => new MSEEvaluator({ sentences: ["a", "b"], teacherEmbeddings: Embeddings.fromRows([[1]]) }),
      /got 1 for 2 sentences/,
    ],
    [
      "no duplicates",
      () => new ParaphraseMiningEvaluator({ sentences: byId(["a"]), duplicates: [] }),
      /one pair of duplicates, got none among 1 sentences/,
    ],
    [
      "a duplicate that is not there",
      () => new ParaphraseMiningEvaluator({ sentences: byId(["a"]), duplicates: [["a", "b"]] }),
      /got a, b/,
    ],
    [
      "its own duplicate",
      () => new ParaphraseMiningEvaluator({ sentences: byId(["a"]), duplicates: [["a", "a"]] }),
      /got a, a/,
    ],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(invalid(message));
  });

  test("pairs none of which belongs together, and a teacher of another dimension", async () => {
    const [first, second] = texts as [string, string];
    const apart = new BinaryClassificationEvaluator({ sentences1: [first], sentences2: [second], labels: [0] });
    await expect(evaluateOne(apart)).rejects.toThrow(invalid(/at least one label 1, got none among 1 labels/));
    const wide = new MSEEvaluator({ sentences: [first], teacherEmbeddings: Embeddings.fromRows([[1, 2]]) });
    await expect(evaluateOne(wide)).rejects.toThrow(invalid(/embeddings of the teacher's dimension 2, got 6/));
  });
});
