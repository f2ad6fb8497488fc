/**
 * The speed of whole training steps, next to PyTorch in the same run: `npm run bench:train`. Forward, backward, clipping
 * and AdamW of TinyBERT-L4-H312 with Dense, and fine-tuning on pairs (pairs.ts). Each engine is a process of its own with
 * its library's default number of threads; for each workload all start from the same weights, warm up, and take turns.
 * See tools/bench/README.md.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EngineProcess } from "./engine-process.ts";
import { measurePeak } from "./measure-peak.ts";
import { measurePairs } from "./pairs.ts";
import { printPairs } from "./pairs-report.ts";
import { pythonProgram } from "./python-program.ts";
import { printTraining, type TrainingResult } from "./train-report.ts";
import { prepare, type Workload, writeWorkload } from "./train-work.ts";
import { countOperations } from "./work.ts";

const root = join(import.meta.dirname, "..");
const data = process.env.HPD_DATA ?? join(root, "../shared/data");
const { values: options } = parseArgs({
  options: {
    sentences: {
      type: "string",
      default: join(data, "train/sentences.txt.gz"),
    },
    tokenizer: {
      type: "string",
      default: join(process.env.HPD_TEST_MODELS ?? join(root, "../shared/models"), "all-MiniLM-L6-v2"),
    },
    short: { type: "string", default: join(data, "train/nli-more.tsv.gz") },
    pairs: { type: "string", default: join(data, "train/pairs.jsonl.gz") },
    only: { type: "string" },
    workload: { type: "string", default: "" },
    python: { type: "string" },
    dropout: { type: "string" },
    rounds: { type: "string", default: "5" },
    json: { type: "string" },
  },
});
const rounds = Number(options.rounds);
const temporary = mkdtempSync(join(tmpdir(), "hpd-bench-"));
const folder = join(temporary, "model");
const running: EngineProcess[] = [];

function start(name: string, command: readonly string[]): EngineProcess {
  const engine = new EngineProcess(name, command);
  running.push(engine);
  return engine;
}

async function measure(workload: Workload): Promise<TrainingResult> {
  const file = writeWorkload(temporary, workload, Number(options.dropout ?? 0));
  const commands: [string, string[]][] = [
    ["hpd fp32", [process.execPath, join(root, "bench/engines/train-hpd.ts"), folder, file]],
  ];
  for (const precision of options.python === undefined ? [] : ["fp32", "bf16"]) {
    const script = join(root, "tools/bench/train_engine.py");
    commands.push([`torch ${precision}`, [pythonProgram(options.python!), script, folder, file, precision]]);
  }
  const engines = commands.map(([name, command]) => ({ name, process: start(name, command) }));
  const results = [];
  for (const { name, process } of engines) {
    await process.answer();
    const { losses } = await process.ask("round");
    results.push({ name, losses: losses!, seconds: [] as number[], optimizerSeconds: [] as number[], peakMiB: 0 });
  }
  for (let round = 0; round < rounds; round++) {
    for (const [index, result] of results.entries()) {
      const { seconds, optimizerSeconds, peakMiB } = await engines[index]!.process.ask("round");
      result.seconds.push(seconds!);
      result.optimizerSeconds.push(optimizerSeconds!);
      result.peakMiB = peakMiB ?? Number.NaN;
    }
  }
  for (const { process } of engines) await process.stop();
  const lengths = workload.batches.flat().map(({ length }) => length);
  return {
    workload: workload.name,
    sentences: lengths.length,
    tokens: lengths.reduce((sum, tokens) => sum + tokens, 0),
    // Backward is two products for each one of forward.
    operations: 3 * countOperations(folder, lengths),
    engines: results,
  };
}

try {
  if (options.only !== undefined && !["distillation", "pairs"].includes(options.only)) {
    throw new Error(`--only is distillation or pairs, got ${options.only}`);
  }
  const isOnly = (part: string) => options.only === undefined || options.only === part;
  for (const path of [...(isOnly("distillation") ? [options.sentences] : []), options.tokenizer]) {
    if (!existsSync(path)) throw new Error(`${path} does not exist: name others with --sentences and --tokenizer`);
  }
  if (options.python === undefined) console.error("PyTorch is left out: no --python");
  const peak = await measurePeak(start);
  const cores = availableParallelism();
  console.log(`${cpus()[0]?.model}, ${cores} cores, Node ${process.version}; ${rounds} rounds.`);
  console.log(`Matrix products of 1024 x 1024 in onnxruntime on all cores: ${peak.toFixed(0)} GFLOP/s.`);
  const results: TrainingResult[] = [];
  const workloads = isOnly("distillation") ? await prepare(folder, options.tokenizer, options.sentences) : [];
  for (const workload of workloads.filter(({ name }) => name.includes(options.workload))) {
    const result = await measure(workload);
    printTraining(result, peak);
    results.push(result);
  }
  const { tokenizer, short, pairs, workload } = options;
  const python = options.python === undefined ? undefined : pythonProgram(options.python);
  const ofPairs = isOnly("pairs")
    ? await measurePairs({
        ...{ root, temporary, model: tokenizer, short, passages: pairs, python, workload, rounds, start },
        dropout: Number(options.dropout ?? 0.1),
        onResult: (result) => printPairs(result, peak),
      })
    : [];
  if (options.json !== undefined) {
    const run = { cpu: cpus()[0]?.model, cores, node: process.version, peak, results, pairs: ofPairs };
    writeFileSync(options.json, `${JSON.stringify(run, null, 2)}\n`);
  }
} finally {
  await Promise.all(running.map((engine) => engine.stop()));
  rmSync(temporary, { recursive: true });
}
