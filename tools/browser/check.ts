/**
 * Encodes in a real browser, headless Chromium, and compares with the gold file of Python: see README.md.
 */
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { gunzipSync } from "node:zlib";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const here = import.meta.dirname;
const root = join(here, "../..");
const built = join(here, "built");

// A user's bundler with its defaults for browsers: the package's own conditions choose the files.
await build({
  entryPoints: [join(here, "page.ts")],
  bundle: true,
  format: "esm",
  // What is imported when it is needed becomes a file of its own, as most bundlers do it.
  splitting: true,
  platform: "browser",
  outdir: built,
  nodePaths: [join(here, "node_modules")],
  target: "es2022",
});

const runtimeFiles = join(here, "node_modules/onnxruntime-web/dist");
/** Of model files: how many were asked for, how many of these are not there, and the bytes that were taken. */
let traffic = { requests: 0, missing: 0, bytes: 0 };
/** The scripts and WebAssembly that the page took. */
const programs = new Set<string>();
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
  if (path === "/") {
    response.setHeader("content-type", "text/html");
    response.end('<!doctype html><script type="module" src="/built/page.js"></script>');
    return;
  }
  const isModel = path.startsWith("/models/");
  if (path.startsWith("/built/") && path !== "/built/page.js") programs.add(path);
  if (isModel) traffic.requests++;
  const file = [
    join(here, path),
    join(root, "test/fixtures", path),
    join(root, path),
    join(runtimeFiles, path.replace("/built", "")),
  ].find(existsSync);
  if (file === undefined || path === "/favicon.ico") {
    if (isModel) traffic.missing++;
    response.statusCode = path === "/favicon.ico" ? 204 : 404;
    response.end();
    return;
  }
  response.setHeader(
    "content-type",
    /\.m?js$/.test(file) ? "text/javascript" : /wasm$/.test(file) ? "application/wasm" : "text/plain",
  );
  const { mtime, size } = statSync(file);
  response.setHeader("last-modified", mtime.toUTCString());
  response.setHeader("content-length", size);
  // The browser's own cache stays out of it.
  response.setHeader("cache-control", "no-store");
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const body = createReadStream(file);
  if (isModel) body.on("data", (part) => (traffic.bytes += part.length));
  body.pipe(response);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
});
const page = await browser.newPage();
const complaints: string[] = [];
page.on("pageerror", (error) => complaints.push(error.message));
page.on("console", (message) => {
  // A missing optional file of a model is a 404, which Chromium reports as an error of its own.
  if (message.type() === "error" && !/404|ERR_CONNECTION_REFUSED/.test(message.text())) complaints.push(message.text());
});
await page.goto(origin);
await page.waitForFunction(() => "encode" in window);

let worst = 0;

interface Gold {
  sentences: string[];
  cases: GoldCase[];
}

interface GoldCase {
  name: string;
  method?: string;
  files?: object;
  options?: object;
  pooling?: string;
  sentences?: number[];
  embeddings?: number[][];
}

/** Whether a case is of the model as it lies, and of all sentences. */
function isPlain({ files, options, pooling, sentences, embeddings }: GoldCase): boolean {
  return !(files || options || pooling || sentences) && embeddings !== undefined;
}

function readGold(path: string): unknown {
  const zipped = join(root, "test/gold", `${path}.json.gz`);
  return JSON.parse(String(existsSync(zipped) ? gunzipSync(readFileSync(zipped)) : readFileSync(zipped.slice(0, -3))));
}

/** Relative where a row has numbers above 1. */
function largestDifference(actual: readonly number[][], expected: readonly (readonly number[])[]): number {
  const of = (row: readonly number[], index: number) => {
    const scale = Math.max(1, ...row.map(Math.abs));
    return row.map((value, at) => Math.abs(value - actual[index]![at]!) / scale);
  };
  return Math.max(...expected.flatMap(of));
}

// Models without a network come first: for them, the page takes no runtime.
const loadedAtFirst = [...programs];
for (const model of ["static", "model2vec", "model2vec-quantized", "word-embeddings", "router"]) {
  const gold = readGold(`models/${model}`) as Gold;
  const method = model === "router" ? "encode_query" : undefined;
  const { embeddings } = gold.cases.find((each) => each.method === method && isPlain(each))!;
  const url = `${origin}/models/${model}`;
  const actual =
    method === undefined
      ? (await page.evaluate(([url, texts]) => window.encode(url, "fp32", texts, 0), [url, gold.sentences] as const))
          .embeddings
      : await page.evaluate(([url, texts]) => window.encodeQueries(url, texts), [url, gold.sentences] as const);
  const difference = largestDifference(actual, embeddings!);
  worst = Math.max(worst, difference / 1e-5);
  console.log(`${model}: largest difference to Python ${difference.toExponential(1)}`);
}

interface SparseGold {
  texts: string[];
  models: Record<string, { name: string; dimension: number; rows: [indices: number[], values: number[]][] }[]>;
}

const { texts, models: sparseModels } = readGold("sparse-encoders") as SparseGold;

