/**
 * Encodes in a real browser, headless Chromium, and compares with the gold file of Python: see README.md.
 */
import { createReadStream, existsSync, readFileSync, rmSync, statSync } from "node:fs";
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
  platform: "browser",
  outdir: built,
  nodePaths: [join(here, "node_modules")],
  target: "es2022",
});

const runtimeFiles = join(here, "node_modules/onnxruntime-web/dist");
/** Of model files: how many were asked for, how many of these are not there, and the bytes that were taken. */
let traffic = { requests: 0, missing: 0, bytes: 0 };
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
  if (path === "/") {
    response.setHeader("content-type", "text/html");
    response.end('<!doctype html><script type="module" src="/built/page.js"></script>');
    return;
  }
  const isModel = path.startsWith("/models/");
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
for (const [model, tolerance] of [
  ["bert", 1e-5],
  ["hpd-tinybert-like", 1e-5],
  ["mpnet", 1e-5],
  ["roberta", 1e-5],
] as const) {
  const zipped = join(root, `test/gold/models/${model}.json.gz`);
  const text = existsSync(zipped) ? gunzipSync(readFileSync(zipped)) : readFileSync(zipped.slice(0, -3));
  const gold = JSON.parse(String(text));
  const expected: number[][] = gold.cases.find(({ name }: { name: string }) => name === "as saved").embeddings;
  for (const precision of ["fp32", "int8"] as const) {
    const result = await page.evaluate(([url, precision, sentences]) => window.encode(url, precision, sentences, 20), [
      `${origin}/models/${model}`,
      precision,
      gold.sentences,
    ] as const);
    let difference = 0;
    for (const [row, values] of expected.entries()) {
      for (const [column, value] of values.entries()) {
        difference = Math.max(difference, Math.abs(value - result.embeddings[row]![column]!));
      }
    }
    if (precision === "fp32") worst = Math.max(worst, difference / tolerance);
    console.log(
      `${model} ${precision}: largest difference to Python ${difference.toExponential(1)}, first vector after ` +
        `${result.firstVector.toFixed(0)} ms, ${result.perSecond.toFixed(0)} sentences/s`,
    );
  }
}

/** A model that comes with the package: its files are asked for once, and come from the browser's Cache the second time. */
const { size } = statSync(join(root, "models/HPD-MiniLM-L3-F128/model.safetensors"));
for (const time of ["first", "second"]) {
  traffic = { requests: 0, missing: 0, bytes: 0 };
  await page.evaluate((url) => window.encode(url, "fp32", ["a cat"], 0), `${origin}/models/HPD-MiniLM-L3-F128`);
  const { requests, missing, bytes } = traffic;
  console.log(`default model, ${time} load: ${requests} requests, ${missing} of them for nothing, ${bytes} bytes`);
  if (missing > 2 || (time === "second" && bytes > size / 2)) complaints.push(`the ${time} load asks for too much`);
}
server.close();
server.closeAllConnections();
await page.evaluate((url) => window.encode(url, "fp32", ["a cat"], 0), `${origin}/models/HPD-MiniLM-L3-F128`);
console.log("default model, third load: without the server");
await browser.close();
rmSync(built, { recursive: true });
if (complaints.length > 0) console.error("the browser complained:", complaints);
if (worst > 1 || complaints.length > 0) process.exitCode = 1;
