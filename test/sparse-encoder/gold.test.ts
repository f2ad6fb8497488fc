/** Every case that sentence-transformers computed for the tiny sparse encoders: see tools/gold/sparse-encoders.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { type SimilarityFunction, similarityFunctions } from "../../src/similarity/similarity.ts";
import { SparseEmbeddings, SparseEncoder, type SparseVector } from "../../src/sparse-encoder/index.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";

type Row = [indices: number[], values: number[]];

interface Case {
  name: string;
  /** The content of files that are replaced; null for one that is removed. */
  files: Record<string, unknown>;
  load: { max_active_dims?: number };
  method: "encode" | "encode_query" | "encode_document";
  options: { prompt?: string; max_active_dims?: number };
  texts: number;
  dimension: number;
  rows: Row[];
  decoded?: [token: string, weight: number][][];
  sparsity?: { active_dims: number; sparsity_ratio: number };
  intersection?: Row[];
  similarities?: Record<SimilarityFunction, number[][]>;
  pairwise?: Record<SimilarityFunction, number[]>;
}

const gold = JSON.parse(
  String(gunzipSync(readFileSync(new URL("../gold/sparse-encoders.json.gz", import.meta.url)))),
) as { texts: string[]; models: Record<string, Case[]> };

const tolerance = 1e-5;
const methods = { encode: "encode", encode_query: "encodeQuery", encode_document: "encodeDocument" } as const;

for (const [name, cases] of Object.entries(gold.models)) {
  describe(name, () => {
    const loaded = new Map<string, Promise<SparseEncoder>>();
    afterAll(async () => {
      for (const model of loaded.values()) await (await model).dispose();
    });

    test.each(cases.map((each) => [each.name, each] as const))("%s", async (_, each) => {
      const key = JSON.stringify([each.files, each.load]);
      if (!loaded.has(key)) loaded.set(key, load(name, each));
      const model = await loaded.get(key)!;
      expect(model.dimension).toBe(each.dimension);
      const { prompt, max_active_dims: maxActiveDims } = each.options;
      const found = await model[methods[each.method]](gold.texts.slice(0, each.texts), { prompt, maxActiveDims });
      expectRows(found, each.rows);
    });
  });
}

describe("what a model makes of embeddings", () => {
  const each = gold.models.bert!.find(({ decoded }) => decoded !== undefined)!;
  const all = each.rows.map(toVector);
  const embeddings = SparseEmbeddings.fromRows(all, each.dimension);
  const few = SparseEmbeddings.fromRows(all.slice(0, 5), each.dimension);

  test("decode", async () => {
    await using model = await load("bert", each);
    const decoded = await model.decode(few, { topK: 4 });
    expect(decoded.map((row) => row.map(({ token }) => token))).toEqual(
      each.decoded!.map((row) => row.map(([token]) => token)),
    );
    for (const [index, row] of decoded.entries()) {
      for (const [at, { weight }] of row.entries()) expect(weight).toBeCloseTo(each.decoded![index]![at]![1], 5);
    }
    expect(await model.decode(few.row(0), { topK: 4 })).toEqual(decoded[0]);
  });

  test("sparsity, intersection", async () => {
    await using model = await load("bert", each);
    const { activeDims, sparsityRatio } = model.sparsity(embeddings);
    expect(activeDims).toBeCloseTo(each.sparsity!.active_dims, 4);
    expect(sparsityRatio).toBeCloseTo(each.sparsity!.sparsity_ratio, 5);
    expectRows(model.intersection(few.row(0), few), each.intersection!);
    expect(model.intersection(few.row(0), few.row(1))).toEqual(model.intersection(few.row(0), few).row(1));
    expect(() => model.intersection(few, few)).toThrow(/takes a single query/);
  });

  test.each(similarityFunctions)("similarity: %s", async (similarityFunction) => {
    await using model = await load("bert", { ...each, load: {} }, { similarityFunction });
    const rows = model.similarity(few, embeddings).toArray();
    for (const [index, row] of rows.entries()) {
      expectClose(row, each.similarities![similarityFunction][index]!);
    }
    const reversed = SparseEmbeddings.fromRows(all.slice(0, 5).reverse(), each.dimension);
    expectClose([...model.similarityPairwise(few, reversed)], each.pairwise![similarityFunction]);
  });
});

async function load(name: string, { files, load }: Case, more = {}): Promise<SparseEncoder> {
  const options = { workers: 0, onWarning: () => {}, maxActiveDims: load.max_active_dims, ...more };
  if (Object.keys(files).length === 0) return await SparseEncoder.load(fixture(`../sparse-encoders/${name}`), options);
  await using folder = await withFiles(`../sparse-encoders/${name}`, files);
  return await SparseEncoder.load(folder.path, options);
}

function toVector([indices, values]: Row): SparseVector {
  return { indices: Uint32Array.from(indices), values: Float32Array.from(values) };
}

/** The same active dimensions, and values within the tolerance. */
function expectRows(found: SparseEmbeddings, rows: readonly Row[]): void {
  expect(found.count).toBe(rows.length);
  for (const [index, row] of rows.entries()) {
    const { indices, values } = found.row(index);
    expect([...indices]).toEqual(row[0]);
    expectClose([...values], row[1]);
  }
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs(found[index]! - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  }
}
