import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { openSafetensors } from "../../src/formats/safetensors.ts";
import { memorySource } from "../../src/hub/memory-byte-source.ts";
import { fixture } from "../encode/model-folder.ts";
import { main, outcomeOf, startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const model = fixture("hpd-tinybert-like");
const folder = await mkdtemp(join(tmpdir(), "hpd-cli-"));
afterAll(() => rm(folder, { recursive: true }));

const hpd = (args: string[], input = "") => runHpd(args, { input });

test("encode: standard input to standard output", async () => {
  const { code, stdout, stderr } = await outcomeOf(
    startHpd(["encode", "--model", model, "--truncate-dim", "3"]),
    "a\n\nb\n",
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^3 texts, [\d,]+\/s\n$/) });
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(rows.map(({ embedding }) => embedding.length)).toEqual([3, 3, 3]);
});

test("encode: .npy and .safetensors hold the same numbers as JSONL", async () => {
  const input = join(folder, "texts.txt");
  await writeFile(input, "He plays guitar.\nA street vendor is outside.\n");
  for (const name of ["e.npy", "e.safetensors", "e.jsonl"]) {
    expect(await hpd(["encode", input, "--model", model, "--output", join(folder, name), "--quiet"])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  }
  const expected = (await readFile(join(folder, "e.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .flatMap((line) => JSON.parse(line).embedding.map(Math.fround));
  const npy = await readFile(join(folder, "e.npy"));
  expect(npy.toString("latin1", 10, 127).trim()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 8), }");
  expect([...new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length))]).toEqual(expected);
  const file = await openSafetensors(memorySource("e", await readFile(join(folder, "e.safetensors"))));
  expect(await file.read("embeddings")).toMatchObject({ shape: [2, 8], data: Float32Array.from(expected) });
});

test("encode: no texts give an array of none", async () => {
  const output = join(folder, "none.npy");
  expect(await hpd(["encode", "--model", model, "--output", output, "--precision", "ubinary"])).toMatchObject({
    code: 0,
  });
  const npy = await readFile(output);
  expect(npy.length).toBe(128);
  expect(npy.toString("latin1", 10).trim()).toBe("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 1), }");
});

test("encode: an error leaves the old output and no partial file", async () => {
  const output = join(folder, "kept.npy");
  await writeFile(output, "old");
  const { code, stderr } = await hpd(
    ["encode", "--model", model, "-o", output, "--input-format", "jsonl"],
    '{"text":"a"}\n{}',
  );
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^hpd: standard input, line 2: has no field/),
  });
  expect(await readFile(output, "utf8")).toBe("old");
  expect((await readdir(folder)).filter((name) => name.endsWith(".partial"))).toEqual([]);
});

// It computes next to nothing: for what ends a command, not for what is under way.
const light = fixture("static");

/** An `hpd encode` of endless texts, under way. */
async function endlessEncode(output: string, of = light) {
  const child = startHpd(["encode", "--model", of, "-o", output, "--progress"]);
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const endless = setInterval(() => child.stdin.write("He plays guitar.\n".repeat(5000)), 5);
  child.stdin.on("error", () => {});
  await new Promise((resolve) => child.stderr.once("data", resolve));
  return { child, closed: closed.finally(() => clearInterval(endless)) };
}

