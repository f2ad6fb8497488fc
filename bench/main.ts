/**
 * The speed and quality of encoding, ours and that of other libraries, in one run: `npm run bench`. What isn't installed is
 * left out and named. Writes a JSON file, a page and its picture. tools/bench/README.md has the options.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { barsOf } from "./encoding/bars.ts";
import { type Engine, type EngineSources, findPython, listEngines } from "./encoding/engines.ts";
import { describeMachine, hasBfloat16, instructionsHere, kindOf } from "./encoding/machine.ts";
import { Measure } from "./encoding/measure.ts";
import { pageOf, readmeFigures, shortTable } from "./encoding/page.ts";
import { planSteps } from "./encoding/plan.ts";
import { exportModel, maxTokens, modelWithLongTexts, quantizeModel } from "./encoding/prepare.ts";
import { type Results, readResults, tasks, writeResults } from "./encoding/results.ts";
import { makeTexts, type Texts } from "./encoding/texts.ts";
import { EngineProcess } from "./engine-process.ts";
import { measurePeak } from "./measure-peak.ts";
import { countOperations } from "./work.ts";

const root = join(import.meta.dirname, "..");
const data = process.env.HPD_DATA ?? join(root, "../shared/data");
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: {
      type: "string",
      default: join(process.env.HPD_TEST_MODELS ?? join(root, "../shared/models"), "all-MiniLM-L6-v2"),
    },
    sts: { type: "string", default: join(data, "sts") },
    python: { type: "string" },
    only: { type: "string", default: "" },
    tasks: { type: "string", default: "" },
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    resume: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const cache = join(root, "node_modules/.cache/hpd-bench");
const plans = {
  whole: {
    rounds: 3,
    sizes: { short: 4096, mixed: 256, long: 128, queries: 200 },
    besideSeconds: 2.5,
    callerTexts: 512,
  },
  quick: { rounds: 1, sizes: { short: 1024, mixed: 48, long: 32, queries: 60 }, besideSeconds: 1.5, callerTexts: 256 },
};
const plan = options.quick ? plans.quick : plans.whole;
const temporary = mkdtempSync(join(tmpdir(), "hpd-bench-"));

async function run(): Promise<void> {
  const model = modelWithLongTexts(options.model, cache);
  const { texts, counts, dimension } = await prepareTexts(model);
  const { engines, leftOut, exported } = prepareEngines(model, texts);
  const out = resolve(options.out ?? join(defaultFolder(), `${basename(model)}-${kindOf(instructionsHere())}`));
  mkdirSync(dirname(out), { recursive: true });
  const json = `${out}.json`;
  const results = options.resume && existsSync(json) ? readResults(json) : await begin(model, counts);
  if (results.texts.mixed.tokens !== sum(counts.mixed)) throw new Error(`${json} is of other texts`);
  results.leftOut = leftOut.filter(({ names }) => isChosen(names, options.only));
  const measure = new Measure({
    temporary,
    texts,
    engines,
    settings: { model, exported: exported ?? "", maxTokens, dimension },
    reference: engines[0]!,
    besideSeconds: plan.besideSeconds,
    callerTexts: plan.callerTexts,
    hasScore: !options.quick,
  });
  const isWhole = await takeSteps(measure, engines, results, json);
  writeResults(json, results);
  writeFileSync(`${out}.svg`, barsOf(results));
  writeFileSync(`${out}.md`, pageOf(results, `${basename(out)}.svg`));
  updateReadme(json, results);
  const written = [".md", ".svg", ".json"].map((end) => relative(process.cwd(), out + end));
  console.log(`${shortTable(results)}\n\n${written.join(", ")}`);
  if (isWhole) return;
  console.error("interrupted: --resume goes on");
  process.exitCode = 130;
}

/** The pages of the repository are those of whole runs. */
function defaultFolder(): string {
  if (options.quick) return join(cache, "quick");
  const isWhole = options.resume || (options.only === "" && options.tasks === "");
  return isWhole ? join(root, "docs/benchmarks") : join(cache, "parts");
}

/** @returns false if it was interrupted; results are written after each step */
async function takeSteps(
  measure: Measure,
  engines: readonly Engine[],
  results: Results,
  json: string,
): Promise<boolean> {
  const chosen = engines.map(({ name }) => name).filter((name) => isChosen(name, options.only));
  if (chosen.length === 0) throw new Error(`--only ${options.only}: no engine of that name is installed`);
  const wanted = tasks.filter((task) => isChosen(task, options.tasks));
  const steps = planSteps(chosen, options.rounds === undefined ? plan.rounds : Number(options.rounds), wanted, results);
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    measure.kill();
  };
  // Whatever comes a second time is no more: it may be sent to the process and to its group.
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const failed = new Set<string>();
  for (const [at, step] of steps.entries()) {
    if (failed.has(step.engine)) continue;
    const engine = engines.find(({ name }) => name === step.engine)!;
    process.stderr.write(`${at + 1} of ${steps.length}: ${step.engine}, ${step.task} ${step.round || ""}\n`);
    try {
      if (step.task === "first") results.firstPasses.push(await measure.firstPass(engine));
      else results.samples.push(await measure.sample(step));
      record(results, engine, measure, engines);
    } catch (error) {
      if (isInterrupted) return false;
      failed.add(engine.name);
      results.leftOut.push({ names: engine.name, why: `it failed: ${(error as Error).message}` });
    }
    writeResults(json, results);
  }
  await measure.stop();
  return !isInterrupted;
}

