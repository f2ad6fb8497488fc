/** Which pairs rows make, and how good scores of them are. */
import { describe, expect, test } from "vitest";
import { evaluatorOfRows } from "../../../src/fine-tuning/cross-encoder/evaluator.ts";
import { PairEncoder } from "../../../src/fine-tuning/cross-encoder/pair-encoder.ts";
import { Random } from "../../../src/random.ts";
import type { Rows } from "../../../src/training/data/training-set.ts";

/** Of texts that are numbers, so that pairs can be read. */
const tokenizer = {
  encodePair: (first: string, second: string) => ({
    ids: Int32Array.of(Number(first), Number(second)),
    typeIds: Int32Array.of(0, 1),
  }),
};

const encoder = (others: number, prompt = "") =>
  new PairEncoder({ tokenizer, maxLength: 8, hasTypes: true, prompt }, others);

const pairsOf = (columns: readonly (readonly Int32Array[])[]) => columns.map((column) => column.map((ids) => [...ids]));

describe("pairs", () => {
  test("the first column with each other one, the prompt before it", async () => {
    const { columns, types } = await encoder(0, "9").encode([
      ["1", "2"],
      ["3", "4"],
      ["5", "6"],
    ]);
    expect(pairsOf(columns)).toEqual([
      [
        [91, 3],
        [92, 4],
      ],
      [
        [91, 5],
        [92, 6],
      ],
    ]);
    expect(types!.flat().map((row) => [...row])).toEqual(Array.from({ length: 4 }, () => [0, 1]));
  });

  test("documents of other rows: none twice, none of the row's own, each as likely, the same by the same seed", async () => {
    const rows = 6;
    const texts = [0, 1, 2].map((column) => Array.from({ length: rows }, (_, row) => String(100 * column + row)));
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 200; seed++) {
      const { columns } = await encoder(4).across(texts, new Random(seed));
      expect(columns.length).toBe(4);
      for (let row = 0; row < rows; row++) {
        const pairs = columns.map((column) => [...column[row]!]);
        expect(pairs.every(([query]) => query === row)).toBe(true);
        const documents = pairs.map(([, document]) => document!);
        expect(new Set(documents).size).toBe(4);
        expect(documents.every((document) => document % 100 !== row && document >= 100)).toBe(true);
        for (const document of documents) counts.set(document, (counts.get(document) ?? 0) + 1);
      }
    }
    // 200 seeds, 6 queries, 4 of 10 documents each: 400 of each of 12.
    expect(counts.size).toBe(2 * rows);
    for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(100);
    const again = [new Random(3), new Random(3)].map((random) => encoder(4).across(texts, random));
    expect(await again[0]).toEqual(await again[1]);
  });

  test("where there are too few, the row's own positive fills up", async () => {
    const { columns } = await encoder(3).across(
      [
        ["1", "2"],
        ["3", "4"],
      ],
      new Random(1),
    );
    expect(pairsOf(columns)).toEqual([
      [
        [1, 4],
        [2, 3],
      ],
      [
        [1, 3],
        [2, 4],
      ],
      [
        [1, 3],
        [2, 4],
      ],
    ]);
  });
});

describe("how good scores are", () => {
  const evaluate = async (measuredBy: "pairs" | "classes" | "margins" | "ranking", rows: Rows, size = 1) => {
    const { name, evaluate } = evaluatorOfRows({ measuredBy }, rows);
    // A score is the number that the document is; of classes, the one that it names is the highest.
    const value = await evaluate(async (pairs) =>
      Float32Array.from(
        pairs.flatMap(([, document]) =>
          size === 1
            ? [Number(document)]
            : Array.from({ length: size }, (_, label) => Number(Number(document) === label)),
        ),
      ),
    );
    return [name, value];
  };
  const labels = (...data: number[]) => ({
    label: { dtype: "float32", shape: [data.length], data: Float32Array.from(data) } as const,
  });

  test("pairs by average precision where labels are 0 and 1, else by rank correlation", async () => {
    const columns = [
      ["a", "b", "c", "d"],
      ["4", "3", "2", "1"],
    ];
    expect(await evaluate("pairs", { columns, labels: labels(1, 0, 1, 0) })).toEqual([
      "average precision",
      expect.closeTo((1 + 2 / 3) / 2, 6),
    ]);
    expect(await evaluate("pairs", { columns, labels: labels(0.9, 0.7, 0.5, 0.1) })).toEqual([
      "Spearman",
      expect.closeTo(1, 6),
    ]);
  });

  test("labels that are all alike have no score", async () => {
    const columns = [
      ["a", "b"],
      ["4", "3"],
    ];
    expect(await evaluate("pairs", { columns, labels: labels(0, 0) })).toEqual(["average precision", NaN]);
    expect(await evaluate("pairs", { columns, labels: labels(0.5, 0.5) })).toEqual(["Spearman", NaN]);
    const margins = [...columns, ["1", "1"]];
    expect(await evaluate("margins", { columns: margins, labels: labels(2, 2) })).toEqual(["Spearman of margins", NaN]);
  });

  test("classes by the mean of their F1", async () => {
    const columns = [
      ["a", "b", "c"],
      ["0", "2", "2"],
    ];
    // F1 of the classes: 1, 0, 2 / 3.
    const [name, value] = await evaluate("classes", { columns, labels: labels(0, 1, 2) }, 3);
    expect([name, value]).toEqual(["macro F1", expect.closeTo(5 / 9, 6)]);
  });

  test("margins by rank correlation", async () => {
    const columns = [
      ["a", "b", "c"],
      ["5", "5", "5"],
      ["1", "3", "4"],
    ];
    expect(await evaluate("margins", { columns, labels: labels(4, 2, 1) })).toEqual([
      "Spearman of margins",
      expect.closeTo(1, 6),
    ]);
    expect(await evaluate("margins", { columns, labels: labels(1, 2, 4) })).toEqual([
      "Spearman of margins",
      expect.closeTo(-1, 6),
    ]);
  });

  test("ranking by nDCG@10 among own documents and other rows' positives; of equal scores the relevant come last", async () => {
    const columns = [
      ["a", "b"],
      ["9", "8"],
      ["7", "9.5"],
    ];
    // a ranks 9, 8, 7; b ranks 9.5, 9, 8.
    expect(await evaluate("ranking", { columns, labels: {} })).toEqual([
      "nDCG@10",
      expect.closeTo((1 + 1 / Math.log2(4)) / 2, 6),
    ]);
    const equal = [["a"], ["1"], ["1"]];
    expect(await evaluate("ranking", { columns: equal, labels: {} })).toEqual([
      "nDCG@10",
      expect.closeTo(1 / Math.log2(3), 6),
    ]);
  });

  test("ranking with labels: the highest of a row is relevant", async () => {
    const rows = {
      columns: [["a"], ["1"], ["2"], ["3"]],
      labels: { scores: { dtype: "float32", shape: [1, 3], data: Float32Array.of(0, 5, 5) } as const },
    };
    expect(await evaluate("ranking", rows)).toEqual(["nDCG@10", expect.closeTo(1, 6)]);
  });
});
