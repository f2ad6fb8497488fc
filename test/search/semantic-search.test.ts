/** Search and paraphrase mining: against sentence-transformers (tools/gold/semantic-search.py), and their laws. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { prepareRows, scorePair } from "../../src/search/exact-score.ts";
import { paraphraseMining } from "../../src/search/paraphrase-mining.ts";
import { scoreBlock } from "../../src/search/score-block.ts";
import { ScoreSession } from "../../src/search/score-session.ts";
import { semanticSearch } from "../../src/search/semantic-search.ts";
import { quantizeEmbeddings } from "../../src/similarity/quantization.ts";
import { type SimilarityFunction, similarity, similarityFunctions } from "../../src/similarity/similarity.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

interface GoldCase {
  queries: number[][];
  corpus: number[][];
  topK: number;
  maxPairs: number;
  hits: Record<SimilarityFunction, [number, number][][]>;
  pairs: Record<SimilarityFunction, [number, number, number][]>;
}

const cases: Record<string, GoldCase> = JSON.parse(
  readFileSync(new URL("../gold/search/semantic-search.json", import.meta.url), "utf8"),
).cases;

/** Small integers and halves, so that equal scores are many. */
const coarse = (rows: number, columns: number) =>
  fc.array(fc.integer({ min: -2, max: 2 }), { minLength: rows * columns, maxLength: rows * columns }).map(
    (values) =>
      new Embeddings(
        Float32Array.from(values, (value) => value / 2),
        rows,
        columns,
      ),
  );

describe.each(Object.entries(cases))("%s", (name, gold) => {
  const queries = Embeddings.fromRows(gold.queries);
  const corpus = Embeddings.fromRows(gold.corpus);

  test.each(similarityFunctions)("search by %s finds what Python finds", async (similarityFunction) => {
    const hits = await semanticSearch(queries, corpus, { topK: gold.topK, similarityFunction });
    for (const [query, expected] of gold.hits[similarityFunction].entries()) {
      expect(hits[query]!.length).toBe(expected.length);
      for (const [place, [corpusId, score]] of expected.entries()) {
        expect(hits[query]![place]!.score).toBeCloseTo(score, 5);
        // Python leaves the order of equal scores open.
        if (name !== "equal ones") expect(hits[query]![place]!.corpusId).toBe(corpusId);
      }
    }
  });

  test.each(similarityFunctions)("mining by %s finds the pairs that Python finds", async (similarityFunction) => {
    const { topK, maxPairs } = gold;
    const pairs = await paraphraseMining(corpus, { topK, maxPairs, similarityFunction });
    const expected = gold.pairs[similarityFunction];
    // Which of equally like neighbours a text keeps is open in Python, so whether the pair is there from the other side.
    if (name !== "equal ones")
      expect(pairs.map(({ first, second }) => [first, second])).toEqual(expected.map(([, ...pair]) => pair));
    for (const [place, [score]] of expected.entries()) {
      expect(pairs[place]!.score).toBeCloseTo(score, 5);
    }
  });
});

