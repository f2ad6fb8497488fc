/**
 * Homomorphic Projective Distillation from end to end: teachers embed sentences, a projection makes targets of the
 * embeddings, a student learns the targets and is saved as a sentence-transformers folder.
 * Source: Zhao et al., Compressing Sentence Representation for Semantic Retrieval via Homomorphic Projective
 * Distillation (arXiv 2203.07687), and its reference implementation.
 */
import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { Checkpoints } from "../training/loop/checkpoints.ts";
import { train } from "../training/loop/train.ts";
import { RunRecord } from "../training/run/run-record.ts";
import type { Student } from "../training/student/student.ts";
import type { DoneEvent, PreparedEvent } from "./events.ts";
import type { DistillOptions } from "./options.ts";
import { distillationReport } from "./report.ts";
import { saveResult } from "./save-result.ts";
import { learnerOf, parameterCount, type Setup, setUp, totalStepsOf } from "./set-up.ts";
import { prepareTargets, type Targets } from "./targets/prepare-targets.ts";

/**
 * @returns what the last event says
 * @throws HpdError `invalid_argument` before any work for what can't do or while another run has the work folder, and
 *   whatever loading, encoding, training and saving throw; the signal's reason, after a checkpoint that `resume` goes
 *   on from
 */
export async function distill(options: DistillOptions): Promise<DoneEvent> {
  const setup = await setUp(options);
  const { out, signal, onEvent } = options;
  const { recipe, identity, work, student } = setup;
  await using _lock = await work.lock();
  if (work.outcome !== undefined) {
    // It ended, or was killed, after its model was in its place.
    await work.removeCheckpoints();
    const done: DoneEvent = { type: "done", out, report: work.report, ...work.outcome };
    onEvent?.(done);
    return done;
  }
  await using targets = await prepareTargets(setup.preparation);
  await work.start();
  const checkpoints = new Checkpoints(work.checkpoints, runName(identity, targets, student));
  const resumedFrom = (await checkpoints.latest())?.loop.step ?? 0;
  const prepared = preparedEvent(setup, targets, resumedFrom);
  onEvent?.(prepared);
  const name = basename(resolve(out));
  const record = await RunRecord.open({
    metricsPath: work.metrics,
    reportPath: work.report,
    step: resumedFrom,
    report: distillationReport({
      name,
      recipe,
      prepared,
      explainedVarianceRatio: targets.projection.explainedVarianceRatio,
      scoreName: options.evaluator?.name,
    }),
  });
  try {
    const learner = await learnerOf(setup, options.threads);
    try {
      const end = await train({
        learner,
        tokenizer: student.tokenizer,
        train: targets.train,
        validation: targets.validation,
        evaluator: options.evaluator,
        checkpoints,
        options: { ...recipe, checkpointMinutes: options.checkpointMinutes ?? 10 },
        signal,
        onEvent(event) {
          record.add(event);
          onEvent?.(event);
        },
      });
      await saveResult(options, { name, setup, targets, prepared, learner, end, record });
      record.writeReport("done");
      const outcome = { steps: end.step, samples: end.samples, seconds: end.seconds, best: end.best! };
      await work.finish(outcome);
      const done: DoneEvent = { type: "done", out, report: work.report, ...outcome };
      onEvent?.(done);
      return done;
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

function preparedEvent(
  setup: Setup,
  { projection, dimension, counts, train }: Targets,
  resumedFrom: number,
): PreparedEvent {
  return {
    type: "prepared",
    counts,
    teacherDimension: projection.teacherDimension,
    dimension,
    explainedVariance: projection.explainedVarianceRatio.reduce((sum, part) => sum + part, 0),
    parameters: parameterCount(setup.student),
    totalSteps: totalStepsOf(setup, train.count),
    resumedFrom,
  };
}

/** A hash of all that decides what comes out: recipe, targets and what the student starts as. */
function runName(identity: object, targets: Targets, student: Student): string {
  const hash = createHash("sha256").update(`${JSON.stringify(identity)} ${targets.fingerprint}`);
  for (const [name, { shape, data }] of student.parameters) {
    hash.update(` ${name} ${shape} `).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
