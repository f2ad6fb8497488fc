/**
 * Sentences a second of a static model on one core, against sentence-transformers and model2vec on the same files.
 * Usage: see README.md beside this file.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pythonProgram } from "../../bench/python-program.ts";
import { SentenceTransformer } from "../../src/index.ts";

const { values } = parseArgs({
  options: { model: { type: "string" }, sentences: { type: "string" }, python: { type: "string" } },
});
const { model: folder, sentences: file, python } = values;
if (folder === undefined || file === undefined) throw new Error("--model FOLDER and --sentences FILE are needed");

const sentences = readFileSync(file, "utf8").split("\n").filter(Boolean);
const started = performance.now();
const model = await SentenceTransformer.load(folder);
print("loaded in ms", performance.now() - started);
let fastest = Number.POSITIVE_INFINITY;
for (let round = 0; round < 5; round++) {
  const start = performance.now();
  await model.encode(sentences);
  if (round > 0) fastest = Math.min(fastest, performance.now() - start);
}
const tokens = sentences.reduce((sum, text) => sum + model.countTokens(text), 0);
print("sentences", sentences.length);
print("tokens a sentence", tokens / sentences.length);
print("hpd, sentences a second", (1000 * sentences.length) / fastest);
if (python !== undefined) {
  const list = join(folder, "sentences.json");
  writeFileSync(list, JSON.stringify(sentences));
  const engine = join(import.meta.dirname, "static_engine.py");
  const output = execFileSync(pythonProgram(python), [engine, "time", folder, list], { encoding: "utf8" });
  const rates = JSON.parse(output.trim().split("\n").at(-1)!) as Record<string, number>;
  for (const [name, rate] of Object.entries(rates)) print(`${name}, sentences a second`, rate);
  const bytes = readFileSync(join(folder, "vectors.npy"));
  const start = 10 + bytes.readUInt16LE(8);
  const { data } = await model.encode(sentences.slice(0, 256));
  let largest = 0;
  for (const [at, value] of data.entries()) {
    largest = Math.max(largest, Math.abs(value - bytes.readFloatLE(start + 4 * at)));
  }
  print("largest difference to sentence-transformers", largest);
}
await model.dispose();

function print(name: string, value: number): void {
  process.stdout.write(`${name.padEnd(46)}${value >= 10 ? Math.round(value).toLocaleString("en") : value}\n`);
}
