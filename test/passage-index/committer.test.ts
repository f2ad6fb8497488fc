/** When a build commits: a slow model's part by part, a fast one's in large windows. */
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { SentenceTransformer } from "../../src/encode/sentence-transformer.ts";
import { Committer } from "../../src/passage-index/build/committer.ts";
import type { IndexStore, IndexUpdate } from "../../src/passage-index/store.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

const section = { metadata: {} };

/** @returns the parts of each commit */
async function commitsOf(parts: number, millisecondsOfText: number, interval: number): Promise<string[][]> {
  const commits: string[][] = [];
  const store = {
    description: { isNormalized: true },
    update: async ({ parts }: IndexUpdate) => void commits.push(parts.map(({ file, part }) => `${file} ${part}`)),
  };
  let busy = Promise.resolve();
  const model = {
    async encodeDocument(texts: string[]) {
      // One after the other, as a model's workers do.
      busy = busy.then(() => (millisecondsOfText > 0 ? delay(millisecondsOfText * texts.length) : undefined));
      await busy;
      return new Embeddings(new Float32Array(texts.length), texts.length, 1);
    },
  };
  const countTokens = (text: string) => text.length / 4;
  const committer = new Committer(
    {
      store: store as unknown as IndexStore,
      model: model as unknown as SentenceTransformer,
      chunking: { countTokens, maxTokens: 250, overlapTokens: 0 },
    },
    { onCommit: () => {}, interval },
  );
  for (let part = 0; part < parts; part++) {
    const text = "word ".repeat(3200).trim();
    await committer.add({ file: "long.txt", part, hash: "" }, [
      { kind: "prose", text, firstLine: 1, lastLine: 1, section },
    ]);
    await committer.keepUp();
  }
  await committer.finish();
  return commits;
}

test("a slow model's work is committed part by part", async () => {
  // Of more than ten passages each.
  const commits = await commitsOf(6, 15, 100);
  expect(commits.flat().length).toBe(6);
  for (const parts of commits.slice(1)) expect(parts.length).toBe(1);
});

test("a fast model's work is committed in windows that are worth sorting", async () => {
  // As long as no busy machine takes for a window of this model.
  const commits = await commitsOf(150, 0, 2000);
  expect(commits.flat().length).toBe(150);
  expect(Math.max(...commits.map((parts) => parts.length))).toBeGreaterThan(20);
});
