/**
 * `train` of the built package, with default options. It is stopped between two steps until the benchmark asks for the
 * next round of them; at the end it saves its model. Argument: job file (pairs-work.ts).
 */
import { readFileSync, readSync, writeSync } from "node:fs";
import type { PairsJob } from "../pairs-work.ts";
import { type Answer, peakMiB } from "./serve.ts";

const job = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as PairsJob;
// By URL, so that the type check needs no build.
const entry = new URL("../../dist/train.js", import.meta.url).href;
const { multipleNegativesRanking, train }: typeof import("../../src/train.ts") = await import(entry);

/** Waits for a line of stdin without leaving the step. */
function wait(): void {
  const byte = new Uint8Array(1);
  while (readSync(0, byte) === 1 && byte[0] !== 10);
}

function answer(message: Answer): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

answer({});
wait();
const totalSteps = job.pauses.at(-1)!;
let before = 0;
let losses: number[] = [];
await train({
  model: job.model,
  data: [{ path: job.data }],
  validation: [{ path: job.validation }],
  loss: multipleNegativesRanking(),
  maxSeqLength: job.maxSeqLength,
  batchSize: job.batchSize,
  maxSteps: totalSteps,
  epochs: 2,
  warmupSteps: Math.ceil(totalSteps / 10),
  validationSteps: totalSteps,
  dropout: job.dropout,
  checkpointMinutes: 1e6,
  out: job.out,
  onEvent(event) {
    if (event.type !== "step") return;
    losses.push(event.loss);
    if (!job.pauses.includes(event.step)) return;
    answer({ seconds: event.seconds - before, losses, peakMiB: peakMiB() });
    wait();
    losses = [];
    before = event.seconds;
  },
});
answer({ peakMiB: peakMiB() });
