/**
 * Fine-tuning on pairs with in-batch negatives: hpd's `train` against sentence-transformers' trainer, whole steps of
 * tokens, forward, backward, clipping and AdamW. Each engine is a process of its own; they take turns, some steps each.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { EngineProcess } from "./engine-process.ts";
import type { PairsResult } from "./pairs-report.ts";
import {
  type CountTokens,
  drawnPairs,
  type Pair,
  type PairsJob,
  pairsOf,
  type Shape,
  shapes,
  textTools,
  writeBertBase,
  writeJsonl,
} from "./pairs-work.ts";
import { countOperations } from "./work.ts";

export interface PairsOptions {
  readonly root: string;
  readonly temporary: string;
  /** A model folder with BERT's vocabulary, which is fine-tuned too. */
  readonly model: string;
  /** Files of pairs: short ones, and of queries and passages. Those that don't exist are drawn. */
  readonly short: string;
  readonly passages: string;
  readonly python: string | undefined;
  /** Only those whose name has this in it. */
  readonly workload: string;
  readonly rounds: number;
  readonly dropout: number;
  readonly start: (name: string, command: readonly string[]) => EngineProcess;
  readonly onResult: (result: PairsResult) => void;
}

const batchSize = 64;

/**
 * Of a round, which should take the slowest engine seconds. Of the large one each round is a process of its own: several
 * at once would want more memory than many machines have.
 */
const models = [
  { name: "all-MiniLM-L6-v2", isLarge: false, steps: { short: 4, passages: 2 }, warmUp: { short: 4, passages: 2 } },
  { name: "BERT-base's shape", isLarge: true, steps: { short: 1, passages: 1 }, warmUp: { short: 1, passages: 0 } },
] as const;

export async function measurePairs(options: PairsOptions): Promise<PairsResult[]> {
  const { tokens, words, Random } = await textTools(options.model);
  const bertBase = join(options.temporary, "bert-base");
  await writeBertBase(bertBase, options.model);
  const results: PairsResult[] = [];
  for (const { name, isLarge, steps, warmUp } of models) {
    for (const [key, shape] of Object.entries(shapes) as [keyof typeof shapes, Shape][]) {
      const workload = `${name}, ${shape.name}`;
      if (!workload.includes(options.workload)) continue;
      const rounds = isLarge ? Math.ceil(options.rounds / 2) : options.rounds;
      // With a round to spare, so that batches without duplicates are there until the end.
      const count = batchSize * (warmUp[key] + steps[key] * (rounds + 1) + 1);
      const file = options[key];
      const seeded = new Random(1);
      const pairs = existsSync(file)
        ? pairsOf(file, shape, count, tokens, (all) => seeded.shuffle(all))
        : drawnPairs(shape, count, words, () => seeded.nextFloat());
      const job = {
        model: name === models[0].name ? options.model : bertBase,
        data: writeJsonl(join(options.temporary, "train.jsonl"), pairs.slice(batchSize)),
        validation: writeJsonl(join(options.temporary, "valid.jsonl"), pairs.slice(0, batchSize)),
        maxSeqLength: shape.maxSeqLength,
        batchSize,
        dropout: options.dropout,
      };
      const lengths = pairs.slice(batchSize).map((pair) => lengthsOf(pair, tokens, shape));
      const plan = { rounds, isLarge, steps: steps[key], warmUp: warmUp[key] };
      const result = {
        workload,
        texts: existsSync(file) ? basename(file) : "drawn",
        batchSize,
        tokens: [0, 1].map((column) => mean(lengths.map((both) => both[column]!))),
        operations: 3 * countOperations(job.model, lengths.flat()) * (batchSize / lengths.length),
        engines: await measure(options, job, plan),
      };
      options.onResult(result);
      results.push(result);
    }
  }
  return results;
}

interface Plan {
  readonly rounds: number;
  readonly isLarge: boolean;
  /** Of a round, and before the first. */
  readonly steps: number;
  readonly warmUp: number;
}

async function measure(
  { root, temporary, python, start }: PairsOptions,
  job: Omit<PairsJob, "out" | "precision" | "pauses">,
  { rounds, isLarge, steps, warmUp }: Plan,
): Promise<PairsResult["engines"]> {
  const folder = join(temporary, "pairs");
  const out = join(folder, "model");
  const inOneProcess = isLarge ? 1 : rounds;
  const pauses = Array.from({ length: inOneProcess + 1 }, (_, round) => warmUp + round * steps).filter(Boolean);
  const jobOf = (name: string, precision: PairsJob["precision"]) => {
    const path = join(folder, `${name}.json`);
    const whole: PairsJob = { ...job, pauses, precision, out: join(out, name) };
    writeFileSync(path, JSON.stringify(whole));
    return path;
  };
  mkdirSync(folder);
  const engine = (name: string, command: readonly string[]) => {
    return { name, command, seconds: [] as number[], losses: [] as number[], peakMiB: 0, savedMiB: 0 };
  };
  const engines = [
    engine("hpd fp32", [process.execPath, join(root, "bench/engines/pairs-hpd.ts"), jobOf("hpd", "fp32")]),
    ...(python === undefined ? [] : (["fp32", "bf16"] as const)).map((precision) =>
      engine(`torch ${precision}`, [
        python!,
        join(root, "tools/bench/pairs_engine.py"),
        jobOf(`torch-${precision}`, precision),
      ]),
    ),
  ];
  type Engine = (typeof engines)[number];

  const begin = async ({ name, command }: Engine): Promise<EngineProcess> => {
    const process = start(name, command);
    await process.answer();
    if (warmUp > 0) await process.ask("round");
    return process;
  };
  const round = async (process: EngineProcess, engine: Engine): Promise<void> => {
    const { seconds, losses, peakMiB = Number.NaN } = await process.ask("round");
    engine.seconds.push(seconds! / steps);
    engine.losses.push(...losses!);
    engine.peakMiB = Math.max(engine.peakMiB, peakMiB);
  };
  const end = async (process: EngineProcess, engine: Engine): Promise<void> => {
    const { peakMiB = Number.NaN } = await process.ask("save");
    engine.savedMiB = Math.max(engine.savedMiB, peakMiB);
    await process.stop();
  };

  if (isLarge) {
    for (let index = 0; index < rounds; index++) {
      for (const engine of engines) {
        const process = await begin(engine);
        await round(process, engine);
        await end(process, engine);
        rmSync(out, { recursive: true });
      }
    }
  } else {
    const processes: EngineProcess[] = [];
    for (const engine of engines) processes.push(await begin(engine));
    for (let index = 0; index < rounds; index++) {
      for (const [at, engine] of engines.entries()) await round(processes[at]!, engine);
    }
    for (const [at, engine] of engines.entries()) await end(processes[at]!, engine);
  }
  rmSync(folder, { recursive: true });
  return engines.map(({ command, ...result }) => result);
}

function lengthsOf({ anchor, positive }: Pair, tokens: CountTokens, { maxSeqLength }: Shape): number[] {
  return [anchor, positive].map((text) => tokens(text, maxSeqLength));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