async function compareSparse(model: string, name: string, method: "encode" | "encodeQuery"): Promise<void> {
  const { rows, dimension } = sparseModels[model]!.find((each) => each.name === name)!;
  const expected = rows.map(([indices, values]) => {
    const row = new Array<number>(dimension).fill(0);
    for (const [at, index] of indices.entries()) row[index] = values[at]!;
    return row;
  });
  const url = `${origin}/sparse-encoders/${model}`;
  const found = await page.evaluate(([url, method, texts]) => window.encodeSparse(url, method, texts), [
    url,
    method,
    texts.slice(0, rows.length),
  ] as const);
  const difference = largestDifference(found.rows, expected);
  worst = Math.max(worst, difference / 1e-5);
  if (found.nearest !== 0) complaints.push(`${model}: the first text's nearest is text ${found.nearest}`);
  console.log(`sparse encoder ${model}, ${name}: largest difference to Python ${difference.toExponential(1)}`);
}

await compareSparse("inference-free", "encode_query", "encodeQuery");

/** Whether a program is of ONNX Runtime, rather than of the code that `load` imports. */
const isRuntime = (path: string) =>
  !path.endsWith(".js") || readFileSync(join(here, path), "utf8").includes("ort-wasm");
const taken = [...programs].filter((path) => !loadedAtFirst.includes(path) && isRuntime(path));
console.log(`programs of the runtime that they took: ${taken.join(", ") || "none"}`);
if (taken.length > 0) complaints.push(`models without a network loaded ${taken.join(", ")}`);

interface PairGold {
  pairs: [string, string][];
  models: Record<string, { name: string; scores: (number | number[])[] }[]>;
}

const { pairs, models: pairModels } = readGold("cross-encoders") as PairGold;
for (const [model, cases] of Object.entries(pairModels)) {
  const { scores } = cases.find(({ name }) => name === "plain")!;
  const url = `${origin}/cross-encoders/${model}`;
  const actual = await page.evaluate(([url, pairs]) => window.score(url, pairs), [url, pairs] as const);
  const expected = scores.map((row) => [row].flat());
  const difference = largestDifference(actual, expected);
  worst = Math.max(worst, difference / 1e-5);
  console.log(`cross-encoder ${model}: largest difference to Python ${difference.toExponential(1)}`);
}
if (![...programs].some((path) => path.endsWith(".wasm"))) complaints.push("no WebAssembly was loaded by a network");

for (const model of Object.keys(sparseModels)) await compareSparse(model, "encode", "encode");

const networks = readdirSync(join(root, "test/gold/models"))
  .map((file) => file.replace(/\.json(\.gz)?$/, ""))
  .filter((name) => !name.startsWith("all-MiniLM"));
for (const model of networks) {
  const gold = readGold(`models/${model}`) as Gold;
  const plain = gold.cases.find((each) => each.method === undefined && isPlain(each));
  if (plain === undefined) continue;
  const url = `${origin}/models/${model}`;
  const { embeddings } = await page.evaluate(([url, texts]) => window.encode(url, "fp32", texts, 0), [
    url,
    gold.sentences,
  ] as const);
  const difference = largestDifference(embeddings, plain.embeddings!);
  worst = Math.max(worst, difference / 1e-5);
  console.log(`${model}: largest difference to Python ${difference.toExponential(1)}`);
}

for (const [model, tolerance] of [
  ["bert", 1e-5],
  ["hpd-tinybert-like", 1e-5],
  ["mpnet", 1e-5],
  ["roberta", 1e-5],
] as const) {
  const gold = readGold(`models/${model}`) as Gold;
  const expected = gold.cases.find(({ name }) => name === "as saved")!.embeddings!;
  for (const dtype of ["fp32", "int8"] as const) {
    const result = await page.evaluate(([url, dtype, sentences]) => window.encode(url, dtype, sentences, 20), [
      `${origin}/models/${model}`,
      dtype,
      gold.sentences,
    ] as const);
    const difference = largestDifference(result.embeddings, expected);
    if (dtype === "fp32") worst = Math.max(worst, difference / tolerance);
    console.log(
      `${model} ${dtype}: largest difference to Python ${difference.toExponential(1)}, first vector after ` +
        `${result.firstVector.toFixed(0)} ms, ${result.perSecond.toFixed(0)} sentences/s`,
    );
  }
}

/** A model that comes with the package: its files are asked for once, and come from the browser's Cache the second time. */
const { size } = statSync(join(root, "models/HPD-MiniLM-L3-F256/model.safetensors"));
for (const time of ["first", "second"]) {
  traffic = { requests: 0, missing: 0, bytes: 0 };
  await page.evaluate((url) => window.encode(url, "fp32", ["a cat"], 0), `${origin}/models/HPD-MiniLM-L3-F256`);
  const { requests, missing, bytes } = traffic;
  console.log(`default model, ${time} load: ${requests} requests, ${missing} of them for nothing, ${bytes} bytes`);
  if (missing > 2 || (time === "second" && bytes > size / 2)) complaints.push(`the ${time} load asks for too much`);
}
server.close();
server.closeAllConnections();
await page.evaluate((url) => window.encode(url, "fp32", ["a cat"], 0), `${origin}/models/HPD-MiniLM-L3-F256`);
console.log("default model, third load: without the server");
await browser.close();
rmSync(built, { recursive: true });
if (complaints.length > 0) console.error("the browser complained:", complaints);
if (worst > 1 || complaints.length > 0) process.exitCode = 1;
