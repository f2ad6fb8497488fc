/** Makes a learner of a student: checks the options, builds the models and allocates the memory of its threads. */
import { availableParallelism } from "node:os";
import { requireFraction, requirePositive, requirePositiveInteger } from "../../common/arguments.ts";
import { HpdError } from "../../errors.ts";
import { columnCounts } from "../losses/loss.ts";
import { requireAdamW } from "../optimizer/adamw.ts";
import { buildProgram } from "./build-program.ts";
import type { Learner } from "./learner.ts";
import type { LearnerOptions, Objective } from "./learner-options.ts";
import { allocate } from "./memory.ts";

import { ThreadLearner } from "./thread-learner.ts";

/** @throws HpdError `invalid_argument`, `invalid_model`, `runtime` */
export async function createLearner(options: LearnerOptions): Promise<Learner> {
  const { objectives } = options;
  for (const objective of objectives) requireColumns(objective);
  requireAdamW(options.optimizer);
  requireFraction("dropout", options.dropout);
  if (options.maxGradientNorm !== Infinity) requirePositive("maxGradientNorm", options.maxGradientNorm);
  const program = buildProgram(options);
  const isDivisible = program.gradCache !== undefined || objectives.every(({ loss }) => loss.isPerRow);
  const cores = options.threads ?? Math.min(availableParallelism(), 8);
  requirePositiveInteger("threads", cores);
  const memory = await allocate(program, isDivisible ? cores : 1);
  const learner = new ThreadLearner(options, program, memory, { isDivisible, cores });
  await learner.start();
  return learner;
}

function requireColumns({ loss, columns }: Objective): void {
  const { min, max } = loss.columns;
  if (columns >= min && columns <= max) return;
  throw new HpdError("invalid_argument", `the loss takes ${columnCounts(loss)} columns of texts, got ${columns}`);
}
