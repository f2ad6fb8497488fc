/** What `npm run bench` writes and goes on with: everything that was measured, and what it was measured with. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { median, quantile } from "../statistics.ts";
import type { Likeness } from "../work.ts";

/** In the order in which they are measured. */
export const tasks = ["start", "short", "mixed", "long", "query", "passage", "beside", "callers"] as const;
export type Task = (typeof tasks)[number];

/** Of many texts in one call. */
export const bulkTasks = ["short", "mixed", "long"] as const satisfies readonly Task[];
export type BulkTask = (typeof bulkTasks)[number];

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Those of the processor's instructions that matter here, as the system names them; of other systems than Linux none. */
  readonly instructions: readonly string[];
  /** Of float32 products of 1024 x 1024 in ONNX Runtime, on all cores. */
  readonly gigaflops: number;
}

export interface EngineRecord {
  readonly name: string;
  /** Whether all its arithmetic is in float32. */
  readonly isExact: boolean;
  /** What was set. */
  readonly settings: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** One engine's turn. */
export interface Sample {
  readonly engine: string;
  readonly task: Task;
  readonly round: number;
  /** Of a bulk, also of that beside which queries are asked. */
  readonly texts?: number;
  readonly seconds?: number;
  /** Of the same bulk without queries, measured just before. */
  readonly aloneSeconds?: number;
  /** Of a start, or of each query. */
  readonly milliseconds?: readonly number[];
}

/** An engine's first pass over all texts, which is not timed. */
export interface FirstPass {
  readonly engine: string;
  /** Peak memory of the process after the short texts, and after all texts. */
  readonly shortMiB: number | undefined;
  readonly allMiB: number | undefined;
  /** To the embeddings of hpd in float32. */
  readonly short: Likeness;
  readonly long: Likeness;
  /** Spearman's correlation x 100 on the test pairs of STS-B; in a quick run there is none. */
  readonly stsb: number | undefined;
  /** How late a timer of 1 ms fires while the short texts are encoded; of Node's alone. */
  readonly eventLoop: { readonly p99: number; readonly max: number } | undefined;
}

export interface TextsRecord {
  readonly count: number;
  /** Special tokens included, padding not. */
  readonly tokens: number;
  /** Floating-point operations of the model's matrix products for all of them. */
  readonly operations: number;
}

export interface Results {
  readonly model: string;
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly texts: Readonly<Record<BulkTask, TextsRecord>>;
  readonly engines: EngineRecord[];
  leftOut: { readonly names: string; readonly why: string }[];
  readonly firstPasses: FirstPass[];
  readonly samples: Sample[];
}

export function readResults(path: string): Results {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Takes its name when it is whole; one line for each engine and sample, so that runs can be compared line by line. */
export function writeResults(path: string, results: Results): void {
  const fields = Object.entries(results).map(([name, value]) => {
    const isList = Array.isArray(value) && typeof value[0] === "object";
    const text = isList
      ? `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(",\n")}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  writeFileSync(`${path}.partial`, `{\n${fields.join(",\n")}\n}\n`);
  renameSync(`${path}.partial`, path);
}

/** Figures of one engine over all rounds: medians, for times of queries the quantiles of all together. */
export interface Figures {
  /** Texts a second. */
  readonly rates: Readonly<Partial<Record<BulkTask, number>>>;
  readonly startMs: number | undefined;
  readonly query: Quantiles | undefined;
  /** Of one long text. */
  readonly passage: Quantiles | undefined;
  readonly beside: Quantiles | undefined;
  /** What is left of a bulk's speed beside queries, as a share. */
  readonly besideShare: number | undefined;
  /** Texts a second of 64 callers. */
  readonly callers: number | undefined;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export function figuresOf({ samples }: Pick<Results, "samples">, engine: string): Figures {
  const of = (task: Task) => samples.filter((sample) => sample.engine === engine && sample.task === task);
  const middle = (values: readonly number[]) => (values.length === 0 ? undefined : median(values));
  const rate = ({ texts, seconds }: Sample) => texts! / seconds!;
  const quantiles = (task: Task): Quantiles | undefined => {
    const all = of(task).flatMap(({ milliseconds }) => milliseconds!);
    return all.length === 0 ? undefined : { p50: median(all), p99: quantile(all, 0.99) };
  };
  const rates = bulkTasks.flatMap((task) => {
    const value = middle(of(task).map(rate));
    return value === undefined ? [] : [[task, value] as const];
  });
  return {
    rates: Object.fromEntries(rates),
    startMs: middle(of("start").map(({ milliseconds }) => milliseconds![0]!)),
    query: quantiles("query"),
    passage: quantiles("passage"),
    beside: quantiles("beside"),
    besideShare: middle(of("beside").map(({ seconds, aloneSeconds }) => aloneSeconds! / seconds!)),
    callers: middle(of("callers").map(rate)),
  };
}