describe.each(similarityFunctions)("%s", (similarityFunction) => {
  test("hits are the first of all scores sorted, of equal ones the lower position", async () => {
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 5 }),
    );
    const searches = sizes.chain(([queries, corpus, dimension]) =>
      fc.tuple(coarse(queries, dimension), coarse(corpus, dimension), fc.integer({ min: 1, max: 14 })),
    );
    await fc.assert(
      fc.asyncProperty(searches, async ([queries, corpus, topK]) => {
        const hits = await semanticSearch(queries, corpus, { topK, similarityFunction });
        const scores = [...similarity(queries, corpus, similarityFunction)];
        for (const [query, row] of scores.entries()) {
          const expected = Array.from(row, (score, corpusId) => ({ corpusId, score: score + 0 }))
            .sort((a, b) => b.score - a.score || a.corpusId - b.corpusId)
            .slice(0, topK);
          const found = hits[query]!.map(({ corpusId, score }) => ({ corpusId, score: score + 0 }));
          if (similarityFunction !== "cosine") expect(found).toEqual(expected);
          // `similarity` normalizes first, which rounds otherwise in the last bit: what is a tie here may be none there.
          expect(found.length).toBe(expected.length);
          for (const [place, { corpusId, score }] of found.entries()) {
            expect(row[corpusId]).toBeCloseTo(score, 5);
            expect(expected[place]!.score).toBeCloseTo(score, 5);
            const next = found[place + 1];
            if (next?.score === score) expect(next.corpusId).toBeGreaterThan(corpusId);
          }
        }
      }),
    );
  });

  test("a corpus in pieces gives the same hits", async () => {
    const corpus = random(700, 7);
    const queries = random(70, 7);
    const piece = (start: number, end: number) => new Embeddings(corpus.data.slice(start * 7, end * 7), end - start, 7);
    const pieces = [piece(0, 1), piece(1, 1), piece(1, 600), piece(600, 700)];
    const options = { topK: 30, similarityFunction };
    const whole = await semanticSearch(queries, corpus, options);
    expect(await semanticSearch(queries, pieces, options)).toEqual(whole);
    async function* stream() {
      yield* pieces;
    }
    expect(await semanticSearch(queries, stream(), options)).toEqual(whole);
    expect(await semanticSearch(queries, [...corpus], options)).toEqual(whole);
  });

  test("mining gives all pairs that search gives, each once, best first", async () => {
    const corpus = random(1100, 3);
    const pairs = await paraphraseMining(corpus, { topK: 4, similarityFunction });
    const hits = await semanticSearch(corpus, corpus, { topK: 5, similarityFunction });
    const expected = new Set(
      hits.flatMap((found, text) =>
        found
          .filter(({ corpusId }) => corpusId !== text)
          .slice(0, 4)
          .map(({ corpusId }) => `${Math.min(text, corpusId)} ${Math.max(text, corpusId)}`),
      ),
    );
    expect(new Set(pairs.map(({ first, second }) => `${first} ${second}`))).toEqual(expected);
    expect(pairs.length).toBe(expected.size);
    expect(pairs.map(({ score }) => score)).toEqual(pairs.map(({ score }) => score).sort((a, b) => b - a));
    // So few that the list is cut while the search goes on.
    expect(await paraphraseMining(corpus, { topK: 4, maxPairs: 100, similarityFunction })).toEqual(pairs.slice(0, 100));
  });
});

test("one vector is a query, and nothing is found in nothing", async () => {
  const corpus = Embeddings.fromRows([
    [1, 0],
    [0, 1],
  ]);
  expect(await semanticSearch(Float32Array.of(0, 2), corpus, { topK: 1 })).toEqual([[{ corpusId: 1, score: 1 }]]);
  expect(await semanticSearch(corpus, Embeddings.fromRows([]))).toEqual([[], []]);
  expect(await semanticSearch(Embeddings.fromRows([]), corpus)).toEqual([]);
  expect(await paraphraseMining(Embeddings.fromRows([]))).toEqual([]);
  expect(await paraphraseMining(Float32Array.of(1, 2) as unknown as Embeddings)).toEqual([]);
});

test("code for a width is compiled once, which takes as long as to search thousands of embeddings", async () => {
  const corpus = random(20, 777);
  const compile = vi.spyOn(WebAssembly, "Module");
  const hits = await semanticSearch(corpus, corpus);
  expect(compile).toHaveBeenCalledTimes(1);
  expect(await semanticSearch(corpus, corpus)).toEqual(hits);
  expect(compile).toHaveBeenCalledTimes(1);
  compile.mockRestore();
});

test("a zero vector has cosine 0 to everything", async () => {
  const corpus = Embeddings.fromRows([
    [0, 0],
    [3, 4],
  ]);
  const scores = (await semanticSearch(corpus, corpus)).map((hits) => hits.map(({ score }) => score));
  expect(scores).toEqual([
    [0, 0],
    [1, 0],
  ]);
});

test("what can't be searched is refused", async () => {
  const two = Embeddings.fromRows([[1, 2]]);
  const invalid = (message: RegExp) => ({ code: "invalid_argument", message: expect.stringMatching(message) });
  await expect(semanticSearch(two, Embeddings.fromRows([[1]]))).rejects.toMatchObject(invalid(/dimension 2 and 1/));
  await expect(semanticSearch(two, Embeddings.fromRows([[1, Number.NaN]]))).rejects.toMatchObject(
    invalid(/embedding 0 of the corpus holds a number that is not finite/),
  );
  for (const topK of [0, 1.5, Number.NaN]) {
    await expect(semanticSearch(two, two, { topK })).rejects.toMatchObject(
      invalid(/topK should be a positive integer/),
    );
  }
  // Of a stream nobody knows how many there are.
  const stream = (async function* () {})();
  await expect(semanticSearch(two, stream, { topK: Number.MAX_SAFE_INTEGER })).rejects.toMatchObject(
    invalid(/not enough memory for 9007199254740991 hits for each of 1 queries/),
  );
  for (const odd of [null, 5, "ab"]) {
    await expect(semanticSearch(two, odd as unknown as Embeddings)).rejects.toMatchObject(
      invalid(/expected Embeddings, or an iterable of embeddings/),
    );
  }
  await expect(semanticSearch([["1"]] as unknown as Embeddings, two)).rejects.toMatchObject(
    invalid(/embedding 0 should hold numbers, got "1"/),
  );
  const bytes = quantizeEmbeddings(two, "int8", { minimum: Float32Array.of(0, 0), maximum: Float32Array.of(2, 2) });
  for (const odd of [bytes, [two, bytes], quantizeEmbeddings(two, "ubinary")]) {
    const refusal = invalid(/expected embeddings of float32, got U?[Ii]nt8Array: .*semanticSearchQuantized/);
    await expect(semanticSearch(two, odd as unknown as Embeddings)).rejects.toMatchObject(refusal);
    if (Array.isArray(odd)) continue;
    await expect(semanticSearch(odd as unknown as Embeddings, two)).rejects.toMatchObject(refusal);
    await expect(paraphraseMining(odd as unknown as Embeddings)).rejects.toMatchObject(refusal);
  }
  await expect(paraphraseMining(two, { maxPairs: 0 })).rejects.toMatchObject(invalid(/maxPairs/));
  await expect(semanticSearch(two, two, { similarityFunction: "l3" as SimilarityFunction })).rejects.toMatchObject({
    code: "invalid_argument",
  });
});

