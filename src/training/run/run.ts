/** A run from its work folder to its model, as distillation and fine-tuning share it. */
import { createHash } from "node:crypto";
import type { Optional } from "../../common/optional.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Learner } from "../learner/learner.ts";
import { Checkpoints } from "../loop/checkpoints.ts";
import type { TrainEvent } from "../loop/events.ts";
import type { LoopState } from "../loop/loop-state.ts";
import { runLoop, type TrainingRun } from "../loop/run-loop.ts";
import type { Report } from "../report/report.ts";
import { finiteElementsOf } from "../student/finite-elements.ts";
import { requireApart, workFolderOf } from "./checks.ts";
import type { PlainRunOptions, RunOptions } from "./run-options.ts";
import { RunRecord } from "./run-record.ts";
import { type Outcome, WorkFolder } from "./work-folder.ts";

export interface Run {
  /** The work folder, locked by the caller. */
  readonly work: WorkFolder;
  /** The name, see `runName`: checkpoints of another one are refused. */
  readonly name: string;
  /** Called before training. @returns the fixed parts of the report */
  onPrepared(resumedFrom: number): Omit<Report, "status" | "curves">;
  createLearner(): Promise<Learner>;
  readonly loop: Omit<TrainingRun, "learner" | "checkpoints" | "onEvent">;
  readonly onEvent: ((event: TrainEvent) => void) | undefined;
  /** Writes the learner's model. */
  save(learner: Learner, end: LoopState, record: RunRecord): Promise<void>;
}

/** @throws HpdError as `runLoop` does, and whatever `save` throws */
export async function runTraining(run: Run): Promise<Outcome> {
  const { work } = run;
  await work.start();
  const checkpoints = new Checkpoints(work.checkpoints, run.name);
  const resumedFrom = (await checkpoints.latest())?.loop.step ?? 0;
  const record = await RunRecord.open({
    metricsPath: work.metrics,
    reportPath: work.report,
    step: resumedFrom,
    report: run.onPrepared(resumedFrom),
  });
  try {
    const learner = await run.createLearner();
    try {
      const end = await runLoop({
        ...run.loop,
        learner,
        checkpoints,
        onEvent(event) {
          record.add(event);
          run.onEvent?.(event);
        },
      });
      await run.save(learner, end, record);
      record.writeReport("done");
      const outcome = { steps: end.step, samples: end.samples, seconds: end.seconds, best: end.best! };
      await work.finish(outcome);
      return outcome;
    } finally {
      await learner.dispose();
    }
  } catch (error) {
    record.stop();
    throw error;
  } finally {
    record.close();
  }
}

/**
 * A hash of everything that determines the result: the recipe, the data and the student's initial weights.
 *
 * @throws HpdError `invalid_model` for weights that are not finite
 */
export async function runName(
  identity: object,
  dataFingerprint: string,
  parameters: ReadonlyMap<string, Tensor<"float32">>,
): Promise<string> {
  const hash = createHash("sha256").update(`${JSON.stringify(identity)} ${dataFingerprint}`);
  for (const [name, tensor] of parameters) {
    const { shape, data } = await finiteElementsOf(name, tensor);
    hash.update(` ${name} ${shape} `).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

/** The event of a finished run. */
export interface DoneEvent extends Outcome {
  readonly type: "done";
  readonly out: string;
  readonly report: string;
}

/** Emits the event of a finished run, and returns it. */
export function emitDone(
  { out, onEvent }: { readonly out: string; readonly onEvent?: ((event: DoneEvent) => void) | undefined },
  work: WorkFolder,
  outcome: Outcome,
): DoneEvent {
  const event: DoneEvent = { type: "done", out, report: work.report, ...outcome };
  onEvent?.(event);
  return event;
}

export type OpenRunOptions = Pick<RunOptions<never>, "out"> & Optional<PlainRunOptions<never>>;

export interface OpenRun {
  /** The recipe and all else that must be the same to resume the run. */
  readonly identity: object;
  readonly work: WorkFolder;
}

/**
 * Checks the folders of a run, and changes nothing.
 *
 * @param recipe of the run, as JSON
 * @param models folders of other models that the run will write
 * @throws HpdError `invalid_argument` for folders inside each other, and as `WorkFolder.open` does
 */
export async function openRun(
  { out, workFolder, resume = false, overwrite = false, evaluator }: OpenRunOptions,
  recipe: object,
  keepBest: "loss" | "score",
  models: readonly string[] = [],
): Promise<OpenRun> {
  const folder = workFolderOf({ out, workFolder });
  requireApart([out, ...models], folder);
  // Scores of different evaluators can't be compared to find the best state.
  const identity = { ...recipe, ...(keepBest === "score" && { evaluator: evaluator?.name }) };
  return { identity, work: await WorkFolder.open({ out, work: folder, resume, overwrite }, identity) };
}
