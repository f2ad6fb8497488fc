/**
 * The speed of encoding, next to transformers.js and sentence-transformers in the same run: `npm run bench:encode`.
 * Each engine is a process of its own with its library's default number of threads; all are loaded and warmed up, then
 * take turns. tools/bench/README.md says how to make what the options name.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { EngineProcess } from "./engine-process.ts";
import { measurePeak } from "./measure-peak.ts";
import { type EngineResult, type ModelResult, median, printModel } from "./report.ts";
import { sampleSentences } from "./sentences.ts";
import { compareEmbeddings, countOperations } from "./work.ts";

const root = join(import.meta.dirname, "..");
const { values: options } = parseArgs({
  options: {
    sts: { type: "string", default: join(process.env.HPD_DATA ?? join(root, "../shared/data"), "sts") },
    minilm: {
      type: "string",
      default: join(process.env.HPD_TEST_MODELS ?? join(root, "../shared/models"), "all-MiniLM-L6-v2"),
    },
    tinybert: { type: "string" },
    onnx: { type: "string" },
    python: { type: "string" },
    // Autocast: very slow on a processor without bfloat16 arithmetic.
    bf16: { type: "boolean" },
    rounds: { type: "string", default: "5" },
    sentences: { type: "string", default: "4096" },
    json: { type: "string" },
  },
});
const starts = 3;
const rounds = Number(options.rounds);
const sentences = sampleSentences(options.sts, Number(options.sentences));
const temporary = mkdtempSync(join(tmpdir(), "hpd-bench-"));
const sentencesFile = join(temporary, "sentences.json");
writeFileSync(sentencesFile, JSON.stringify(sentences));
const running: EngineProcess[] = [];

function start(name: string, command: readonly string[]): EngineProcess {
  const engine = new EngineProcess(name, command);
  running.push(engine);
  return engine;
}

function commandsFor(folder: string): [name: string, command: string[]][] {
  const node = process.execPath;
  const commands: [string, string[]][] = ["fp32", "int8"].map((dtype) => [
    `hpd ${dtype}`,
    [node, join(root, "bench/engines/hpd.ts"), folder, sentencesFile, dtype],
  ]);
  if (options.onnx !== undefined) {
    const exported = join(options.onnx, basename(folder));
    const modules = readFileSync(join(folder, "modules.json"), "utf8");
    const normalize = modules.includes("Normalize") ? "normalize" : "raw";
    for (const dtype of ["fp32", "q8"]) {
      for (const order of ["input-order", "sorted"]) {
        const script = join(root, "tools/bench/transformers-js-engine.ts");
        commands.push([
          `transformers.js ${dtype}, ${order.replace("-", " ")}`,
          [node, script, exported, sentencesFile, dtype, order, normalize],
        ]);
      }
    }
  }
  if (options.python !== undefined) {
    const script = join(root, "tools/bench/sentence_transformers_engine.py");
    for (const dtype of options.bf16 ? ["fp32", "bf16"] : ["fp32"]) {
      commands.push([`sentence-transformers ${dtype}`, [options.python, script, folder, sentencesFile, dtype]]);
    }
  }
  return commands;
}

async function measure(folder: string): Promise<ModelResult> {
  const engines = new Map<string, EngineProcess>();
  const results: EngineResult[] = [];
  for (const [name, command] of commandsFor(folder)) {
    const firstVectorMs: number[] = [];
    for (let attempt = 1; attempt <= starts; attempt++) {
      const engine = start(name, command);
      firstVectorMs.push((await engine.answer()).firstVectorMs!);
      if (attempt < starts) await engine.stop();
      else engines.set(name, engine);
    }
    results.push({ name, firstVectorMs: median(firstVectorMs), rates: [], peakMiB: Number.NaN });
  }
  for (const engine of engines.values()) await engine.ask("round");
  for (let round = 0; round < rounds; round++) {
    for (const result of results) {
      const { seconds, peakMiB } = await engines.get(result.name)!.ask("round");
      result.rates.push(sentences.length / seconds!);
      result.peakMiB = peakMiB ?? Number.NaN;
    }
  }
  const embeddings = async (name: string) => {
    const path = join(temporary, "embeddings");
    await engines.get(name)!.ask("embeddings", path);
    return new Float32Array(new Uint8Array(readFileSync(path)).buffer);
  };
  const own = await embeddings("hpd fp32");
  const like = async (name: string) => compareEmbeddings(await embeddings(name), own, sentences.length);
  const { tokenCounts } = await engines.get("hpd fp32")!.ask("tokenCounts");
  const result: ModelResult = {
    model: basename(folder),
    engines: results,
    tokens: tokenCounts!.reduce((sum, tokens) => sum + tokens, 0),
    operations: countOperations(folder, tokenCounts!) / sentences.length,
    int8ToFp32: await like("hpd int8"),
    fp32ToPython: engines.has("sentence-transformers fp32") ? await like("sentence-transformers fp32") : undefined,
    eventLoop: (await engines.get("hpd fp32")!.ask("eventLoop")).eventLoop!,
  };
  for (const engine of engines.values()) await engine.stop();
  return result;
}

try {
  const folders = [options.tinybert, options.minilm].filter((folder) => folder !== undefined);
  for (const folder of folders) {
    if (!existsSync(folder)) throw new Error(`expected a model folder, ${folder} does not exist`);
  }
  if (options.tinybert === undefined) console.error("TinyBERT is left out: no --tinybert");
  if (options.onnx === undefined) console.error("transformers.js is left out: no --onnx");
  if (options.python === undefined) console.error("sentence-transformers is left out: no --python");

  const peak = await measurePeak(start);
  const cores = availableParallelism();
  console.log(
    `${cpus()[0]?.model}, ${cores} cores, Node ${process.version}; ${sentences.length} sentences, ${rounds} rounds.`,
  );
  console.log(`Matrix products of 1024 x 1024 in onnxruntime on all cores: ${peak.toFixed(0)} GFLOP/s.`);
  const models: ModelResult[] = [];
  for (const folder of folders) {
    const result = await measure(folder);
    printModel(result, peak);
    models.push(result);
  }
  if (options.json !== undefined) {
    const run = { cpu: cpus()[0]?.model, cores, node: process.version, sentences: sentences.length, peak, models };
    writeFileSync(options.json, `${JSON.stringify(run, null, 2)}\n`);
  }
} finally {
  await Promise.all(running.map((engine) => engine.stop()));
  rmSync(temporary, { recursive: true });
}
