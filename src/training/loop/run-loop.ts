/**
 * The training loop: batches, updates, validation, early stopping, checkpoints. All its decisions depend on its options
 * and on a checkpoint's state alone, so a run that was killed and resumed ends with the same weights as one that was
 * not.
 */

import { HpdError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Batch, Learner, LossParts } from "../learner/learner.ts";
import { type BatchOptions, trainingBatches, validationBatches } from "./batches.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { Dataset } from "./dataset.ts";
import { DatasetLosses } from "./dataset-losses.ts";
import type { TrainEvent } from "./events.ts";
import { type LoopState, startOfRun, type Validation } from "./loop-state.ts";
import { epochLength, type LengthOptions, totalStepsIn } from "./run-length.ts";
import { type Schedule, scheduleFactor } from "./schedule.ts";

export interface LoopOptions extends LengthOptions, BatchOptions {
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly warmupSteps: number;
  /** Number of updates between validations; there is one more at the end. */
  readonly validationSteps: number;
  /** The criterion of the best state: the lowest validation loss, or the highest score. */
  readonly keepBest: "loss" | "score";
  /** Number of validations without a better one after which to stop. Default: never. */
  readonly patience?: number | undefined;
  /** Whether the student is validated before the first step too, to be compared with: it is never kept. Default false. */
  readonly validatesFirst?: boolean | undefined;
  readonly checkpointMinutes: number;
}

export interface TrainingRun {
  readonly learner: Learner;
  readonly tokenizer: Pick<Tokenizer, "encode">;
  /** One for each objective of the learner. */
  readonly datasets: readonly Dataset[];
  /** Measures the student beside its loss: higher is better. */
  readonly score?: ((learner: Learner) => Promise<number>) | undefined;
  readonly checkpoints: Checkpoints;
  readonly options: LoopOptions;
  /** Stops after the current step, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
}

/**
 * Trains from the latest checkpoint on, or from the start if there is none. At the end the learner holds the best state
 * of the run.
 *
 * @returns the state at the end
 * @throws HpdError `diverged` for a loss or gradient that isn't finite, `invalid_argument` if a checkpoint can't be
 *   written: the latest one stays. The signal's reason, after a checkpoint.
 */
export async function runLoop(run: TrainingRun): Promise<LoopState> {
  const { learner, checkpoints, options, signal } = run;
  const totalSteps = totalStepsIn(options, epochLength(run.datasets, options.sampling));
  const resumed = await checkpoints.latest();
  if (resumed !== undefined) await learner.restore(resumed.learner);
  let state = resumed?.loop ?? startOfRun;
  // A run without a step needs no checkpoint.
  let savedStep = state.step;
  let savedAt = performance.now();

  const save = async (): Promise<void> => {
    if (savedStep === state.step) return;
    const path = await checkpoints.save(await learner.state(), state);
    savedStep = state.step;
    savedAt = performance.now();
    run.onEvent?.({ type: "checkpoint", step: state.step, path });
  };

  if (options.validatesFirst && resumed === undefined) {
    const { seconds, ...result } = await measured(run, 0);
    run.onEvent?.({ type: "validation", ...result, isBest: false });
    state = { ...state, seconds };
  }
  const batches = trainingBatches(run.datasets, run.tokenizer, options, state.position);
  try {
    for (;;) {
      const isLast = state.step >= totalSteps;
      if (isValidationDue(run, state, isLast)) {
        state = await validate(run, state);
        // The best state has a checkpoint of its own.
        if (state.best?.step === state.step) await save();
      }
      if (isLast || state.withoutImprovement >= (options.patience ?? Infinity)) break;
      signal?.throwIfAborted();
      if (performance.now() - savedAt >= options.checkpointMinutes * 60_000) await save();
      state = await update(run, state, totalSteps, batches);
    }
  } catch (error) {
    if (signal?.aborted && error === signal.reason) await save();
    throw error;
  } finally {
    await batches.return();
  }
  await save();
  if (state.best !== undefined && state.best.step !== state.step) {
    await learner.restore((await checkpoints.at(state.best.step)).learner);
  }
  return state;
}

/** One update: its batches and a step of the optimizer. */
async function update(
  { learner, datasets, options, onEvent }: TrainingRun,
  state: LoopState,
  totalSteps: number,
  batches: AsyncGenerator<Batch, void, undefined>,
): Promise<LoopState> {
  const start = performance.now();
  const length = epochLength(datasets, options.sampling);
  const { epoch, batch } = state.position;
  const count = Math.min(options.accumulationSteps, length.batches - batch);
  const step = state.step + 1;
  const losses = new DatasetLosses(datasets);
  let loss = 0;
  let sentences = 0;
  for (let index = 0; index < count; index++) {
    // The stream of batches has no end.
    const next = (await batches.next()).value!;
    let parts: LossParts = {};
    const value = finite(await learner.accumulate(next, (each) => (parts = each)), "loss", step);
    loss += value / count;
    losses.add(next.objective, value, parts);
    sentences += next.columns[0]!.length;
  }
  const factor = scheduleFactor(options.schedule, state.step, options.warmupSteps, totalSteps);
  const learningRate = options.learningRate * factor;
  const gradientNorm = finite((await learner.update(learningRate)).gradientNorm, "norm of the gradients", step);
  const isEpochDone = batch + count === length.batches;
  const elapsed = (performance.now() - start) / 1000;
  const next: LoopState = {
    ...state,
    step,
    position: isEpochDone ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: batch + count },
    samples: state.samples + sentences,
    seconds: state.seconds + elapsed,
  };
  onEvent?.({
    type: "step",
    stage: "train",
    step,
    done: step,
    total: totalSteps,
    samples: next.samples,
    epochs: next.samples / length.rows,
    loss,
    ...losses.means(),
    learningRate,
    gradientNorm,
    sentencesPerSecond: sentences / elapsed,
    seconds: next.seconds,
  });
  return next;
}

