/** The benchmark's results as Markdown. */
import type { Likeness } from "./work.ts";

export interface EngineResult {
  name: string;
  /** Median of the fresh starts. */
  firstVectorMs: number;
  /** Sentences a second, one number a round. */
  rates: number[];
  peakMiB: number;
}

export interface ModelResult {
  model: string;
  engines: EngineResult[];
  /** Of all sentences, special tokens included, without padding. */
  tokens: number;
  /** Floating-point operations a sentence. */
  operations: number;
  int8ToFp32: Likeness;
  fp32ToPython: Likeness | undefined;
  /** Milliseconds. */
  eventLoop: { p50: number; p99: number; max: number };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function quantile(ascending: readonly number[], share: number): string {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))]!.toFixed(1);
}

/** @param peak GFLOP/s of large float32 matrix products on all cores */
export function printModel(result: ModelResult, peak: number): void {
  const rateOf = (name: string) => {
    const engine = result.engines.find((candidate) => candidate.name === name);
    return engine === undefined ? Number.NaN : median(engine.rates);
  };
  const baselines = [
    "transformers.js fp32, input order",
    "transformers.js fp32, sorted",
    "transformers.js q8, sorted",
    "sentence-transformers fp32",
  ].map(rateOf);
  const number = (value: number, digits = 0, unit = "") => (Number.isNaN(value) ? "-" : value.toFixed(digits) + unit);

  console.log(`\n## ${result.model}\n`);
  console.log(
    "| engine | sentences/s, median | best | to t.js fp32 | to t.js fp32 sorted | to t.js q8 sorted | to s-t fp32 | share of peak | memory, MiB | first vector, ms |",
  );
  console.log(`|---|${"---:|".repeat(9)}`);
  for (const engine of result.engines) {
    const rate = median(engine.rates);
    const share = engine.name.startsWith("hpd") ? (rate * result.operations) / (peak * 1e9) : Number.NaN;
    const ratios = baselines.map((baseline) => number(rate / baseline, 2));
    const cells = [
      engine.name,
      number(rate),
      number(Math.max(...engine.rates)),
      ...ratios,
      number(share * 100, 0, " %"),
    ];
    console.log(`| ${[...cells, number(engine.peakMiB), number(engine.firstVectorMs)].join(" | ")} |`);
  }
  console.log(
    "\nRatios are of medians. transformers.js and sentence-transformers take batches of 32; transformers.js runs",
  );
  console.log(
    "the network and mean pooling only, no Dense module. The peak is float32's, for int8 too. First vector: from",
  );
  console.log("the import of the library in a fresh process, files in the page cache. Memory: VmHWM of the process.\n");
  const { tokens, operations, fp32ToPython, int8ToFp32, eventLoop } = result;
  console.log(`- ${tokens} tokens, ${(operations / 1e6).toFixed(1)} MFLOP a sentence, without padding`);
  if (fp32ToPython !== undefined) console.log(`- hpd fp32 to Python fp32: ${describe(fp32ToPython)}`);
  console.log(`- hpd int8 to hpd fp32: ${describe(int8ToFp32)}`);
  const [p50, p99, max] = [eventLoop.p50, eventLoop.p99, eventLoop.max].map((value) => value.toFixed(1));
  console.log(`- event loop delay, 1 ms resolution, while 10,000 sentences: p50 ${p50}, p99 ${p99}, max ${max} ms`);
}

function describe({ meanCosine, minCosine, maxDifference }: Likeness): string {
  const difference = maxDifference.toExponential(1);
  return `cosine mean ${meanCosine.toFixed(7)}, min ${minCosine.toFixed(7)}; largest difference ${difference}`;
}