/** Numbers of any size, the smallest float32 and rows that are multiples of one another among them. */
const ofAnySize = (rows: number, columns: number) =>
  fc
    .array(
      fc.tuple(
        fc.integer({ min: -42, max: 17 }),
        fc.boolean(),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: columns, maxLength: columns }),
      ),
      { minLength: rows, maxLength: rows },
    )
    .map((drawn) =>
      Embeddings.fromRows(
        drawn.map(([exponent, isFirst, numbers]) => (isFirst ? drawn[0]![2] : numbers).map((x) => x * 10 ** exponent)),
      ),
    );

test.each(similarityFunctions)("%s: float32 leaves out no hit, whatever the size of the numbers", async (name) => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 35 }));
  const searches = sizes.chain(([corpus, dimension]) =>
    fc.tuple(
      ofAnySize(3, dimension),
      ofAnySize(corpus, dimension),
      // A search for one alone leaves out more.
      fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 12 })),
    ),
  );
  await fc.assert(
    fc.asyncProperty(searches, async ([queries, corpus, topK]) => {
      const rows = prepareRows(queries, name);
      const hits = await semanticSearch(queries, corpus, { topK, similarityFunction: name });
      for (const [query, found] of hits.entries()) {
        const scores = Array.from({ length: corpus.count }, (_, corpusId) => scorePair(rows, query, corpus, corpusId));
        const expected = scores
          .map((score, corpusId) => ({ corpusId, score: score + 0 }))
          .sort((a, b) => b.score - a.score || a.corpusId - b.corpusId)
          .slice(0, topK);
        expect(found.map(({ corpusId, score }) => ({ corpusId, score: score + 0 }))).toEqual(expected);
      }
    }),
    { numRuns: 200 },
  );
});

test.each(similarityFunctions)(
  "%s: sums that overflow float32 on their way hide no hit",
  async (similarityFunction) => {
    // Products of -2.4e38 twice, then of 2.4e38 three times, all in one of the four sums that a kernel keeps.
    const spread = (numbers: readonly number[]) => numbers.flatMap((number) => [number, 0, 0, 0]);
    const query = Float32Array.from(spread([6e19, 6e19, 6e19, 6e19, 6e19]));
    const near = spread([-4e18, -4e18, 4e18, 4e18, 4e18]);
    const corpus = Embeddings.fromRows([near.map(() => 0), near]);
    const [[best] = []] = await semanticSearch(query, corpus, { topK: 1, similarityFunction });
    expect(best).toMatchObject({ corpusId: 1 });
    expect(best!.score).toBe(
      scorePair(prepareRows(new Embeddings(query, 1, query.length), similarityFunction), 0, corpus, 1),
    );
  },
);

test.each(similarityFunctions)("%s: similarities beyond float32 hide no hit", async (similarityFunction) => {
  const corpus = [[-3e38, -3e38], [3e38, 3e38], [1, 1]]; // biome-ignore format: rows
  const [hits] = await semanticSearch([3e38, 3e38], corpus, { similarityFunction });
  // Both others are farther away than float32 can tell.
  const order = ["cosine", "dot"].includes(similarityFunction) ? [1, 2, 0] : [1, 0, 2];
  expect(hits!.map(({ corpusId }) => corpusId)).toEqual(order);
  expect(hits!.every(({ score }) => Number.isFinite(score))).toBe(true);
});

