/** Tasks out of files of one's own, Quora's and BEIR's forms: what is read, and what is wrong with a file, by its line. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import type { Encode } from "../../src/evaluation/evaluator.ts";
import { beirTask, readBeir } from "../../src/evaluation/tasks/beir.ts";
import { classificationTask, clusteringTask, pairsTask } from "../../src/evaluation/tasks/labelled-texts.ts";
import { pairLabelOf } from "../../src/evaluation/tasks/pair-label.ts";
import { duplicateRetrieval, quoraTask } from "../../src/evaluation/tasks/quora.ts";
import { selectTasks } from "../../src/evaluation/tasks/select-tasks.ts";
import type { Task } from "../../src/evaluation/tasks/task.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

const { signal } = new AbortController();
const root = await mkdtemp(join(tmpdir(), "hpd-tasks-"));
afterAll(() => rm(root, { recursive: true }));
let folders = 0;

const zipped = (name: string, content: string) =>
  name.endsWith(".gz") ? gzipSync(content) : name.endsWith(".zst") ? zstdCompressSync(content) : content;

/** A folder with these files; those that end in `.gz` and `.zst` are zipped. */
async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = join(root, `folder-${folders++}`);
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), zipped(name, content));
  }
  return folder;
}

const load = (task: Task, data = "none") => task.load(data);

