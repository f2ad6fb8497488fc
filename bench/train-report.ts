/** The results of `bench:train` as Markdown. */
import { median } from "./statistics.ts";

export interface TrainingResult {
  readonly workload: string;
  /** Of a round; `tokens` without padding. */
  readonly sentences: number;
  readonly tokens: number;
  /** Floating-point operations of the matrix products of a round, without padding. */
  readonly operations: number;
  readonly engines: readonly {
    readonly name: string;
    /** Of each step of the round that warms up. */
    readonly losses: readonly number[];
    /** One number a round. */
    readonly seconds: readonly number[];
    readonly optimizerSeconds: readonly number[];
    readonly peakMiB: number;
  }[];
}

/** @param peak GFLOP/s of large float32 matrix products on all cores */
export function printTraining(
  { workload, sentences, tokens, operations, engines }: TrainingResult,
  peak: number,
): void {
  const secondsOf = (name: string) => median(engines.find((engine) => engine.name === name)?.seconds ?? [Number.NaN]);
  const number = (value: number, digits = 0, unit = "") => (Number.isNaN(value) ? "-" : value.toFixed(digits) + unit);

  console.log(`\n## ${workload}: ${(tokens / sentences).toFixed(1)} tokens a sentence\n`);
  console.log(
    "| engine | sentences/s, median | best | to torch fp32 | to torch bf16 | optimizer's share | GFLOP/s | share of peak | memory, MiB |",
  );
  console.log(`|---|${"---:|".repeat(8)}`);
  for (const { name, seconds, optimizerSeconds, peakMiB } of engines) {
    const own = median(seconds);
    const gigaflops = operations / own / 1e9;
    const cells = [
      name,
      number(sentences / own),
      number(sentences / Math.min(...seconds)),
      number(secondsOf("torch fp32") / own, 2),
      number(secondsOf("torch bf16") / own, 2),
      number((100 * median(optimizerSeconds)) / own, 1, " %"),
      number(gigaflops),
      number((100 * gigaflops) / peak, 0, " %"),
      number(peakMiB),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  const [own, ...others] = engines;
  for (const { name, losses } of others) {
    const differences = losses.map((loss, step) => Math.abs(loss / own!.losses[step]! - 1));
    console.log(
      `\nThe losses of the first ${losses.length} steps, from ${losses[0]!.toFixed(4)} to ${losses.at(-1)!.toFixed(4)} in ` +
        `${name}, differ from hpd's by ${Math.max(...differences).toExponential(1)} of it at most.`,
    );
  }
}
