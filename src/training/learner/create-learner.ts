/** Makes a learner of a student: refuses what can't be learned, and shares the work out among threads. */
import { availableParallelism } from "node:os";
import { requirePositiveInteger } from "../../common/arguments.ts";
import { HpdError } from "../../errors.ts";
import { requireAdamW } from "../optimizer/adamw.ts";
import type { Learner } from "./learner.ts";
import type { LearnerOptions, Objective } from "./learner-options.ts";
import { allocate } from "./memory.ts";
import { buildProgram } from "./program.ts";
import { ThreadLearner } from "./thread-learner.ts";

/** @throws HpdError `invalid_argument`, `invalid_model`, `runtime` */
export async function createLearner(options: LearnerOptions): Promise<Learner> {
  const { objectives } = options;
  for (const objective of objectives) requireColumns(objective);
  requireAdamW(options.optimizer);
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    throw new HpdError("invalid_argument", `dropout should be from 0 to less than 1, got ${options.dropout}`);
  }
  if (!(options.maxGradientNorm > 0)) {
    throw new HpdError("invalid_argument", `maxGradientNorm should be above 0, got ${options.maxGradientNorm}`);
  }
  const program = buildProgram(options.modules, objectives, options.dropout, options.hasTypes, options.tuning);
  const isShared = program.apart !== undefined || objectives.every(({ loss }) => loss.isPerRow);
  const cores = options.threads ?? Math.min(availableParallelism(), 8);
  requirePositiveInteger("threads", cores);
  const memory = await allocate(program, isShared ? cores : 1);
  const learner = new ThreadLearner(options, program, memory, { isShared, cores });
  await learner.start();
  return learner;
}

function requireColumns({ loss, columns }: Objective): void {
  const { least, most } = loss.columns;
  if (columns >= least && columns <= most) return;
  const wanted = least === most ? `${least}` : `${least} ${most === Infinity ? "or more" : `to ${most}`}`;
  throw new HpdError("invalid_argument", `the loss takes ${wanted} columns of texts, got ${columns}`);
}