function isValidationDue({ options }: TrainingRun, state: LoopState, isLast: boolean): boolean {
  if (state.step === 0 || state.lastValidation?.step === state.step) return false;
  return isLast || state.step % options.validationSteps === 0;
}

async function validate(run: TrainingRun, state: LoopState): Promise<LoopState> {
  const { seconds, ...result } = await measured(run, state.step);
  const isBest = state.best === undefined || isBetter(result, state.best, run.options.keepBest);
  run.onEvent?.({ type: "validation", ...result, isBest });
  return {
    ...state,
    seconds: state.seconds + seconds,
    lastValidation: result,
    best: isBest ? result : state.best,
    withoutImprovement: isBest ? 0 : state.withoutImprovement + 1,
  };
}

/** The validation loss and the score after a step, and the seconds that they took. */
async function measured(run: TrainingRun, step: number): Promise<Validation & { readonly seconds: number }> {
  const { learner, tokenizer, datasets, signal } = run;
  const start = performance.now();
  const losses = new DatasetLosses(datasets);
  let total = 0;
  let rows = 0;
  for (const [objective, dataset] of datasets.entries()) {
    for await (const batch of validationBatches(dataset, objective, tokenizer)) {
      signal?.throwIfAborted();
      const count = batch.columns[0]!.length;
      let parts: LossParts = {};
      const value = await learner.evaluate(batch, (each) => (parts = each));
      total += value * count;
      rows += count;
      losses.add(objective, value, parts, count);
    }
  }
  const loss = finite(total / rows, "validation loss", step);
  const score = await run.score?.(learner);
  return {
    step,
    loss,
    ...losses.means(),
    ...(Number.isFinite(score) && { score: score! }),
    seconds: (performance.now() - start) / 1000,
  };
}

/** Whether `a` is better. No score (of equal embeddings) is worse than any; if both have none, the loss decides. */
function isBetter(a: Validation, b: Validation, keepBest: LoopOptions["keepBest"]): boolean {
  if (keepBest === "loss" || (a.score ?? b.score) === undefined) return a.loss < b.loss;
  const score = ({ score = -Infinity }: Validation) => score;
  return score(a) > score(b);
}

function finite(value: number, what: string, step: number): number {
  if (Number.isFinite(value)) return value;
  throw new HpdError(
    "diverged",
    `the ${what} of step ${step} should be finite, got ${value}: training has diverged, use a lower learning rate or a ` +
      "longer warm-up (the latest checkpoint is kept)",
  );
}
