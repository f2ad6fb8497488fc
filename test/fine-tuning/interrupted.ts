/** Fine-tuning that ends on its way, as by Ctrl-C, or before it begins. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { FineTuningEvent, TrainOptions } from "../../src/train.ts";

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

/**
 * Compares a run with one that is stopped after a step and goes on: the same bytes come out, and the losses on the way
 * are the same, since what is kept may be a state from before the stop.
 *
 * @param out folder of the run as a whole; the other one's is beside it
 * @param run trains with these options beside its own
 * @returns the events of the run as a whole
 */
export async function expectSameResumed(
  step: number,
  out: string,
  run: (options: Partial<Stopping> & Pick<TrainOptions, "out"> & { readonly resume?: boolean }) => Promise<unknown>,
): Promise<FineTuningEvent[]> {
  const whole: FineTuningEvent[] = [];
  const later: FineTuningEvent[] = [];
  await run({ out, onEvent: (event) => whole.push(event) });
  const stopped = `${out}-stopped`;
  await stoppedAfter(step, (stopping) => run({ out: stopped, ...stopping }));
  await run({ out: stopped, resume: true, onEvent: (event) => later.push(event) });
  const lossesAfter = (events: readonly FineTuningEvent[]) =>
    events.flatMap((event) =>
      (event.type === "step" || event.type === "validation") && event.step > step ? [[event.type, event.loss]] : [],
    );
  expect(lossesAfter(later)).toEqual(lossesAfter(whole));
  expect(await weightsIn(stopped)).toEqual(await weightsIn(out));
  return whole;
}

/**
 * What is told of a run before it learns: most of a tiny run is the learner's start.
 *
 * @param run trains with this option beside its own
 */
export async function toldBefore(
  run: (listening: Pick<Stopping, "onEvent">) => Promise<unknown>,
): Promise<FineTuningEvent[]> {
  const events: FineTuningEvent[] = [];
  const onEvent = (event: FineTuningEvent) => {
    events.push(event);
    if (event.type === "prepared") throw new Error("enough");
  };
  await expect(run({ onEvent })).rejects.toThrow("enough");
  return events;
}

export const warningsOf = (events: readonly FineTuningEvent[]): string[] =>
  events.flatMap((event) => (event.type === "warning" ? [event.message] : []));

/** The bytes of a model's weights. */
export function weightsIn(folder: string): Promise<Buffer> {
  return readFile(join(folder, "model.safetensors"));
}
