/** Scores of a student while it trains and of its card: test tasks, their mean, and apart from it development data. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { measuresOf } from "../../src/cli/measures.ts";
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";
import { type TrainOptions, train } from "../../src/train.ts";
import { multipleNegativesRanking } from "../../src/training/losses/multiple-negatives-ranking.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { withFiles } from "../encode/model-folder.ts";
import { writeStsFolder } from "../evaluation/sts-folder.ts";
import { runHpd } from "./run-hpd.ts";

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

const noRoles = { prompts: { sentence: "", query: "", document: "" }, tasks: {} };

async function scoresOf(tasks: string) {
  const { measure } = await measuresOf({ tasks, data, out: "student" }, new AbortController().signal);
  return (await measure!(embed, noRoles)) as { task: string; metric: string; value: number; command: string }[];
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

test("while it trains and in its card a model with prompts has the scores that hpd evaluate gives the saved one", async () => {
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const file = (name: string) => join(data, name);
  const texts = madeUpSentences(120, 9);
  await writeFile(
    file("pairs.jsonl"),
    lines(texts.slice(0, 40).map((query, at) => ({ query, positive: texts[40 + at] }))),
  );
  await writeFile(
    file("dev.jsonl"),
    lines(texts.slice(0, 40).map((sentence1, at) => ({ sentence1, sentence2: texts[80 + at], score: (at * 7) % 11 }))),
  );
  await mkdir(file("beir/qrels"), { recursive: true });
  await writeFile(
    file("beir/corpus.jsonl"),
    lines(texts.slice(20).map((text, at) => ({ _id: `d${at}`, title: "", text }))),
  );
  await writeFile(file("beir/queries.jsonl"), lines(texts.slice(0, 20).map((text, at) => ({ _id: `q${at}`, text }))));
  await writeFile(
    file("beir/qrels/test.tsv"),
    `query-id\tcorpus-id\tscore\n${texts
      .slice(0, 20)
      .map((_, at) => `q${at}\td${at * 3}\t1\n`)
      .join("")}`,
  );
  const bert = async (name: string) =>
    JSON.parse(await readFile(new URL(`../fixtures/models/bert/${name}`, import.meta.url), "utf8"));
  await using model = await withFiles("bert", {
    "1_Pooling/config.json": { ...(await bert("1_Pooling/config.json")), include_prompt: false },
    // Queries are cut, too.
    "sentence_bert_config.json": { ...(await bert("sentence_bert_config.json")), query_length: 11 },
    "config_sentence_transformers.json": {
      ...(await bert("config_sentence_transformers.json")),
      prompts: { query: "the man : ", document: "a dog : ", sts: "in the park , " },
      default_prompt_name: "sts",
    },
  });
  const tasks = `sts:${file("dev.jsonl")},retrieval:${file("beir")}`;
  for (const evaluator of tasks.split(",")) {
    const out = file(`model-${evaluator.split(":")[0]}`);
    const { signal } = new AbortController();
    const measures = await measuresOf({ evaluator, tasks, data, out }, signal);
    const measured: { readonly value: number }[] = [];
    const options: TrainOptions = {
      ...{ model: model.path, data: [{ path: file("pairs.jsonl") }], loss: multipleNegativesRanking() },
      ...{ maxSteps: 2, batchSize: 8, learningRate: 1e-3, threads: 1, promptNames: { query: "query" }, out },
      evaluator: measures.evaluator,
      async measure(...given) {
        const scores = await measures.measure!(...given);
        measured.push(...scores);
        return scores;
      },
    };
    const { best } = await train(options);
    const card = await readFile(join(out, "README.md"), "utf8");
    expect(card).toContain(`hpd evaluate ${basename(out)} --tasks sts:dev.jsonl,retrieval:beir\n`);
    expect(card).not.toContain(data);
    const { code, stdout, stderr } = await runHpd(["evaluate", out, "--tasks", tasks, "--no-cost", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [report] = JSON.parse(stdout).models;
    const scores = report.tasks.map(({ score }: { score: number }) => score);
    expect(measured.map(({ value }) => value / 100)).toEqual(scores.map((score: number) => expect.closeTo(score, 5)));
    expect(best.score).toBeCloseTo(scores[evaluator.startsWith("sts") ? 0 : 1], 5);
  }
}, 120_000);
