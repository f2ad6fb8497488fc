/** A student of each family learns, with dropout: every parameter moves, and the loss falls. */
import { expect, test } from "vitest";
import { createStudent } from "../../../src/training/student/create-student.ts";
import { fixture } from "../../encode/model-folder.ts";
import { largestDifference, learnerOf, randomBatch } from "./tiny-student.ts";

/** No part of what is embedded: it moves all scores of a query alike. */
const biasOfKeys = /\b(key|k_lin|attn\.k)\.bias$/;

const bertKin = ["bert", "distilbert", "roberta", "mpnet"];
const others = ["albert", "t5", "jina-bert", "deberta-v2", "nomic-hub", "modernbert-hub", "gte-new", "embeddinggemma"];

/** What the families call their table of words. */
const wordTable = /(word_embeddings|tok_embeddings|embed_tokens|shared|embedding)\.weight$/;

const tables = ["static", "model2vec-quantized"];

test.each([...bertKin, ...others, ...tables])("%s", async (model) => {
  const student = await createStudent({ model: fixture(model), dimension: 8, seed: 1 });
  const learner = await learnerOf(student, { threads: 1, dropout: 0.1 });
  try {
    const [, words] = [...student.parameters].find(([name]) => wordTable.test(name))!;
    const batch = randomBatch(1, 8, words.shape[0]);
    const before = await learner.evaluate(batch);
    for (let step = 0; step < 12; step++) {
      await learner.accumulate(batch);
      await learner.update(2e-3);
    }
    expect(await learner.evaluate(batch)).toBeLessThan(0.7 * before);
    const after = await learner.parameters();
    expect([...after.keys()].toSorted()).toEqual([...student.parameters.keys()].toSorted());
    for (const [name, { data }] of student.parameters) {
      if (!biasOfKeys.test(name)) expect(largestDifference(data, after.get(name)!.data), name).toBeGreaterThan(1e-4);
    }
  } finally {
    await learner.dispose();
  }
});
