/** Laws of similarity and of quantized embeddings; the numbers themselves are in the gold tests. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Embeddings,
  quantizationRanges,
  quantizeEmbeddings,
  type SimilarityFunction,
  similarity,
  similarityPairwise,
} from "../../src/index.ts";

const functions: SimilarityFunction[] = ["cosine", "dot", "euclidean", "manhattan"];
const value = fc.float({ min: -8, max: 8, noNaN: true });

function matrix(rows: number, columns: number): fc.Arbitrary<Embeddings> {
  return fc
    .array(value, { minLength: rows * columns, maxLength: rows * columns })
    .map((values) => new Embeddings(Float32Array.from(values), rows, columns));
}

const invalid = (message: RegExp) =>
  expect.objectContaining({ name: "HpdError", code: "invalid_argument", message: expect.stringMatching(message) });

describe.each(functions)("%s", (name) => {
  test("is symmetric, and pairs are the diagonal", () => {
    fc.assert(
      fc.property(matrix(3, 5), matrix(3, 5), (a, b) => {
        const scores = similarity(a, b, name);
        const reverse = similarity(b, a, name);
        const pairs = similarityPairwise(a, b, name);
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) expect(scores.at(i, j)).toBe(reverse.at(j, i));
          expect(pairs[i]).toBe(scores.at(i, i));
        }
      }),
    );
  });

  test("each place has the similarity of its pair, however many there are", () => {
    const rows = (most: number) => fc.integer({ min: 1, max: most }).chain((count) => matrix(count, 5));
    fc.assert(
      fc.property(rows(9), rows(5), (a, b) => {
        const scores = similarity(a, b, name);
        for (let i = 0; i < a.count; i++) {
          for (let j = 0; j < b.count; j++) {
            expect(scores.at(i, j)).toBe(similarityPairwise(a.row(i), b.row(j), name)[0]);
          }
        }
      }),
    );
  });

  test("nothing is more like an embedding than itself", () => {
    if (name === "dot") return;
    fc.assert(
      fc.property(matrix(2, 4), (a) => {
        // As in torch, a vector shorter than 1e-12 is on its way to zero.
        const lengths = [...a].map((vector) => Math.hypot(...vector));
        fc.pre(lengths.every((length) => length === 0 || length > 1e-6));
        const [row] = similarity(a, a, name);
        expect(row![0]).toBeGreaterThanOrEqual(row![1]! - 1e-6);
        expect(row![0]).toBeCloseTo(name === "cosine" && lengths[0]! > 0 ? 1 : 0, 5);
      }),
      { examples: [[new Embeddings(new Float32Array(8), 2, 4)]] },
    );
  });

  test("one vector and no vectors are Embeddings too", () => {
    const vector = Float32Array.of(3, 4);
    expect(similarity(vector, vector, name).row(0)).toEqual(similarityPairwise(vector, vector, name));
    const none = new Embeddings(new Float32Array(0), 0, 2);
    expect(similarity(none, vector, name)).toMatchObject({ rows: 0, columns: 1 });
    expect(similarity(vector, none, name)).toMatchObject({ rows: 1, columns: 0 });
    expect(similarity([], vector, name)).toMatchObject({ rows: 0, columns: 1 });
    expect(similarityPairwise(none, none, name)).toEqual(new Float32Array(0));
  });
});

test("a zero vector has cosine 0 to everything, itself included", () => {
  const zero = new Float32Array(3);
  expect(similarity(zero, Float32Array.of(1, 2, 3)).toArray()).toEqual([[0]]);
  expect(similarity(zero, zero).toArray()).toEqual([[0]]);
});

test("cosine doesn't depend on lengths, however large or small", () => {
  const a = Float32Array.of(1e18, 2e18);
  expect(similarity(a, Float32Array.of(1e-6, 2e-6)).at(0, 0)).toBeCloseTo(1, 5);
});

test("what can't be compared is refused", () => {
  const two = Embeddings.fromRows([[1, 2]]);
  const three = Embeddings.fromRows([[1, 2, 3]]);
  expect(() => similarity(two, three)).toThrow(invalid(/dimension 2 and 3/));
  expect(() => similarityPairwise(two, three)).toThrow(invalid(/dimension 2 and 3/));
  expect(() =>
    similarityPairwise(
      two,
      Embeddings.fromRows([
        [1, 2],
        [3, 4],
      ]),
    ),
  ).toThrow(invalid(/equal counts of embeddings, got 1 and 2/));
  for (const odd of [null, undefined, "a", 1, {}, new Map([[0, 1]])]) {
    expect(() => similarity(odd as unknown as Embeddings, two)).toThrow(
      invalid(/expected Embeddings, an array of vectors/),
    );
  }
  expect(() => similarity(two, two, "l3" as "dot")).toThrow(
    /should be one of cosine, dot, euclidean, manhattan, got "l3"/,
  );
});

describe("embeddings as people have them", () => {
  const rows = [
    [1, 2],
    [3, 5],
  ];
  const two = Embeddings.fromRows(rows);

  test("rows of numbers, of float32 and of float64 are what Embeddings are", () => {
    const expected = similarity(two, two).toArray();
    for (const given of [rows, rows.map((row) => Float32Array.from(row)), rows.map((row) => Float64Array.from(row))]) {
      expect(similarity(given, two).toArray()).toEqual(expected);
      expect(similarity(two, given).toArray()).toEqual(expected);
      expect(quantizeEmbeddings(given, "int8")).toEqual(quantizeEmbeddings(two, "int8"));
    }
    for (const given of [rows[1]!, Float32Array.of(3, 5), Float64Array.of(3, 5)]) {
      expect(similarity(given, two).toArray()).toEqual([expected[1]]);
    }
    expect(similarityPairwise(rows, two)).toEqual(similarityPairwise(two, two));
  });

  test.each<[string, unknown, RegExp]>([
    ["rows of different lengths", [[1, 2], [3]], /row 0 has 2 numbers, row 1 has 1/],
    [
      "NaN",
      [
        [1, 2],
        [3, Number.NaN],
      ],
      /embedding 1 holds a number that is not finite/,
    ],
    ["a number beyond float32", [1e39, 1], /embedding 0 holds a number that is not finite/],
    ["text for a number", [[1, "2"]], /embedding 0 should hold numbers, got "2" at position 1/],
    ["a hole", [1, undefined], /embedding 0 should hold numbers, got undefined at position 1/],
    ["a row without numbers", [[], []], /embedding 0 should be an array of numbers, got no numbers/],
    ["rows of bytes", [new Int8Array(2)], /embedding 0 should be an array of numbers, got Int8Array/],
    ["Embeddings in an array", [two], /embedding 0 should be an array of numbers, got Embeddings/],
    ["quantized embeddings", quantizeEmbeddings(two, "binary"), /expected embeddings of float32, got Int8Array/],
  ])("%s: refused", (_, given, message) => {
    expect(() => similarity(given as Embeddings, two)).toThrow(invalid(message));
  });
});

describe("the matrix of similarities", () => {
  const scores = similarity(
    [
      [1, 0],
      [0, 2],
    ],
    [[3, 4]],
    "dot",
  );

  test("has rows, places and all of them as arrays", () => {
    expect(scores).toMatchObject({ rows: 2, columns: 1, data: Float32Array.of(3, 8) });
    expect(scores.toArray()).toEqual([[3], [8]]);
    expect([...scores].map(([score]) => score)).toEqual([3, 8]);
    expect(scores.at(1, 0)).toBe(8);
  });

  test("has nothing beyond", () => {
    for (const [row, column] of [
      [2, 0],
      [0, 1],
      [-1, 0],
      [0.5, 0],
    ] as const) {
      expect(() => scores.at(row, column)).toThrow(invalid(/does not exist/));
    }
  });
});

describe("Embeddings", () => {
  test("rows of different lengths and rows that are not there are refused", () => {
    expect(() => Embeddings.fromRows([[1, 2], [3]])).toThrow(invalid(/row 0 has 2 numbers, row 1 has 1/));
    for (const index of [-1, 2, 0.5, Number.NaN]) {
      expect(() => Embeddings.fromRows([[1], [2]]).row(index)).toThrow(invalid(/does not exist/));
    }
    expect([...Embeddings.fromRows([])]).toEqual([]);
  });

  test.each([
    [3, 2],
    [-2, -2],
    [0.5, 8],
    [Number.NaN, 4],
  ])("%s rows of %s are refused for 4 numbers", (count, dimension) => {
    expect(() => new Embeddings(new Float32Array(4), count, dimension)).toThrow(invalid(/./));
  });
});

describe("quantizeEmbeddings", () => {
  test("binary is numpy's packbits of what is above zero, binary 128 less than ubinary", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(value),
        (rows, columns, values) => {
          const data = Float32Array.from({ length: rows * columns }, () => values.next().value as number);
          const embeddings = new Embeddings(data, rows, columns);
          const unsigned = quantizeEmbeddings(embeddings, "ubinary");
          expect([unsigned.count, unsigned.dimension]).toEqual([rows, Math.ceil(columns / 8)]);
          for (let row = 0; row < rows; row++) {
            const bits = [...embeddings.row(row)].map((x) => (x > 0 ? "1" : "0")).join("");
            const bytes = bits.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
            expect([...unsigned.row(row)]).toEqual(bytes);
          }
          const signed = quantizeEmbeddings(embeddings, "binary");
          expect([...signed.data]).toEqual([...unsigned.data].map((byte) => byte - 128));
        },
      ),
    );
  });

  test("uint8 lays 256 steps over the range of each dimension, and int8 is 128 less", () => {
    const embeddings = Embeddings.fromRows([
      [0, 5, -255],
      [127.5, 5, 0],
      [255, 5, 255],
    ]);
    const bytes = quantizeEmbeddings(embeddings, "uint8");
    expect([...bytes].map((row) => [...row])).toEqual([
      [0, 0, 0],
      [127, 0, 127],
      [255, 0, 255],
    ]);
    expect([...quantizeEmbeddings(embeddings, "int8").data]).toEqual([...bytes.data].map((byte) => byte - 128));
  });

  test("ranges of other data are used, and what lies beyond them is cut", () => {
    const ranges = quantizationRanges(Embeddings.fromRows([[0], [255]]));
    const embeddings = Embeddings.fromRows([[-7], [0], [100.9], [255], [1e9]]);
    expect([...quantizeEmbeddings(embeddings, "uint8", ranges).data]).toEqual([0, 0, 100, 255, 255]);
    expect([...quantizeEmbeddings(Embeddings.fromRows([[3]]), "int8", ranges).data]).toEqual([-125]);
  });

  test("one embedding has no range, ranges must fit, and no embeddings need none", () => {
    const one = Embeddings.fromRows([[1, 2]]);
    expect(() => quantizeEmbeddings(one, "int8")).toThrow(
      invalid(/1 embedding can't give: give more, or pass `ranges`/),
    );
    const ranges = quantizationRanges(Embeddings.fromRows([[1], [2]]));
    expect(() => quantizeEmbeddings(one, "uint8", ranges)).toThrow(invalid(/ranges are for 1 dimensions/));
    expect(() => quantizeEmbeddings(one, "int4" as "int8")).toThrow(invalid(/int4/));
    expect(quantizeEmbeddings(new Embeddings(new Float32Array(0), 0, 2), "int8").data).toEqual(new Int8Array(0));
    const bytes = quantizeEmbeddings(one, "binary") as unknown as Embeddings;
    expect(() => quantizeEmbeddings(bytes, "binary")).toThrow(invalid(/expected embeddings of float32, got Int8Array/));
    expect(() => quantizationRanges(bytes)).toThrow(invalid(/expected embeddings of float32, got Int8Array/));
  });

  test("what is not a number does not become one", () => {
    const odd = Embeddings.fromRows([
      [0, 1],
      [2, Number.NaN],
    ]);
    const ranges = { minimum: Float32Array.of(0, 0), maximum: Float32Array.of(1, 1) };
    for (const precision of ["int8", "uint8", "binary", "ubinary"] as const) {
      expect(() => quantizeEmbeddings(odd, precision, ranges)).toThrow(invalid(/embedding 1 .* not finite/));
    }
    expect(() => quantizationRanges(odd)).toThrow(invalid(/embedding 1 .* not finite/));
  });

  test("float32 is the embeddings themselves", () => {
    const embeddings = Embeddings.fromRows([[1, 2]]);
    expect(quantizeEmbeddings(embeddings, "float32")).toBe(embeddings);
  });
});
