/** The public entry for training, `hpd/train`. */
export type { AugmentationOptions } from "./distillation/augmentation/options.ts";
export type { CorpusCounts, SentenceFile } from "./distillation/corpus/corpus-options.ts";
export { distill } from "./distillation/distill.ts";
export type { DistillEvent, DoneEvent, PreparedEvent } from "./distillation/events.ts";
export type { DistillOptions, StudentSource } from "./distillation/options.ts";
export { type DistillPlan, planDistillation, type Space } from "./distillation/plan.ts";
export type { PreparationStage } from "./distillation/targets/prepare-targets.ts";
export type { StoredPrecision, TeacherOptions } from "./distillation/teacher/teacher-options.ts";
export type { Score } from "./publishing/card/score.ts";
export type { Embed, Evaluator } from "./training/loop/evaluator.ts";
export type { StepEvent, TrainEvent } from "./training/loop/events.ts";
export type { Validation } from "./training/loop/loop-state.ts";
export { type Schedule, schedules } from "./training/loop/schedule.ts";
export { type LossName, type LossWeights, lossNames } from "./training/losses/weighted-loss.ts";
