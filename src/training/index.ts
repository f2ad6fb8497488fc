/** The public entry for training, `hpd/train`. */
export type { AugmentationOptions } from "./augmentation/options.ts";
export type { Score } from "./card/score.ts";
export type { CorpusCounts, SentenceFile } from "./data/corpus-options.ts";
export { distill } from "./distill/distill.ts";
export type { DistillEvent, DoneEvent, PreparedEvent } from "./distill/events.ts";
export type { DistillOptions, StudentSource } from "./distill/options.ts";
export { type DistillPlan, planDistillation, type Space } from "./distill/plan.ts";
export type { Embed, Evaluator } from "./loop/evaluator.ts";
export type { StepEvent, TrainEvent } from "./loop/events.ts";
export type { Validation } from "./loop/loop-state.ts";
export { type Schedule, schedules } from "./loop/schedule.ts";
export { type LossName, type LossWeights, lossNames } from "./losses/weighted-loss.ts";
export type { PreparationStage } from "./targets/prepare-targets.ts";
export type { StoredPrecision, TeacherOptions } from "./teacher/teacher-options.ts";