/** Whether one of the parts of a comma-separated option is in a name; none chooses all. */
function isChosen(name: string, option: string): boolean {
  const parts = option.toLowerCase().split(",").filter(Boolean);
  return parts.length === 0 || parts.some((part) => name.toLowerCase().includes(part.trim()));
}

async function prepareTexts(model: string) {
  const { SentenceTransformer } = await import("../src/index.ts");
  const loaded = await SentenceTransformer.load(model, { workers: 0 });
  const count = (text: string) => loaded.countTokens(text);
  const texts = makeTexts(options.sts, plan.sizes, count);
  const counts = { short: texts.short.map(count), mixed: texts.mixed.map(count), long: texts.long.map(count) };
  const { dimension } = loaded;
  await loaded.dispose();
  return { texts, counts, dimension };
}

function prepareEngines(model: string, texts: Texts) {
  const python = options.python === undefined ? undefined : findPython(options.python);
  const needsExport = ["OpenVINO", "transformers.js", "fastembed"].some((name) =>
    ["f32", "fp32", "bf16", "int8", "q8"].some((dtype) => isChosen(`${name} ${dtype}`, options.only)),
  );
  const exported = python && needsExport ? exportModel({ root, model, cache }, python, texts.calibration) : undefined;
  const canQuantize = existsSync(join(root, "dist/cli/quantize.js")) && isChosen("hpd int8, quantized", options.only);
  const quantized = canQuantize ? quantizeModel({ root, model, cache }) : undefined;
  const sources: EngineSources = {
    root,
    folders: positionals.map((folder) => modelWithLongTexts(folder, cache)),
    quantized,
    python,
    exported,
    hasBfloat16: hasBfloat16(instructionsHere()),
  };
  const { engines, leftOut } = listEngines(sources);
  if (canQuantize && quantized === undefined)
    leftOut.push({ names: "hpd int8, quantized", why: "`hpd quantize` failed" });
  return { engines, leftOut, exported };
}

async function begin(model: string, counts: Record<"short" | "mixed" | "long", number[]>): Promise<Results> {
  const running: EngineProcess[] = [];
  const start = (engine: string, command: readonly string[]) => {
    running.push(new EngineProcess(engine, command));
    return running.at(-1)!;
  };
  const gigaflops = options.quick ? 0 : await measurePeak(start).finally(() => running.map((engine) => engine.stop()));
  const record = (tokens: readonly number[]) => ({
    count: tokens.length,
    tokens: sum(tokens),
    operations: countOperations(model, tokens),
  });
  return {
    model: basename(model),
    date: new Date().toISOString().slice(0, 10),
    command: [
      "npm run bench --",
      ...process.argv
        .slice(2)
        .filter((value) => value !== "--resume")
        .map(shown),
    ].join(" "),
    machine: describeMachine(gigaflops),
    texts: { short: record(counts.short), mixed: record(counts.mixed), long: record(counts.long) },
    engines: [],
    leftOut: [],
    firstPasses: [],
    samples: [],
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A path of this machine by its last part. */
function shown(value: string): string {
  return value.includes("/") ? basename(value) : value;
}

/** In the order of the list, whichever was measured first. */
function record(results: Results, { name, isExact, settings }: Engine, measure: Measure, all: readonly Engine[]): void {
  const versions = measure.versionsOf(name);
  if (Object.keys(versions).length === 0) return;
  const known = results.engines.findIndex((engine) => engine.name === name);
  const entry = { name, isExact, settings, versions };
  if (known >= 0) results.engines[known] = entry;
  else results.engines.push(entry);
  const order = new Map(all.map((engine, index) => [engine.name, index]));
  results.engines.sort((a, b) => (order.get(a.name) ?? all.length) - (order.get(b.name) ?? all.length));
}

/** Where the README has figures of these results, between two comments. */
function updateReadme(json: string, results: Results): void {
  const path = join(root, "README.md");
  const text = readFileSync(path, "utf8");
  const file = relative(root, resolve(json)).replaceAll("\\", "/");
  const from = `<!-- figures of ${file} -->`;
  const [start, end] = [text.indexOf(from), text.indexOf("<!-- end of figures -->")];
  if (start < 0 || end < start) return;
  const figures = `${from}\n\n${readmeFigures(results, file.replace(/json$/, "md"))}\n\n`;
  writeFileSync(path, text.slice(0, start) + figures + text.slice(end));
}

try {
  await run();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
