/** Rows of each set come with what the guide makes of their texts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SentenceTransformer } from "../../../src/index.ts";
import { Random } from "../../../src/random.ts";
import { guidedSets } from "../../../src/training/data/guided-set.ts";
import type { TrainingSet } from "../../../src/training/data/training-set.ts";
import { fixture } from "../../encode/model-folder.ts";

const setOf = (rows: readonly (readonly [string, string])[]): TrainingSet => ({
  count: rows.length,
  read: async (indices) => ({
    columns: [0, 1].map((column) => indices.map((index) => rows[index]![column]!)),
    labels: { score: { dtype: "float32", shape: [indices.length], data: Float32Array.from(indices) } },
  }),
});

test("a guide's embeddings of a row's columns, side by side, beside its labels", async () => {
  const rows = [
    ["a man", "a woman"],
    ["two dogs run in the park", "a man"],
    ["hello", "the sea"],
  ] as const;
  const others = [["the sea", "a dog and a cat"]] as const;
  const folder = await mkdtemp(join(tmpdir(), "hpd-guided-"));
  const model = fixture("hpd-tinybert-like");
  const done: number[] = [];
  try {
    await using guided = await guidedSets({ model, revision: undefined }, [setOf(rows), setOf(others)], {
      ...{ folder, workers: 0, signal: new AbortController().signal },
      onDone: (rows, total) => done.push(rows, total),
    });
    await using guide = await SentenceTransformer.load(model, { workers: 0 });
    expect(guided.width).toBe(guide.dimension);
    for (const [set, of, indices] of [
      [guided.sets[0]!, rows, [2, 0, 1]],
      [guided.sets[1]!, others, [0]],
    ] as const) {
      const { labels } = await set.read(indices, new Random(0));
      expect([...labels.score!.data]).toEqual(indices);
      expect(labels.guide!.shape).toEqual([indices.length, 2 * guide.dimension]);
      const { data } = await guide.encode(indices.flatMap((index) => [...of[index]!]));
      for (const [at, value] of labels.guide!.data.entries()) expect(value).toBeCloseTo(data[at]!, 5);
    }
    expect(done).toEqual([3, 4, 4, 4]);
    await using sampled = await guidedSets({ model, revision: undefined }, [setOf(rows), setOf(others)], {
      ...{ folder, workers: 0, signal: new AbortController().signal, mostRows: 2 },
      onDone: (rows, total) => done.push(rows, total),
    });
    expect(done.slice(4)).toEqual([2, 3, 3, 3]);
    const guideOf = async (row: number) => (await sampled.sets[0]!.read([row], new Random(0))).labels.guide;
    expect(await guideOf(2)).toEqual(await guideOf(0));
    expect(await guideOf(1)).not.toEqual(await guideOf(0));
  } finally {
    await rm(folder, { recursive: true });
  }
});
