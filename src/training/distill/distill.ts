/**
 * Homomorphic Projective Distillation from end to end: teachers embed sentences, a projection makes targets of the
 * embeddings, a student learns the targets and is saved as a sentence-transformers folder.
 * Source: Zhao et al., Compressing Sentence Representation for Semantic Retrieval via Homomorphic Projective
 * Distillation (arXiv 2203.07687), and its reference implementation.
 */
import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { Checkpoints } from "../loop/checkpoints.ts";
import type { LoopState } from "../loop/loop-state.ts";
import { runLength } from "../loop/run-length.ts";
import { train } from "../loop/train.ts";
import { saveProjectedTeacher, saveStudent } from "../student/save-model.ts";
import type { Student } from "../student/student.ts";
import { prepareTargets, type Targets } from "../targets/prepare-targets.ts";
import type { DoneEvent, PreparedEvent } from "./events.ts";
import type { DistillOptions } from "./options.ts";
import { RunRecord } from "./run-record.ts";
import { learnerOf, parameterCount, setUp } from "./set-up.ts";

/**
 * @returns what the last event says
 * @throws HpdError `invalid_argument` before any work for what can't do, and whatever loading, encoding, training and
 *   saving throw; the signal's reason, after a checkpoint that `resume` goes on from
 */
export async function distill(options: DistillOptions): Promise<DoneEvent> {
  const { out, signal, onEvent } = options;
  const setup = await setUp(options);
  const { recipe, identity, work, student } = setup;
  await using targets = await prepareTargets(setup.preparation);
  await work.start(identity);
  const checkpoints = new Checkpoints(work.checkpoints, runName(identity, targets, student));
  const resumedFrom = (await checkpoints.latest())?.loop.step ?? 0;
  const { explainedVarianceRatio, teacherDimension } = targets.projection;
  const prepared: PreparedEvent = {
    type: "prepared",
    counts: targets.counts,
    teacherDimension,
    dimension: targets.dimension,
    explainedVariance: explainedVarianceRatio.reduce((sum, part) => sum + part, 0),
    parameters: parameterCount(student),
    totalSteps: runLength(recipe, targets.train.count).totalSteps,
    resumedFrom,
  };
  onEvent?.(prepared);

  const learner = await learnerOf(setup, options.threads);
  const record = await RunRecord.open({
    metricsPath: work.metrics,
    reportPath: work.report,
    step: resumedFrom,
    name: basename(resolve(out)),
    recipe,
    prepared,
    explainedVarianceRatio,
    scoreName: options.evaluator?.name,
  });
  let end: LoopState;
  try {
    end = await train({
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
    const saving = {
      dtype: options.precision === "fp16" ? "float16" : "float32",
      overwrite: work.mayReplace,
    } as const;
    await saveStudent(student.withParameters(await learner.parameters()), out, saving);
    if (options.saveProjectedTeacher !== undefined) {
      await saveProjectedTeacher(recipe.teachers, targets.projection, options.saveProjectedTeacher, saving);
    }
    record.writeReport("done");
    await work.removeCheckpoints();
  } catch (error) {
    record.stop();
    throw error;
  } finally {
    record.close();
    await learner.dispose();
  }
  const done: DoneEvent = {
    type: "done",
    out,
    report: work.report,
    steps: end.step,
    samples: end.samples,
    seconds: end.seconds,
    best: end.best!,
  };
  onEvent?.(done);
  return done;
}

/** A hash of all that decides what comes out: recipe, targets and what the student starts as. */
function runName(identity: object, targets: Targets, student: Student): string {
  const hash = createHash("sha256").update(`${JSON.stringify(identity)} ${targets.fingerprint}`);
  for (const [name, { shape, data }] of student.parameters) {
    hash.update(` ${name} ${shape} `).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
