/**
 * What JavaScript lets through: every public function and class is called with a first argument that TypeScript refuses.
 * It ends in an HpdError, never in "Cannot read properties of undefined", and nothing goes on as if all were well.
 */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createWorkerModel } from "../../src/browser/index.ts";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import { HpdError } from "../../src/errors.ts";
import * as evaluation from "../../src/evaluation/index.ts";
import { SentenceTransformer } from "../../src/index.ts";
import * as jobs from "../../src/jobs/index.ts";
import { buildIndex, exportIndex, PassageIndex } from "../../src/passage-index/index.ts";
import { createServer } from "../../src/server/index.ts";
import { SparseEncoder } from "../../src/sparse-encoder/index.ts";
import { fixture } from "../encode/model-folder.ts";

const { exports } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));

/** These need no argument. */
const others = new Set([". HpdError", ". defaultModel"]);

/** Classes that functions of theirs make, such as `load`, `open`, `encode` and `fit`: their constructors are private. */
const made = new Set([
  ...[". SentenceTransformer", "./cross-encoder CrossEncoder", "./passage-index PassageIndex"],
  ...["./evaluation EmbeddedTexts", "./evaluation LogisticRegression"],
  ...["./sparse-encoder SparseEncoder", "./sparse-encoder SparseEmbeddings"],
]);

/** These take a path that is read later. */
const takePaths = new Set(
  ["beirTask", "classificationTask", "clusteringTask", "pairsTask", "stsFileTask"].map(
    (name) => `./evaluation ${name}`,
  ),
);

/** The functions of losses have options alone. */
const takesNothing = (entry: string, value: unknown) =>
  entry === "./train" && (value as { length: number }).length === 0;

const cases: [name: string, call: (argument: unknown) => unknown][] = [];
for (const [entry, { default: all, node = all }] of Object.entries<{ default?: string; node?: string }>(exports)) {
  if (node === undefined || /browser|worker/.test(entry)) continue;
  const source = node.replace("./dist/", "../../src/").replace(/\.js$/, ".ts");
  const module: Record<string, unknown> = await import(new URL(source, import.meta.url).href);
  for (const [name, value] of Object.entries(module)) {
    const full = `${entry} ${name}`;
    if (typeof value !== "function" || others.has(full) || made.has(full) || takesNothing(entry, value)) continue;
    const isClass = /^class\b/.test(String(value));
    cases.push([full, (argument) => (isClass ? Reflect.construct(value, [argument]) : value(argument))]);
  }
}

/** The code of the HpdError that a call ends in, or what happened instead. */
async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    const result = await call();
    const isGenerator = typeof result === "object" && result !== null && Symbol.asyncIterator in result;
    if (isGenerator) await (result as AsyncGenerator).next();
    return "went on";
  } catch (error) {
    return error instanceof HpdError ? error.code : String(error);
  }
}

test.each(cases)("%s", async (name, call) => {
  for (const argument of [undefined, null, 5, "a text", {}]) {
    if (argument === "a text" && takePaths.has(name)) continue;
    // A text may be a path, or an id of the hub.
    expect([await outcomeOf(() => call(argument)), argument]).toEqual([
      expect.stringMatching(/^(invalid_argument|not_found)$/),
      argument,
    ]);
  }
});

const work = { committed: async () => new Set(), run: async () => ({}) };

test.each<[name: string, call: () => unknown, named: RegExp]>([
  ["a task without its path", () => evaluation.stsFileTask(""), /^file should be the path of the task's file, got ""/],
  ["openWork of no teachers", () => jobs.openWork({ kind: "teacher" }), /^description\.distill\.teachers should be/],
  ["openWork of no inputs", () => jobs.openWork({ kind: "encode" }), /^shards should be a positive integer/],
  ["workOnQueue without a queue", () => jobs.workOnQueue({ open: jobs.openWork } as never), /^queue should be redis:/],
  ["workOnQueue without open", () => jobs.workOnQueue({ queue: "redis://a" } as never), /^open should be a function/],
  ["submitWork of options", () => jobs.submitWork({ queue: "redis://a" } as never, {} as never), /^work should be an/],
  ["submitWork without a queue", () => jobs.submitWork(work as never, {} as never), /^queue should be redis:/],
  ["watchWork without a queue", () => jobs.watchWork(work as never, {} as never), /^queue should be redis:/],
])("%s", async (_, call, named) => {
  await expect((async () => call())()).rejects.toThrow(named);
  expect(await outcomeOf(call)).toBe("invalid_argument");
});

test("a server answers requests alone", async () => {
  await using model = await SentenceTransformer.load(fixture("static"), { workers: 0 });
  await using server = createServer([{ name: "a", model }]);
  for (const argument of ["http://localhost/health", new URL("http://localhost/health"), undefined, {}]) {
    await expect(server.fetch(argument as never)).rejects.toThrow(
      /^request should be a Request, as new Request\(url\), got /,
    );
  }
  expect((await server.fetch(new Request("http://localhost/info"))).status).toBe(200);
});

test.each<[name: string, call: (options: never) => unknown]>([
  ["SentenceTransformer.load", (options) => SentenceTransformer.load(options)],
  ["CrossEncoder.load", (options) => CrossEncoder.load(options)],
  ["SparseEncoder.load", (options) => SparseEncoder.load(options)],
  ["PassageIndex.open", (options) => PassageIndex.open(options)],
  ["PassageIndex.create", (options) => PassageIndex.create(options, undefined as never)],
  ["buildIndex", (options) => buildIndex(options, undefined as never)],
  ["exportIndex", (options) => exportIndex(options, undefined as never)],
  ["createServer", (options) => createServer(options)],
  ["createWorkerModel", (options) => createWorkerModel(options)],
  ["workStatus", (options) => jobs.workStatus(options)],
  ["verifyWork", (options) => jobs.verifyWork(options)],
])("%s says that options are the second argument", async (_, call) => {
  await expect((async () => call({ dtype: "int8" } as never))()).rejects.toThrow(/; options are the second argument$/);
  await expect((async () => call(5 as never))()).rejects.not.toThrow(/second argument/);
});