test.each(similarityFunctions)(
  "%s: a number that is not finite is found wherever it is",
  async (similarityFunction) => {
    const queries = random(3, 16);
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const corpus = random(9000, 16);
      corpus.data[8765 * 16 + 7] = odd;
      await expect(semanticSearch(queries, corpus, { topK: 1, similarityFunction })).rejects.toMatchObject({
        code: "invalid_argument",
        message: "embedding 8765 of the corpus holds a number that is not finite",
      });
      // Positions are those in the whole corpus, however it comes.
      for (const pieces of [
        [corpus.row(0), queries, corpus],
        [queries, corpus.row(0), ...corpus],
      ]) {
        await expect(semanticSearch(queries, pieces, { topK: 1, similarityFunction })).rejects.toMatchObject({
          message: "embedding 8769 of the corpus holds a number that is not finite",
        });
      }
      await expect(semanticSearch(corpus, queries, { topK: 1, similarityFunction })).rejects.toMatchObject({
        message: "query 8765 holds a number that is not finite",
      });
      await expect(paraphraseMining(corpus, { topK: 1, similarityFunction })).rejects.toMatchObject({
        message: "embedding 8765 holds a number that is not finite",
      });
    }
  },
);

describe("much work, which threads do", () => {
  // Of many dimensions, for which the products take longer than what is done with the scores.
  const dimension = 256;
  // The last group of rows is not full, and holds hits of the last query.
  const corpus = random(3_003, dimension);
  const queries = random(8_193, dimension);
  const some = [0, 5000, 8_192];
  corpus.row(3_001).set(queries.row(8_192));
  corpus.row(3_002).set(queries.row(8_192).map((number) => 3 * number));

  test.each(similarityFunctions)("by %s finds what few queries find", async (similarityFunction) => {
    if (similarityFunction === "manhattan") return;
    // Beyond it is `productsWorthThreads`: 8,193 * 3,003 * 256 = 6.3e9 twice.
    const pieces = [corpus, corpus];
    const calls = vi.spyOn(ScoreSession.prototype, "score");
    const many = await semanticSearch(queries, pieces, { topK: 3, similarityFunction });
    // Each copies its queries: that of 100,000 would be too large.
    const queriesOfCalls = calls.mock.calls.map(([{ count }]) => count);
    calls.mockRestore();
    expect(queriesOfCalls.length).toBeGreaterThan(0);
    expect(Math.max(...queriesOfCalls)).toBeLessThanOrEqual(4096);
    for (const query of some) {
      expect(many[query]).toEqual(
        (await semanticSearch(queries.row(query), pieces, { topK: 3, similarityFunction }))[0],
      );
    }
  });

  test("a number that is not finite is found", async () => {
    const odd = new Embeddings(corpus.data.slice(), corpus.count, corpus.dimension);
    odd.data[2_999 * dimension] = Number.NEGATIVE_INFINITY;
    await expect(semanticSearch(queries, [corpus, odd], { topK: 1, similarityFunction: "dot" })).rejects.toMatchObject({
      message: "embedding 6002 of the corpus holds a number that is not finite",
    });
  });
});

test("a signal stops it, and the event loop turns meanwhile", async () => {
  const corpus = random(6000, 64);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error("stopped")), 1);
  await expect(semanticSearch(corpus, corpus, { signal: abort.signal })).rejects.toThrow("stopped");
  clearTimeout(timer);
  const one = Embeddings.fromRows([[1]]);
  await expect(semanticSearch(one, one, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
});

function random(count: number, dimension: number): Embeddings {
  let state = 1;
  const data = Float32Array.from({ length: count * dimension }, () => {
    state = Math.imul(state, 48271) % 2147483647;
    return state / 2147483647;
  });
  return new Embeddings(data, count, dimension);
}

test.each(["cosine", "dot", "euclidean"] as const)(
  "%s: scores of blocks are those of pairs, to the last bit",
  (name) => {
    const rows = Embeddings.fromRows(
      Array.from({ length: 13 }, (_, row) => [0, 1, 2, 3, 4].map((i) => Math.sin(7 * row + i))),
    );
    const prepared = prepareRows(rows, name);
    for (const [first, second] of [
      [
        { start: 0, end: 13 },
        { start: 0, end: 13 },
      ],
      [
        { start: 5, end: 6 },
        { start: 2, end: 5 },
      ],
      [
        { start: 3, end: 12 },
        { start: 12, end: 13 },
      ],
    ] as const) {
      const width = second.end - second.start;
      const scores = new Float32Array((first.end - first.start) * width);
      scoreBlock(prepared, first, second, scores);
      const expected = scores.map((_, at) =>
        scorePair(prepared, first.start + Math.floor(at / width), rows, second.start + (at % width)),
      );
      expect(scores).toEqual(expected);
    }
  },
);