test.each([
  ["SIGINT", 130, model],
  ["SIGTERM", 143, light],
  ["SIGHUP", 129, light],
] as const)(
  "encode: %s stops it, leaves the old output and no partial file, and exits with %i",
  async (name, code, of) => {
    const output = join(folder, "kept.npy");
    await writeFile(output, "old");
    const { child, closed } = await endlessEncode(output, of);
    child.kill(name);
    expect(await closed).toBe(code);
    expect(await readFile(output, "utf8")).toBe("old");
    expect((await readdir(folder)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  },
);

test("encode: a second signal ends it at once, and nothing is left", async () => {
  const output = join(folder, "twice.npy");
  const { child, closed } = await endlessEncode(output);
  child.kill("SIGINT");
  child.kill("SIGTERM");
  expect(await closed).toBeOneOf([130, 143]);
  expect((await readdir(folder)).filter((name) => name.startsWith("twice"))).toEqual([]);
});

test.runIf(process.platform !== "win32")("under nohup it outlives its terminal", async () => {
  const args = [process.execPath, ...main, "serve", light, "--port", "0"];
  const child = spawn("nohup", args, { stdio: ["ignore", "pipe", "pipe"] });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGHUP");
  expect(await Promise.race([closed, delay(500, "goes on")])).toBe("goes on");
  child.kill("SIGTERM");
  expect(await closed).toBe(0);
});

test("encode: Ctrl-C while it waits for input", async () => {
  const child = startHpd(["encode", "--model", light, "--output", join(folder, "waiting.npy")]);
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  while (!(await readdir(folder)).some((name) => name.startsWith("waiting"))) await delay(20);
  child.kill("SIGINT");
  expect(await closed).toBe(130);
  expect((await readdir(folder)).filter((name) => name.startsWith("waiting"))).toEqual([]);
});

test("encode: a reader that has seen enough ends it quietly", async () => {
  const child = startHpd(["encode", "--model", light, "--quiet"]);
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin.on("error", () => {});
  child.stdin.end("He plays guitar.\n".repeat(50_000));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.stdout.destroy();
  expect({ stderr: await readAll(child.stderr), code: await closed }).toEqual({ stderr: "", code: 0 });
});

test("similarity: a matrix for people, JSON for machines", async () => {
  const sentences = ["a", "two  words"];
  const { stdout } = await hpd(["similarity", "--model", model, ...sentences]);
  expect(stdout).toMatch(/^ +1 +2\n1 {2}a +1\.0000 +-?\d\.\d{4}\n2 {2}two words +-?\d\.\d{4} +1\.0000\n$/);
  const json = JSON.parse((await hpd(["similarity", "--model", model, "--json", ...sentences])).stdout);
  expect(json).toMatchObject({ sentences, similarityFunction: "cosine" });
  expect(json.similarities[0][1]).toBeCloseTo(json.similarities[1][0], 6);
  // More cells than a call takes arguments.
  const many = await hpd([
    "similarity",
    "--model",
    model,
    ...Array.from({ length: 400 }, (_, index) => `text ${index}`),
  ]);
  expect(many).toMatchObject({ code: 0, stdout: expect.stringContaining("text 399") });
});

test("info", async () => {
  const { stdout } = await hpd(["info", model]);
  expect(stdout).toContain('(2): Dense({"in_features":24,"out_features":8,"bias":true');
  expect(stdout).toMatch(
    /^length +not 1: use --normalize \(normalizeEmbeddings\) for a store that ranks by dot product$/m,
  );
  expect(JSON.parse((await hpd(["info", model, "--json"])).stdout)).toMatchObject({
    dimension: 8,
    isNormalized: false,
    maxSeqLength: 128,
    // Of both checkpoints, as they lie there.
    fileBytes: 132_724,
  });
});

test("info of a cross-encoder says so, and encode refuses it before its weights are read", async () => {
  const reranker = fixture("../cross-encoders/bert-1");
  const { stdout, stderr } = await hpd(["info", reranker]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^CrossEncoder\($/m);
  expect(stdout).toMatch(/^scores +1 per pair of texts: a reranker$/m);
  expect(stdout).toMatch(/^family +BertModel$/m);
  expect(stdout).toContain("hpd search --rerank MODEL");
  const classifier = await hpd(["info", fixture("../cross-encoders/roberta-3"), "--json"]);
  expect(JSON.parse(classifier.stdout)).toMatchObject({
    modelType: "CrossEncoder",
    family: "RobertaModel",
    numLabels: 3,
  });
  const refused = await hpd(["encode", "--model", reranker], "a");
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(/^hpd: \S+ is a BertForSequenceClassification: .*--rerank.* set --pooling\n$/);
  // Its tokens all the same.
  expect((await hpd(["info", reranker, "--pooling", "mean"])).stdout).toMatch(/^SentenceTransformer\($/m);
});

test("info of a sparse encoder says so, and encode names what loads it", async () => {
  const sparse = fixture("../sparse-encoders/csr");
  const { stdout } = await hpd(["info", sparse]);
  expect(stdout).toMatch(/^SparseEncoder\($/m);
  expect(stdout).toMatch(/^active +at most 8$/m);
  expect(stdout).toMatch(/^usage +SparseEncoder of "hpd\/sparse-encoder"$/m);
  const inferenceFree = await hpd(["info", fixture("../sparse-encoders/inference-free"), "--json"]);
  expect(JSON.parse(inferenceFree.stdout)).toMatchObject({ modelType: "SparseEncoder", routes: ["query", "document"] });
  const refused = await hpd(["encode", "--model", sparse], "a");
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(
    /SparseAutoEncoder is not supported: it is of a sparse encoder, which SparseEncoder of/,
  );
});

test("models of every kind say their family, and those with a Router their routes", async () => {
  const families = { static: "StaticEmbedding", "word-embeddings": "WordEmbeddings", mpnet: "MPNetModel" };
  for (const [name, family] of Object.entries(families)) {
    expect((await hpd(["info", fixture(name)])).stdout).toMatch(new RegExp(`^family +${family}$`, "m"));
  }
  const { stdout } = await hpd(["info", fixture("router")]);
  expect(stdout).toMatch(/^family +StaticEmbedding, BertModel$/m);
  expect(stdout).toMatch(/^routes +query, document$/m);
});

test("encode: --task takes the route and the prompt of the task", async () => {
  const router = fixture("router");
  const { SentenceTransformer } = await import("../../src/index.ts");
  await using loaded = await SentenceTransformer.load(router, { workers: 0 });
  const encoded = async (...flags: string[]) =>
    JSON.parse((await hpd(["encode", "--model", router, ...flags], "a man")).stdout).embedding.map(Math.fround);
  expect(await encoded("--task", "query")).toEqual([...(await loaded.encodeQuery("a man"))]);
  const document = await encoded("--task", "document");
  expect(document).toEqual([...(await loaded.encodeDocument("a man"))]);
  expect(await encoded("--task", "document", "--prompt", "")).not.toEqual(document);
  expect(await encoded("--task", "document", "--prompt", "the ")).toEqual(document);
  const { code, stderr } = await hpd(["encode", "--model", router, "--task", "image"], "a");
  expect([code, stderr]).toEqual([1, expect.stringMatching(/no route for the task "image"; it has query, document/)]);
});

test.each([
  [[], 0, /^$/],
  [["--version"], 0, /^$/],
  [["encode", "--help"], 0, /^$/],
  [["-v"], 0, /^$/],
  [["help", "encode"], 0, /^$/],
  [["help", "encod"], 2, /no command "encod" \(did you mean encode\?\)/],
  [["encod"], 2, /did you mean encode\?\); see hpd --help/],
  [["--verbose", "encode"], 2, /expected a command before its options, got --verbose; see hpd --help/],
  [["encode", "--feild", "x"], 2, /no option --feild \(did you mean --field\?\); see hpd encode --help/],
  [["encode", "-x"], 2, /no option -x; see hpd encode --help\n$/],
  [["encode", "--workers", "-1"], 2, /--workers needs a value \(--workers=-1 for one that begins with "-"\); see/],
  [["encode", "-o"], 2, /--output needs a value; see/],
  [["encode", "--quiet=yes"], 2, /--quiet takes no value; see/],
  [["encode", "--precision", "int4"], 2, /--precision should be one of float32/],
  [["encode", "--output", "e.txt"], 2, /should end in \.parquet, \.lance, \.npy, \.safetensors or \.jsonl/],
  [["encode", "--output", "e.npy", "--output-value", "token_embeddings"], 2, /needs an output of \.jsonl/],
  [["similarity", "one"], 2, /two sentences or more, got 1/],
  [["info", "no/such/model"], 1, /hub id/],
  [["info", model, "--model", model], 2, /MODEL and --model exclude each other/],
])("%j exits with %i", async (args, expected, message) => {
  const { code, stderr } = await hpd(args);
  expect(stderr).toMatch(message);
  expect(code).toBe(expected);
});

test.each([
  [["--version"], 0],
  [["encod"], 2],
  [["info", "no/such/model"], 1],
])("a process for %j ends with %i", async (args, expected) => {
  const { code, stdout, stderr } = await outcomeOf(startHpd(args));
  expect({ code, stdout, stderr }).toEqual({ ...(await hpd(args)), code: expected });
});

test("errors as JSON", async () => {
  const { code, stderr } = await hpd(["encode", "--model", "no/such/model", "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toEqual({ error: { code: "not_found", message: expect.any(String) } });
});
