/**
 * Homomorphic Projective Distillation from end to end: teachers embed sentences, a projection makes targets of the
 * embeddings, a student learns the targets and is saved as a sentence-transformers folder.
 * Source: Zhao et al., Compressing Sentence Representation for Semantic Retrieval via Homomorphic Projective
 * Distillation (arXiv 2203.07687), and its reference implementation.
 */
import { basename, resolve } from "node:path";
import type { Dataset } from "../training/loop/dataset.ts";
import { scoreBy } from "../training/loop/evaluator.ts";
import { epochLength } from "../training/loop/run-length.ts";
import { parameterCount, totalStepsOf } from "../training/run/checks.ts";
import { type DoneEvent, emitDone, runName, runTraining } from "../training/run/run.ts";
import type { PreparedEvent } from "./events.ts";
import type { DistillOptions, Recipe } from "./options.ts";
import { distillationReport } from "./report.ts";
import { saveResult } from "./save-result.ts";
import { learnerOf, type Setup, setUp } from "./set-up.ts";
import { prepareTargets, type Targets } from "./targets/prepare-targets.ts";

/**
 * @returns what the last event says
 * @throws HpdError `invalid_argument` before any work starts, for an invalid option or if another run holds the work
 *   folder; whatever loading, encoding, training and saving throw; the signal's reason, after a checkpoint that
 *   `resume` goes on from
 */
export async function distill(options: DistillOptions): Promise<DoneEvent> {
  const setup = await setUp(options);
  const { out, signal, onEvent } = options;
  const { recipe, identity, work, student } = setup;
  await using _lock = await work.lock();
  if (work.outcome !== undefined) {
    // It ended, or was killed, after its model was in its place.
    await work.removeCheckpoints();
    return emitDone(options, work, work.outcome);
  }
  await using targets = await prepareTargets(setup.preparation);
  const name = basename(resolve(out));
  let prepared: PreparedEvent | undefined;
  const outcome = await runTraining({
    work,
    name: await runName(identity, targets.fingerprint, student.parameters),
    onPrepared(resumedFrom) {
      prepared = preparedEvent(setup, targets, resumedFrom);
      onEvent?.(prepared);
      return distillationReport({
        name,
        recipe,
        prepared,
        explainedVarianceRatio: targets.projection.explainedVarianceRatio,
        scoreName: options.evaluator?.name,
      });
    },
    createLearner: () => learnerOf(setup, options.threads),
    loop: {
      tokenizer: student.tokenizer,
      datasets: [datasetOf(recipe, targets)],
      score: scoreBy(options.evaluator, student, recipe.batchSize),
      options: { ...recipe, checkpointMinutes: options.checkpointMinutes ?? 10 },
      signal,
    },
    onEvent,
    save: (learner, end, record) =>
      saveResult(options, { name, setup, targets, prepared: prepared!, learner, end, record }),
  });
  return emitDone(options, work, outcome);
}

function datasetOf({ batchSize }: Recipe, { train, validation }: Targets): Dataset {
  return { name: "sentences", train, validation, batchSize };
}

function preparedEvent(setup: Setup, targets: Targets, resumedFrom: number): PreparedEvent {
  const { projection, dimension, counts } = targets;
  return {
    type: "prepared",
    counts,
    teacherDimension: projection.teacherDimension,
    dimension,
    explainedVariance: projection.explainedVarianceRatio.reduce((sum, part) => sum + part, 0),
    parameters: parameterCount(setup.student),
    totalSteps: totalStepsOf(
      setup.recipe,
      epochLength([datasetOf(setup.recipe, targets)]),
      setup.preparation.onWarning,
    ),
    resumedFrom,
  };
}