describe("BEIR's form", () => {
  const corpus = [
    '{"_id":"a","title":"Title","text":" text "}',
    '{"_id":"b","title":"","text":" alone "}',
    '{"_id":"3","text":"x"}',
    '{"_id":4,"title":null,"text":"y","metadata":{}}',
  ].join("\n");
  const queries = '{"_id":"q1","text":"one"}\n{"_id":"q2","text":" two "}\n{"_id":"other split","text":"three"}\n';
  const qrels = "query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\t3\t0\nq2\t4\t1\n";
  const whole = { "corpus.jsonl": corpus, "queries.jsonl": queries, "qrels/test.tsv": qrels };

  test("title and text are joined as MTEB joins them, ids are text, grades numbers", async () => {
    const data = await readBeir(await folderOf(whole), signal);
    expect([...data.corpus]).toEqual([
      ["a", "Title  text"],
      ["b", "alone"],
      ["3", "x"],
      ["4", "y"],
    ]);
    expect(data.queries.get("q2")).toBe(" two ");
    expect(data.relevantDocs).toEqual(
      new Map([
        [
          "q1",
          new Map([
            ["a", 2],
            ["3", 0],
          ]),
        ],
        ["q2", new Map([["4", 1]])],
      ]),
    );
  });

  test("a zipped file that is cut off is refused", async () => {
    const folder = await folderOf(whole);
    await writeFile(join(folder, "corpus.jsonl.gz"), gzipSync(corpus).subarray(0, -9));
    await rm(join(folder, "corpus.jsonl"));
    await expect(load(beirTask(folder))).rejects.toMatchObject({ code: "corrupt_file" });
  });

  test.each([".gz", ".zst"])("zipped files are the same task, of the folder's name: %s", async (ending) => {
    const files = Object.fromEntries(Object.entries(whole).map(([name, content]) => [name + ending, content]));
    const folder = await folderOf(files);
    expect(await readBeir(folder, signal)).toEqual(await readBeir(await folderOf(whole), signal));
    const [evaluator] = await load(beirTask(`${folder}/`));
    expect(evaluator).toMatchObject({ type: "Retrieval", texts: { query: ["one", " two "] } });
    expect(folder.endsWith(evaluator!.name)).toBe(true);
  });

  test.each(["dev.tsv", "dev.tsv.gz"])("qrels of another split, %s, are read where there is no other", async (file) => {
    const { "qrels/test.tsv": _, ...texts } = whole;
    const folder = await folderOf({ ...texts, [`qrels/${file}`]: qrels, "qrels/README.md": "" });
    expect(await readBeir(folder, signal)).toEqual(await readBeir(await folderOf(whole), signal));
    await writeFile(join(folder, "qrels", "train.tsv"), qrels);
    await expect(readBeir(folder, signal)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(`no .*test.tsv: there are ${file}, train.tsv. Expected BEIR's layout`),
    });
    await writeFile(join(folder, "qrels", "test.tsv"), "query-id\tcorpus-id\tscore\nq1\tb\t1\n");
    expect((await readBeir(folder, signal)).relevantDocs).toEqual(new Map([["q1", new Map([["b", 1]])]]));
  });

  test("a query that is in the corpus doesn't find itself", async () => {
    const folder = await folderOf({
      "corpus.jsonl": '{"_id":"1","text":"asked"}\n{"_id":"2","text":"answer"}\n',
      "queries.jsonl": '{"_id":"1","text":"asked"}\n',
      "qrels/test.tsv": "query-id\tcorpus-id\tscore\n1\t2\t1\n",
    });
    const encode: Encode = async (texts) => Embeddings.fromRows(texts.map((text) => [1, text === "asked" ? 0 : 1]));
    const [evaluation] = await evaluate(encode, await load(beirTask(folder)));
    expect(evaluation!.scores).toMatchObject({ mrr_at_10: 1, precision_at_1: 1 });
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ["no corpus", { "corpus.jsonl": "" }, /corpus.jsonl should have rows, got none/],
    [
      "a document twice",
      { "corpus.jsonl": `${corpus}\n{"_id":"a","text":"z"}` },
      /corpus.jsonl, line 5: each _id should occur once, got "a" again/,
    ],
    [
      "a document without text",
      { "corpus.jsonl": '{"_id":"a"}' },
      /corpus.jsonl, line 1: has no field "text", only _id/,
    ],
    ["a document without id", { "corpus.jsonl": '{"text":"a"}' }, /corpus.jsonl, line 1: has no field "_id"/],
    [
      "a query that is not text",
      { "queries.jsonl": '{"_id":"q1","text":5}' },
      /queries.jsonl, line 1: the field "text" should be a string, got 5/,
    ],
    [
      "a query that is not there",
      { "qrels/test.tsv": `${qrels}q9\ta\t1\n` },
      /test.tsv, line 5: query-id should be an _id of .*queries.jsonl, got "q9"/,
    ],
    [
      "a document that is not there",
      { "qrels/test.tsv": `${qrels}q1\tz\t1\n` },
      /test.tsv, line 5: corpus-id should be an _id of .*corpus.jsonl, got "z"/,
    ],
    [
      "a grade that is no number",
      { "qrels/test.tsv": `${qrels}q1\ta\tyes\n` },
      /test.tsv, line 5: the field "score" should be a number, got "yes"/,
    ],
    ["TREC's qrels, without a header", { "qrels/test.tsv": "q1\t0\ta\t1\n" }, /no column "query-id"/],
    [
      "nothing relevant",
      { "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\ta\t0\n" },
      /queries with a relevant document, got none among 3/,
    ],
  ])("%s is refused", async (_, changed, message) => {
    await expect(load(beirTask(await folderOf({ ...whole, ...changed })))).rejects.toThrow(message);
  });

  test.each(["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])("without %s the layout is told", async (missing) => {
    const { [missing]: _, ...rest } = whole as Record<string, string>;
    await expect(load(beirTask(await folderOf(rest)))).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(new RegExp(`${missing}.*Expected BEIR's layout: corpus.jsonl with _id`)),
    });
  });
});

