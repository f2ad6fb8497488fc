/** A fine-tuning that is stopped on its way, as by Ctrl-C. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { TrainOptions } from "../../src/train.ts";

type Stopping = Required<Pick<TrainOptions, "signal" | "onEvent">>;

/** @param run trains with these options beside its own */
export async function stoppedAfter(step: number, run: (stopping: Stopping) => Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const stopped = run({
    signal: stop.signal,
    onEvent(event) {
      if (event.type === "step" && event.step === step) stop.abort(new Error("enough"));
    },
  });
  await expect(stopped).rejects.toThrow("enough");
}

/** The bytes of a model's weights. */
export function weightsIn(folder: string): Promise<Buffer> {
  return readFile(join(folder, "model.safetensors"));
}
