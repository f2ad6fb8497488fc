/**
 * Encodes in a real browser, headless Chromium, and compares with the gold file of Python: see README.md.
 */
import { createReadStream, existsSync, readFileSync, rmSync } from "node:fs";
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
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
  if (path === "/") {
    response.setHeader("content-type", "text/html");
    response.end('<!doctype html><script type="module" src="/built/page.js"></script>');
    return;
  }
  const file = [
    join(here, path),
    join(root, "test/fixtures", path),
    join(runtimeFiles, path.replace("/built", "")),
  ].find(existsSync);
  if (file === undefined || path === "/favicon.ico") {
    response.statusCode = path === "/favicon.ico" ? 204 : 404;
    response.end();
    return;
  }
  response.setHeader(
    "content-type",
    /\.m?js$/.test(file) ? "text/javascript" : /wasm$/.test(file) ? "application/wasm" : "text/plain",
  );
  createReadStream(file).pipe(response);
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
  if (message.type() === "error" && !/404/.test(message.text())) complaints.push(message.text());
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
await browser.close();
server.close();
rmSync(built, { recursive: true });
if (complaints.length > 0) console.error("the browser complained:", complaints);
if (worst > 1 || complaints.length > 0) process.exitCode = 1;
