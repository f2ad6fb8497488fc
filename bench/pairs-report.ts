/** The results of fine-tuning on pairs as Markdown. */
import { median } from "./statistics.ts";

export interface PairsResult {
  readonly workload: string;
  /** The file they come from, or "drawn". */
  readonly texts: string;
  readonly batchSize: number;
  /** Of a text of each column, after the cut: a mean. */
  readonly tokens: readonly number[];
  /** Floating-point operations of the matrix products of a step, forward once and backward, without padding. */
  readonly operations: number;
  readonly engines: readonly {
    readonly name: string;
    /** A step's, one number a round. */
    readonly seconds: readonly number[];
    /** Of each step after the round that warms up. */
    readonly losses: readonly number[];
    /** Up to the last step, and with the model saved. */
    readonly peakMiB: number;
    readonly savedMiB: number;
  }[];
}

/** @param peak GFLOP/s of large float32 matrix products on all cores */
export function printPairs(
  { workload, texts, batchSize, tokens, operations, engines }: PairsResult,
  peak: number,
): void {
  const number = (value: number, digits = 0, unit = "") => (Number.isNaN(value) ? "-" : value.toFixed(digits) + unit);
  // Rounds are neighbours in time, whatever else the machine does meanwhile.
  const ratio = (name: string, own: readonly number[]) => {
    const other = engines.find((engine) => engine.name === name)?.seconds;
    return other === undefined ? Number.NaN : median(own.map((seconds, round) => other[round]! / seconds));
  };
  const lengths = tokens.map((mean) => mean.toFixed(0)).join(" and ");
  console.log(`\n## ${workload}: batches of ${batchSize} pairs of ${lengths} tokens (${texts})\n`);
  console.log(
    "| engine | s a step, median | best | pairs/s | to torch fp32 | to torch bf16 | share of peak | memory, MiB | with saving | loss |",
  );
  console.log(`|---|${"---:|".repeat(9)}`);
  for (const { name, seconds, losses, peakMiB, savedMiB } of engines) {
    const own = median(seconds);
    const cells = [
      name,
      number(own, 3),
      number(Math.min(...seconds), 3),
      number(batchSize / own, 1),
      number(ratio("torch fp32", seconds), 2),
      number(ratio("torch bf16", seconds), 2),
      number((100 * operations) / own / 1e9 / peak, 0, " %"),
      number(peakMiB),
      number(savedMiB),
      number(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 4),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
