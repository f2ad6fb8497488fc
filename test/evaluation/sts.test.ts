/** The STS tasks: which pairs are read, and what is refused. */
import { existsSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { evaluate, selectTasks, stsFileTask, stsTasks } from "../../src/evaluation/index.ts";
import { Embeddings } from "../../src/index.ts";
import { writeStsFolder } from "./sts-folder.ts";

const { signal } = new AbortController();
const folder = await mkdtemp(join(tmpdir(), "hpd-sts-"));
afterAll(() => rm(folder, { recursive: true }));
await writeStsFolder(folder);

/** Any embedding that tells texts apart. */
async function encode(texts: readonly string[]): Promise<Embeddings> {
  const sum = (text: string) => [...text].reduce((total, character) => total + character.codePointAt(0)!, 0);
  return Embeddings.fromRows(texts.map((text) => [text.length, sum(text) % 97, 1]));
}

async function pairsOf(name: string) {
  const [task] = selectTasks([name]);
  const [evaluation] = await evaluate(encode, await task!.load(folder, signal));
  return evaluation!.pairs!.map(({ sentence1, sentence2, gold }) => [sentence1, sentence2, gold]);
}

describe("SentEval's layout", () => {
  test("a year is its subsets one after the other, pairs without a score left out", async () => {
    const pairs = await pairsOf("STS13");
    expect(pairs.length).toBe(9);
    expect(pairs.slice(0, 4)).toEqual([
      ["STS13 FNWN a0", "FNWN b0", 5],
      ["STS13 FNWN a2", "word word FNWN b2", 2.5],
      ["STS13 FNWN a3", "word word word FNWN b3", 0],
      ["STS13 headlines a0", "headlines b0", 5],
    ]);
    expect(pairs.some(([sentence]) => String(sentence).includes("SMT"))).toBe(false);
  });

  test("STS-B and SICK-R, quotation marks as they are", async () => {
    expect((await pairsOf("sts-b"))[1]).toEqual(['test "a1', "test b1 1", 0.5]);
    expect((await pairsOf("sts-b-dev"))[5]).toEqual(['dev "a5', "dev b5 5", 2.5]);
    expect((await pairsOf("sick-r"))[2]).toEqual(["Sick a2", "Sick b4", 4]);
  });

  test("the group is the seven of the papers' tables; a name that comes twice counts once", () => {
    const names = ["sts12", "sts13", "sts14", "sts15", "sts16", "sts-b", "sick-r"];
    expect(selectTasks(["sts"]).map(({ name }) => name)).toEqual(names);
    expect(selectTasks(["STS", "sts12"]).map(({ name }) => name)).toEqual(names);
    expect(() => selectTasks(["sts17"])).toThrow(/no task "sts17"; there are sts, sts12/);
  });

  test("without a signal the same pairs are read", async () => {
    for (const task of selectTasks(["sts", "sts-b-dev"])) {
      const [[evaluator], [expected]] = await Promise.all([task.load(folder), task.load(folder, signal)]);
      expect(evaluator!.texts).toEqual(expected!.texts);
    }
  });

  test("folders in capitals, as SentEval downloads them", async () => {
    const other = await mkdtemp(join(tmpdir(), "hpd-sts-"));
    await writeStsFolder(other);
    await rename(join(other, "sts"), join(other, "STS"));
    const [evaluator] = await stsTasks[0]!.load(other, signal);
    expect(evaluator!.texts.sentence!.length).toBe(30);
    await rm(other, { recursive: true });
  });
});

describe("refused with file and line", () => {
  const gold = (name: string) => join(folder, "sts/STS12-en-test", name);

  async function loadWith(file: string, content: string | undefined, task: string): Promise<unknown> {
    const kept = `${file}.kept`;
    await rename(file, kept);
    try {
      if (content !== undefined) await writeFile(file, content);
      return await selectTasks([task])[0]!.load(folder, signal);
    } finally {
      await rename(kept, file);
    }
  }

  test.each([
    ["STS.gs.MSRpar.txt", "5\n\nfour\n1\n", /STS\.gs\.MSRpar\.txt, line 3: the score should be a number, got "four"/],
    ["STS.gs.MSRpar.txt", "5\nNaN\n4\n1\n", /line 2: the score should be a number/],
    ["STS.gs.MSRpar.txt", "5\n4\n1\n", /STS\.gs\.MSRpar\.txt should have as many lines, got 4 and 3/],
    ["STS.input.MSRpar.txt", "a\tb\nonly one\nc\td\ne\tf\n", /STS\.input\.MSRpar\.txt, line 2: expected 2 columns/],
    ["STS.gs.MSRpar.txt", undefined, /STS\.gs\.MSRpar\.txt can't be read/],
  ])("%s", async (name, content, message) => {
    await expect(loadWith(gold(name), content, "sts12")).rejects.toThrow(message);
  });

  test("STS-B with a missing column, SICK with another header, nothing in it", async () => {
    const benchmark = join(folder, "sts/STSBenchmark/sts-test.csv");
    const sick = join(folder, "sick/SICK_test_annotated.txt");
    const header = "sentence_A\tsentence_B\trelatedness_score\n";
    await expect(loadWith(benchmark, "a\tb\tc\td\t5\tone\n", "sts-b")).rejects.toThrow(/line 1: expected 7 columns/);
    await expect(loadWith(benchmark, "", "sts-b")).rejects.toThrow(
      /sts-test\.csv should have pairs with a score, got none/,
    );
    await expect(loadWith(sick, "a\tb\n", "sick-r")).rejects.toThrow(/no column "sentence_A", only a, b/);
    await expect(loadWith(sick, `${header}a\tb\tfive\n`, "sick-r")).rejects.toThrow(
      /line 2: the field "relatedness_score" should be a number, got "five"/,
    );
  });

  test("a missing folder is named with the layout", async () => {
    await expect(stsTasks[0]!.load(join(folder, "none"), signal)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/sts\/STS12-en-test\. Expected SentEval's layout in the data folder: sts/),
    });
  });
});

describe("MTEB's form", () => {
  async function load(name: string, content: string | Uint8Array) {
    const file = join(folder, name);
    await writeFile(file, content);
    const [evaluator] = await stsFileTask(file).load("", signal);
    const [evaluation] = await evaluate(encode, [evaluator!]);
    return { name: evaluation!.name, pairs: evaluation!.pairs!.map(({ sentence1, gold }) => [sentence1, gold]) };
  }
  const rows = [
    { sentence1: "a", sentence2: "bb", score: 1 },
    { sentence1: "c", sentence2: "dddd", score: 2.5 },
  ];
  const jsonl = rows.map((row) => `${JSON.stringify({ split: "test", ...row })}\n`).join("");
  const expected = [
    ["a", 1],
    ["c", 2.5],
  ];

  test("JSONL, gzipped JSONL, CSV", async () => {
    expect(await load("my-sts.jsonl", jsonl)).toEqual({ name: "my-sts", pairs: expected });
    expect(await load("my-sts.jsonl.gz", gzipSync(jsonl))).toEqual({ name: "my-sts", pairs: expected });
    expect(await load("pairs.csv", "score,sentence1,sentence2\n1,a,bb\n2.5,c,dddd\n")).toMatchObject({
      pairs: expected,
    });
  });

  test("Parquet", async () => {
    const file = new URL("../fixtures/tables/sts.parquet", import.meta.url);
    const [evaluator] = await selectTasks([`sts:${file.pathname}`])[0]!.load("", signal);
    const [evaluation] = await evaluate(encode, [evaluator!]);
    expect(evaluation!.pairs!.map(({ sentence1, sentence2, gold }) => [sentence1, sentence2, gold])).toEqual([
      ["He plays guitar.", "A man plays the guitar.", 4.5],
      ["Ünïcödé 雪", "Snow", 2],
      ["A street vendor is outside.", "Nobody is here.", 0.25],
    ]);
  });

  test.each([
    [
      "a.jsonl",
      '{"sentence1":"a","sentence2":"b","score":1}\n{"sentence1":"a","score":1}',
      /line 2: has no field "sentence2"/,
    ],
    [
      "a.jsonl",
      '{"sentence1":"a","sentence2":"b","score":"high"}',
      /line 1: the field "score" should be a number, got "high"/,
    ],
    ["a.jsonl", '{"sentence1":"a","sentence2":"b","score":null}', /should be a number, got null/],
    ["a.csv", "sentence1,sentence2\na,b\n", /has no column "score", only sentence1, sentence2/],
    ["a.csv", "sentence1,sentence2,score\na,b,\n", /line 2: the field "score" should be a number, got ""/],
    ["a.jsonl", "\n", /a\.jsonl should have rows, got none/],
    ["a.txt", "a\tb\t1\n", /should end in one of jsonl, csv, tsv, parquet/],
  ])("%s %j is refused", async (name, content, message) => {
    await expect(load(name, content)).rejects.toThrow(message);
  });
});

const data = process.env.HPD_DATA ?? "../shared/data";
const missing = [join(data, "sts"), join(data, "sick")].filter((path) => !existsSync(path));
if (missing.length > 0) console.info(`skipped the real STS tasks: there is no ${missing.join(", no ")}`);

// What a real model scores there: `task-scores.test.ts`, and all seven by `npm run bench:evaluate`.
test.skipIf(missing.length > 0)("the real data has as many pairs as SentEval counts", async () => {
  const evaluators = await Promise.all(selectTasks(["sts"]).map((task) => task.load(data, signal)));
  const evaluations = await evaluate(encode, evaluators.flat());
  expect(evaluations.map(({ count }) => count)).toEqual([3108, 1500, 3750, 3000, 1186, 1379, 4927]);
});