describe("Quora", () => {
  test("pairs to tell apart, and each first question of a duplicate to search with", async () => {
    const data = await folderOf({ "quora/pairs.tsv.gz": "1\ta\tb\n0\ta\tc\n1\tc\ta\n1\td\td\n1\tb\ta\n" });
    const [pairs, retrieval] = await load(quoraTask, data);
    expect(pairs).toMatchObject({ name: "Quora", type: "PairClassification" });
    expect(retrieval).toMatchObject({
      name: "QuoraRetrieval",
      texts: { query: ["a", "c", "b"], document: ["a", "b", "c", "d"] },
    });
  });

  test("a question's duplicates are those of every pair, on either side; a question is not its own", () => {
    const { relevantDocs } = duplicateRetrieval({
      sentences1: ["a", "a", "c", "d"],
      sentences2: ["b", "c", "a", "d"],
      labels: [1, 0, 1, 1],
    });
    expect(relevantDocs).toEqual(
      new Map([
        [
          "a",
          new Map([
            ["b", 1],
            ["c", 1],
          ]),
        ],
        ["c", new Map([["a", 1]])],
      ]),
    );
  });

  test.each([
    ["1\ta\tb\n2\ta\tb\n", /pairs.tsv, line 2: the label should be 0 or 1, or true or false, got "2"/],
    ["1\ta\tb\n1\ta\n", /pairs.tsv, line 2: expected 3 columns between tabs, got 2/],
    ["", /pairs.tsv should have pairs, got none/],
  ])("%j is refused", async (content, message) => {
    await expect(load(quoraTask, await folderOf({ "quora/pairs.tsv": content }))).rejects.toThrow(message);
  });

  test("without the file its form is told", async () => {
    await expect(load(quoraTask, await folderOf({}))).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/no .*quora.pairs.tsv.gz and no .*pairs.tsv. Expected lines of label/),
    });
  });
});

describe("texts with labels", () => {
  const table = fileURLToPath(new URL("../fixtures/tables/labelled.parquet", import.meta.url));
  const rows = 'text,label\na,x\n"b, c",y\n';

  test.each<[string, string]>([
    ["a.csv", rows],
    ["a.csv.gz", rows],
    ["a.csv.zst", rows],
    ["a.tsv", "text\tlabel\na\tx\nb, c\ty\n"],
    ["a.jsonl", '{"text":"a","label":"x"}\n{"text":"b, c","label":"y"}\n'],
    ["a.jsonl.gz", '{"text":"a","label":1}\n{"text":"b, c","label":false}\n'],
  ])("%s is read", async (name, content) => {
    const [evaluator] = await load(clusteringTask(join(await folderOf({ [name]: content }), name)));
    expect(evaluator).toMatchObject({ name: "a", type: "Clustering", texts: { sentence: ["a", "b, c"] } });
  });

  test("Parquet's integers are labels", async () => {
    const [evaluator] = await load(clusteringTask(table));
    expect(evaluator).toMatchObject({
      name: "labelled",
      texts: { sentence: ["He plays guitar.", "", "Ünïcödé 雪 🎸", "He plays guitar."] },
    });
  });

  test("a folder with train and test, in different forms", async () => {
    const folder = await folderOf({
      "train.csv.zst": rows,
      "test.jsonl": '{"text":"d","label":"x"}\n',
      "README.md": "",
    });
    const [evaluator] = await load(classificationTask(folder));
    expect(evaluator).toMatchObject({ type: "Classification" });
    expect(new Set(evaluator!.texts.sentence)).toEqual(new Set(["a", "b, c", "d"]));
  });

  test("pairs with labels 1 and 0", async () => {
    const folder = await folderOf({
      "p.jsonl": '{"sentence1":"a","sentence2":"b","label":1}\n{"sentence1":"c","sentence2":"d","label":"0"}',
    });
    const [evaluator] = await load(pairsTask(join(folder, "p.jsonl")));
    expect(evaluator).toMatchObject({
      name: "p",
      type: "PairClassification",
      texts: { sentence: ["a", "c", "b", "d"] },
    });
  });

  test.each(["true", "True", "TRUE", "1", "1.0", "1.00", " 1 ", "false", "False", "0", "0.0"])(
    "the label %s of a pair",
    async (label) => {
      const expected = /1|t/i.test(label) ? 1 : 0;
      expect(pairLabelOf(label, "a.csv, line 2")).toBe(expected);
      const folder = await folderOf({ "p.csv": `sentence1,sentence2,label\na,b,${label}\nc,d,${1 - expected}\n` });
      await expect(load(pairsTask(join(folder, "p.csv")))).resolves.toHaveLength(1);
    },
  );

  test.each(["", "2", "-1", "1.5", "yes", "10", "0x1", "1e0", "constructor"])("no label of a pair: %j", (label) => {
    expect(() => pairLabelOf(label, "a.csv, line 2")).toThrow(
      `a.csv, line 2: the label should be 0 or 1, or true or false, got "${label}"`,
    );
  });

  test("pairs with labels true and 1.0 in JSON", async () => {
    const row = (label: string) => `{"sentence1":"a","sentence2":"b","label":${label}}`;
    const folder = await folderOf({ "p.json": `[${["true", "false", "1.0", '"0.0"'].map(row).join(",")}]` });
    await expect(load(pairsTask(join(folder, "p.json")))).resolves.toHaveLength(1);
  });

  test.each<[string, string, (file: string) => Task, RegExp]>([
    ["a.csv", "text,class\na,x\n", clusteringTask, /a.csv has no column "label", only text, class/],
    [
      "a.jsonl",
      '{"text":"a","label":"x"}\n{"text":"a"}\n',
      clusteringTask,
      /a.jsonl, line 2: has no field "label", only text/,
    ],
    [
      "a.jsonl",
      '{"text":"a","label":["x"]}\n',
      clusteringTask,
      /line 1: the field "label" should be a string, got \["x"\]/,
    ],
    ["a.jsonl", "", clusteringTask, /a.jsonl should have rows, got none/],
    ["a.csv", "text,label\na,x\nb,x\n", clusteringTask, /two classes at least, got 2 texts, 2 labels, 1 classes/],
    ["a.txt", "a\n", clusteringTask, /a.txt should end in one of jsonl, csv, tsv, parquet/],
    [
      "a.csv",
      "sentence1,sentence2,label\na,b,2\n",
      pairsTask,
      /a.csv, line 2: the label should be 0 or 1, or true or false, got "2"/,
    ],
    ["train.csv", rows, (file) => classificationTask(dirname(file)), /has no file test. Expected two files/],
    ["train.csv", rows, (file) => classificationTask(`${dirname(file)}-none`), /has no file train. Expected two files/],
  ])("%s with %j is refused", async (name, content, task, message) => {
    await expect(load(task(join(await folderOf({ [name]: content }), name)))).rejects.toThrow(message);
  });

  test("two files for one part are refused", async () => {
    const folder = await folderOf({ "train.csv": rows, "train.jsonl": "", "test.csv": rows });
    await expect(load(classificationTask(folder))).rejects.toThrow(/train.csv and train.jsonl for train/);
  });
});

