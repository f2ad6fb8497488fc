/** Scores of a student's card: test tasks, their mean, and apart from it development data. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { measuresOf } from "../../src/cli/measures.ts";
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";
import { writeStsFolder } from "../evaluation/sts-folder.ts";

const data = await mkdtemp(join(tmpdir(), "hpd-measures-"));
afterAll(() => rm(data, { recursive: true }));
await writeStsFolder(data);

async function embed(texts: readonly string[]): Promise<Embeddings> {
  return Embeddings.fromRows(
    texts.map((text) => {
      const random = Random.fromText(text);
      return [random.normal(), random.normal(), random.normal()];
    }),
  );
}

async function scoresOf(tasks: string) {
  const { measure } = await measuresOf({ tasks, data, out: "student" }, new AbortController().signal);
  return (await measure!(embed)) as { task: string; metric: string; value: number; command: string }[];
}

test("the mean is over test tasks and says of how many; development data stands behind it", async () => {
  const scores = await scoresOf("sts-b-dev,sts12,sts13,sts-b");
  expect(scores.map(({ task }) => task)).toEqual(["STS12", "STS13", "STS-B", "STS mean of 3", "STS-B-dev"]);
  const [a, b, c, mean] = scores.map(({ value }) => value);
  expect(mean).toBeCloseTo((a! + b! + c!) / 3, 10);
  expect(scores[3]).toMatchObject({
    metric: "cosine_spearman x 100",
    command: "hpd evaluate student --tasks sts-b-dev,sts12,sts13,sts-b",
  });
});

test("one test task has no mean", async () => {
  expect((await scoresOf("sts-b-dev,sts12")).map(({ task }) => task)).toEqual(["STS12", "STS-B-dev"]);
});
