/** The public entry for training, `hpd/train`. */
export type { AugmentationOptions } from "./distillation/augmentation/options.ts";
export type { CorpusCounts, SentenceFile } from "./distillation/corpus/corpus-options.ts";
export { distill } from "./distillation/distill.ts";
export type { DistillEvent, PreparedEvent } from "./distillation/events.ts";
export type { DistillOptions, StudentSource } from "./distillation/options.ts";
export { type DistillPlan, planDistillation } from "./distillation/plan.ts";
export type { PreparationStage } from "./distillation/targets/prepare-targets.ts";
export type { TeacherCachePrecision, TeacherOptions } from "./distillation/teacher/teacher-options.ts";
export { openTeacherWork, type TeacherWorkOptions } from "./distillation/teacher-shards/open-teacher-work.ts";
export type { CrossEncoderEvaluator, ScorePairs } from "./fine-tuning/cross-encoder/evaluator.ts";
export type { BinaryCrossEntropyLossOptions } from "./fine-tuning/cross-encoder/losses/binary-cross-entropy.ts";
export type { CrossEncoderLoss, ScoreActivation } from "./fine-tuning/cross-encoder/losses/cross-encoder-loss.ts";
export { crossEncoderLosses } from "./fine-tuning/cross-encoder/losses/index.ts";
export type { TrainCrossEncoderOptions, TrainCrossEncoderRecipe } from "./fine-tuning/cross-encoder/options.ts";
export { planCrossEncoderTraining, trainCrossEncoder } from "./fine-tuning/cross-encoder/train-cross-encoder.ts";
export type { TrainDataOptions, TrainDataset, TrainDatasetOptions } from "./fine-tuning/dataset-options.ts";
export type { DatasetSummary, FineTuningEvent, FineTuningPreparedEvent } from "./fine-tuning/events.ts";
export type { TrainOptions, TrainRunOptions } from "./fine-tuning/options.ts";
export type { TrainRecipe } from "./fine-tuning/recipe.ts";
export { planTraining, train } from "./fine-tuning/train.ts";
export type { TrainPlan } from "./fine-tuning/train-plan.ts";
export { mergeModels } from "./merging/merge-models.ts";
export type { MergedModel, MergeModelsOptions } from "./merging/options.ts";
export { type MinedNegatives, mineHardNegatives } from "./mining/mine-hard-negatives.ts";
export type { MinedRow } from "./mining/mined.ts";
export type {
  MineHardNegativesOptions,
  MiningModel,
  MiningProgress,
  OutputFormat,
  SamplingStrategy,
} from "./mining/options.ts";
export { type PairColumns, pairColumnsOf } from "./mining/pairs.ts";
export type { ScoreSummary } from "./mining/score-summary.ts";
export type { MiningStatistics, SkippedCandidates } from "./mining/statistics.ts";
export type { CutResult, RotateModelOptions, RotateModelResult, RotateProgress } from "./rotation/options.ts";
export { rotateModel } from "./rotation/rotate-model.ts";
export type { DataFile } from "./training/data/data-file.ts";
export type { DataCounts } from "./training/data/open-data.ts";
export type { Embed, EmbedTextsOptions, TrainingEvaluator } from "./training/loop/evaluator.ts";
export type { StepEvent, TrainEvent } from "./training/loop/events.ts";
export type { Validation } from "./training/loop/loop-state.ts";
export { type Sampling, samplings } from "./training/loop/sampling.ts";
export { type Schedule, schedules } from "./training/loop/schedule.ts";
export { type AdaptiveLayerLossOptions, adaptiveLayer } from "./training/losses/adaptive-layer.ts";
export {
  type BatchSoftMarginTripletLossOptions,
  type BatchTripletLossOptions,
  batchAllTriplet,
  batchHardSoftMarginTriplet,
  batchHardTriplet,
  batchSemiHardTriplet,
} from "./training/losses/batch-triplet.ts";
export { type ContrastiveLossOptions, contrastive } from "./training/losses/contrastive.ts";
export { angle, type CosentLossOptions, cosent } from "./training/losses/cosent.ts";
export { cosineSimilarity } from "./training/losses/cosine-similarity.ts";
export { type DistillKlLossOptions, distillKl } from "./training/losses/distill-kl.ts";
export { type GistEmbedLossOptions, gistEmbed } from "./training/losses/gist-embed.ts";
export type { Loss } from "./training/losses/loss.ts";
export { type MarginMseLossOptions, marginMse } from "./training/losses/margin-mse.ts";
export { type MatryoshkaLossOptions, matryoshka } from "./training/losses/matryoshka.ts";
export { type MegaBatchMarginLossOptions, megaBatchMargin } from "./training/losses/mega-batch-margin.ts";
export { mse } from "./training/losses/mse.ts";
export {
  type MultipleNegativesRankingLossOptions,
  multipleNegativesRanking,
  type RankingDirection,
} from "./training/losses/multiple-negatives-ranking.ts";
export { onlineContrastive } from "./training/losses/online-contrastive.ts";
export type { Distance } from "./training/losses/pairwise.ts";
export { type SoftmaxLossOptions, softmax } from "./training/losses/softmax.ts";
export { type TripletLossOptions, triplet } from "./training/losses/triplet.ts";
export { type LossName, type LossWeights, lossNames } from "./training/losses/weighted-loss.ts";
export { type WeightedSumOptions, weightedSum } from "./training/losses/weighted-sum.ts";
export type { DoneEvent } from "./training/run/run.ts";
export type { Score } from "./training/run/score.ts";
export type { Space } from "./training/run/space.ts";
export type { LoraOptions } from "./training/tuning/lora.ts";