test.each(["sts:", "pairs: ", "retrieval:", "clustering:", "classification:"])("the task %j has no path", (name) => {
  expect(() => selectTasks([name])).toThrow(/^the task ".*" has no path behind the colon: \w+:PATH$/);
});

describe("names of tasks out of files", () => {
  const namesOf = (...names: string[]) => selectTasks(names).map(({ name }) => name);

  test("are those of the files, and as much of the paths as tells them apart", () => {
    expect(namesOf("clustering:a/test.csv")).toEqual(["test"]);
    expect(namesOf("clustering:a/test.csv", "clustering:b/test.csv")).toEqual(["a/test", "b/test"]);
    expect(namesOf("sts:x/a/test.csv", "pairs:y/a/test.csv", "sts:other.csv")).toEqual([
      "x/a/test",
      "y/a/test",
      "other",
    ]);
    expect(namesOf("sts:test.csv", "sts:b/test.csv")[1]).toBe("b/test");
    expect(namesOf("retrieval:a/nf/", "classification:b/nf")).toEqual(["a/nf", "b/nf"]);
  });

  test("have endings and kinds where those alone tell them apart", () => {
    expect(namesOf("sts:a/test.csv", "sts:a/test.jsonl.gz")).toEqual(["test.csv", "test.jsonl.gz"]);
    expect(namesOf("sts:a/test.csv", "pairs:a/test.csv")).toEqual(["sts:test.csv", "pairs:test.csv"]);
  });

  test("are not those of ready tasks; what is named twice comes once", () => {
    expect(namesOf("sts12", "sts:mine/STS12.csv")).toEqual(["sts12", "mine/STS12"]);
    expect(namesOf("sts:a/test.csv", "sts:./a/../a/test.csv")).toEqual(["test"]);
  });
});
