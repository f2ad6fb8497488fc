/**
 * Fuzzes whatever reads files of strangers. A finding is an error that is no HpdError, a result that can't be right, an
 * input that takes longer than --limit, or more than 1 GB of memory.
 *
 *     npm run fuzz -- [--target NAME] [--count 1000] [--seed 1] [--limit 5]
 *     npm run fuzz -- --target NAME --seed 1 --at 4711     shows one input and reads it
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { inputOf, problemOf } from "./run-input.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets/index.ts";

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    limit: { type: "string", default: "5" },
    at: { type: "string" },
  },
});
const seed = Number(values.seed);
const count = Number(values.count);
const limitMs = 1000 * Number(values.limit);
const mostBytes = 1e9;
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) throw new Error(`--target is one of ${targets.map(({ name }) => name).join(", ")}`);

if (values.at !== undefined) await show(chosen[0]!, Number(values.at));
else process.exitCode = (await fuzzAll()) === 0 ? 0 : 1;

async function show(target: Target, index: number): Promise<void> {
  const input = inputOf(target, seed, index);
  console.log(input.shown);
  console.log((await problemOf(input)) ?? "read, or refused, as it should be");
}

async function fuzzAll(): Promise<number> {
  let findings = 0;
  for (const { name } of chosen) {
    const started = performance.now();
    let found = 0;
    for (let start = 0; start < count; ) {
      start = await fuzz(name, start, (index, problem) => {
        found++;
        console.log(`${name}, --seed ${seed} --at ${index}: ${problem.slice(0, 1500)}`);
      });
    }
    findings += found;
    const seconds = (performance.now() - started) / 1000;
    console.log(`${name}: ${count} inputs in ${seconds.toFixed(0)} s, ${found} findings`);
  }
  return findings;
}

/** Reads inputs from `start` on until the end or the first one that has to be stopped. @returns where to go on */
async function fuzz(name: string, start: number, onFinding: (index: number, problem: string) => void): Promise<number> {
  const progress = new Float64Array(new SharedArrayBuffer(16));
  progress.set([start, performance.timeOrigin + performance.now() + 60_000]);
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: { name, seed, start, end: count, progress },
    execArgv: ["--conditions", "hpd-source"],
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  worker.on("message", ({ index, problem }) => onFinding(index, problem));
  const before = process.memoryUsage.rss();
  let stopped = false;
  const watch = setInterval(() => {
    const elapsed = performance.timeOrigin + performance.now() - progress[1]!;
    const grown = process.memoryUsage.rss() - before;
    if (stopped || (elapsed < limitMs && grown < mostBytes)) return;
    stopped = true;
    onFinding(progress[0]!, elapsed < limitMs ? `took ${Math.round(grown / 1e6)} MB` : `took more than ${limitMs} ms`);
    void worker.terminate();
  }, 50);
  await new Promise<void>((resolve) => {
    worker.once("error", (error) => {
      if (!stopped) onFinding(progress[0]!, `ended the thread: ${error.stack}`);
      stopped = true;
    });
    worker.once("exit", () => resolve());
  });
  clearInterval(watch);
  return stopped ? progress[0]! + 1 : count;
}
