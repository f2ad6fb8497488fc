/**
 * Pairs a second of a cross-encoder, against sentence-transformers on the same folder and in the same run: each engine is
 * a process of its own, and they take turns. Usage: see README.md beside this file.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EngineProcess } from "../../bench/engine-process.ts";
import { pythonProgram } from "../../bench/python-program.ts";
import { sampleSentences } from "../../bench/sentences.ts";
import { median } from "../../bench/statistics.ts";

const root = join(import.meta.dirname, "../..");
const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    sts: { type: "string", default: join(process.env.HPD_DATA ?? join(root, "../shared/data"), "sts") },
    python: { type: "string" },
    pairs: { type: "string", default: "256" },
    rounds: { type: "string", default: "5" },
  },
});
const { model, python } = options;
if (model === undefined) throw new Error("--model FOLDER is needed, such as cross_encoder_engine.py make writes");

/** Passages of one to eight sentences, so that pairs have very different lengths, as those of a search do. */
const count = Number(options.pairs);
const sentences = sampleSentences(options.sts, 5 * count);
const pairs = Array.from({ length: count }, (_, index) => {
  const length = 1 + (index % 8);
  const start = (index * 4) % (sentences.length - 8);
  return [sentences[4 * count + index]!, sentences.slice(start, start + length).join(" ")];
});

const temporary = mkdtempSync(join(tmpdir(), "hpd-bench-"));
const pairsFile = join(temporary, "pairs.json");
writeFileSync(pairsFile, JSON.stringify(pairs));
const engine = join(import.meta.dirname, "cross-encoder-engine.ts");
const commands: [string, string[]][] = [
  ...["fp32", "int8"].map((dtype): [string, string[]] => [
    `hpd ${dtype}`,
    [process.execPath, engine, model, pairsFile, dtype],
  ]),
];
if (python !== undefined) {
  const script = join(import.meta.dirname, "cross_encoder_engine.py");
  commands.push(["sentence-transformers", [pythonProgram(python), script, "serve", model, pairsFile]]);
}

const engines = commands.map(([name, command]) => ({ name, process: new EngineProcess(name, command) }));
try {
  const scores = new Map<string, Float32Array>();
  for (const { name, process } of engines) {
    await process.answer();
    const path = join(temporary, name);
    await process.ask("embeddings", { path });
    const bytes = readFileSync(path);
    scores.set(name, new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  }
  const seconds = new Map<string, number[]>(engines.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const { name, process } of engines) seconds.get(name)!.push((await process.ask("round")).seconds!);
  }
  const reference = scores.get(engines.at(-1)!.name)!;
  for (const [name, times] of seconds) {
    const largest = scores.get(name)!.reduce((most, score, at) => Math.max(most, Math.abs(score - reference[at]!)), 0);
    const [rate, difference] = [count / median(times), largest.toExponential(1)];
    process.stdout.write(
      `${name.padEnd(24)}${rate.toFixed(0).padStart(6)} pairs/s   largest difference to ${engines.at(-1)!.name} ${difference}\n`,
    );
  }
} finally {
  for (const { process } of engines) await process.stop();
  rmSync(temporary, { recursive: true });
}
