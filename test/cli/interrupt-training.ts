/** A command that trains in the process of the tests, and Ctrl-C. */
import { readFileSync } from "node:fs";
import { Interrupted } from "../../src/cli/interrupt.ts";
import type { Outcome } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

/** @param steps of its metrics, after which it is interrupted */
export async function interruptTraining(args: readonly string[], out: string, steps: number): Promise<Outcome> {
  const interrupt = new AbortController();
  const timer = setInterval(() => {
    if (stepsOf(out) >= steps) interrupt.abort(new Interrupted("SIGINT"));
  }, 1);
  try {
    return await runHpd([...args, "--out", out], { signal: interrupt.signal });
  } finally {
    clearInterval(timer);
  }
}

function stepsOf(out: string): number {
  try {
    return readFileSync(`${out}.training/metrics.jsonl`, "utf8").split('"type":"step"').length - 1;
  } catch {
    return 0;
  }
}
