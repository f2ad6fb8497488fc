/**
 * The speed of search for the ten nearest of vectors of length 1, next to a plain loop, usearch and LanceDB in the same
 * run: `npm run bench:search`. Each engine is a process of its own with its library's default number of threads, one after
 * the other, since each has all vectors in memory. tools/bench/README.md says how to make the others.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EngineProcess } from "./engine-process.ts";
import { recall, writeWork } from "./search-work.ts";
import { median } from "./statistics.ts";

const root = join(import.meta.dirname, "..");
const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    queries: { type: "string", default: "1000" },
    embeddings: { type: "string" },
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
  },
});

interface Result {
  readonly name: string;
  readonly buildSeconds: number;
  readonly bytesAVector: number;
  readonly peakMiB: number;
  /** Medians: of one query alone, and of each of many. */
  readonly oneSeconds: number;
  readonly eachSeconds: number;
  /** How many of the queries were asked: the slow ones are stopped. */
  readonly queries: number;
  readonly recall: number;
}

const toolsRequire = createRequire(join(root, "tools/bench/package.json"));
const engines: [name: string, script: string, mode: string, library?: string][] = [
  ["hpd float32", "bench/engines/search-hpd.ts", "float32"],
  ["hpd int8", "bench/engines/search-hpd.ts", "int8"],
  ["hpd int8, rescored x 2", "bench/engines/search-hpd.ts", "int8-rescored"],
  ["hpd binary, rescored x 32", "bench/engines/search-hpd.ts", "binary-rescored"],
  ["hpd binary alone", "bench/engines/search-hpd.ts", "binary"],
  ["plain loop", "bench/engines/search-loop.ts", ""],
  ["usearch exact", "tools/bench/search-usearch.ts", "exact", "usearch"],
  ["usearch HNSW", "tools/bench/search-usearch.ts", "hnsw", "usearch"],
  ["LanceDB flat", "tools/bench/search-lancedb.ts", "flat", "@lancedb/lancedb"],
  ["LanceDB IVF_PQ, refined x 10", "tools/bench/search-lancedb.ts", "ivf", "@lancedb/lancedb"],
];
const temporary = mkdtempSync(join(tmpdir(), "hpd-bench-"));
const [corpusFile, queriesFile, hitsFile] = ["corpus", "queries", "hits"].map((name) => join(temporary, name));
const results: Result[] = [];
let running: EngineProcess | undefined;

try {
  const [count, queries] = [Number(options.count), Number(options.queries)];
  const { dimension, corpusCount } = writeWork(
    { count, queries, ...(options.embeddings !== undefined && { embeddingsFile: options.embeddings }) },
    corpusFile!,
    queriesFile!,
  );
  const kind = options.embeddings === undefined ? "random points" : "embeddings";
  console.log(
    `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}; ` +
      `${corpusCount} ${kind} of ${dimension} dimensions, ${queries} queries, ${options.rounds} rounds.\n`,
  );
  // The first engine's, which is exact.
  let nearest: number[][] | undefined;
  const files = [corpusFile!, String(corpusCount), queriesFile!, String(queries), String(dimension)];
  for (const [name, script, mode, library] of engines) {
    if (library !== undefined && !isInstalled(library)) {
      console.log(`${name} is left out: ${library} is not installed, see tools/bench/README.md`);
      continue;
    }
    running = new EngineProcess(name, [process.execPath, join(root, script), ...files, mode]);
    const { buildSeconds, bytesAVector } = await running.answer();
    const [ones, eachs]: [number[], number[]] = [[], []];
    let [peak, asked] = [0, 0];
    for (let round = 0; round < Number(options.rounds); round++) {
      ones.push((await running.ask("one")).seconds!);
      const many = await running.ask("many", { path: hitsFile });
      asked = many.queries!;
      eachs.push(many.seconds! / asked);
      peak = many.peakMiB!;
    }
    await running.stop();
    const hits: number[][] = JSON.parse(readFileSync(hitsFile!, "utf8"));
    nearest ??= hits;
    results.push({
      name,
      buildSeconds: buildSeconds!,
      bytesAVector: bytesAVector!,
      peakMiB: peak,
      oneSeconds: median(ones),
      eachSeconds: median(eachs),
      queries: asked,
      recall: recall(hits, nearest),
    });
    print(results.at(-1)!, results[0]!);
  }
  if (options.json !== undefined) {
    const run = { cpu: cpus()[0]?.model, node: process.version, corpusCount, dimension, queries, kind, results };
    writeFileSync(options.json, `${JSON.stringify(run, null, 2)}\n`);
  }
} finally {
  await running?.stop();
  rmSync(temporary, { recursive: true });
}

function isInstalled(library: string): boolean {
  try {
    toolsRequire.resolve(library);
    return true;
  } catch {
    return false;
  }
}

function print(result: Result, first: Result): void {
  if (result === first) {
    const columns = ["one query", "many: queries/s", "recall@10", "bytes/vector", "build", "peak MiB"];
    console.log(`${"".padEnd(30)}${columns.map((column) => column.padStart(20)).join("")}`);
  }
  // How many times as long as the first engine.
  const ratio = (seconds: number, own: number) => `(${(seconds / own).toPrecision(2)} x)`.padStart(10);
  console.log(
    result.name.padEnd(30) +
      `${(result.oneSeconds * 1000).toFixed(2)} ms`.padStart(10) +
      ratio(result.oneSeconds, first.oneSeconds) +
      (1 / result.eachSeconds).toFixed(0).padStart(10) +
      ratio(result.eachSeconds, first.eachSeconds) +
      result.recall.toFixed(4).padStart(20) +
      result.bytesAVector.toFixed(0).padStart(20) +
      `${result.buildSeconds.toFixed(1)} s`.padStart(20) +
      result.peakMiB.toFixed(0).padStart(20),
  );
}
