/** The entry `hpd/evaluation`: evaluators, tasks that read them from files, metrics, cost and reports. */
import * as metrics from "./metrics/index.ts";

export type { RolePrompts, RoleTasks, TextRoles } from "../encode/text-roles.ts";
export type { Cost } from "./cost/cost.ts";
export type { PlainLoadOptions } from "./cost/cost-messages.ts";
export { measureCost } from "./cost/measure-cost.ts";
export { EmbeddedTexts, type EmbedOptions } from "./embedded-texts.ts";
export { evaluate, evaluateEmbedded } from "./evaluate.ts";
export type {
  EmbeddingLookup,
  Encode,
  EncodeTextsOptions,
  Evaluation,
  Evaluator,
  EvaluatorType,
  ItemScores,
  ItemStatistic,
  Resampling,
  ScoredPair,
  TextRole,
  TextsByRole,
} from "./evaluator.ts";
export {
  BinaryClassificationEvaluator,
  type BinaryClassificationOptions,
  type LabelledPairs,
} from "./evaluators/binary-classification.ts";
export { ClassificationEvaluator, type ClassificationOptions } from "./evaluators/classification.ts";
export { ClusteringEvaluator, type ClusteringOptions, type LabelledTexts } from "./evaluators/clustering.ts";
export {
  EmbeddingSimilarityEvaluator,
  type EmbeddingSimilarityOptions,
  type ScoredSentences,
} from "./evaluators/embedding-similarity.ts";
export {
  InformationRetrievalEvaluator,
  type InformationRetrievalOptions,
  type RetrievalData,
} from "./evaluators/information-retrieval.ts";
export { MSEEvaluator, type MSEOptions, type TaughtSentences } from "./evaluators/mse.ts";
export {
  type ParaphraseData,
  ParaphraseMiningEvaluator,
  type ParaphraseMiningEvaluatorOptions,
} from "./evaluators/paraphrase-mining.ts";
export { TripletEvaluator, type TripletOptions, type Triplets } from "./evaluators/triplet.ts";
export { modelEncode } from "./model-encode.ts";
export { LogisticRegression } from "./probes/logistic-regression.ts";
export { htmlReport } from "./report/html/page.ts";
export { markdownReport } from "./report/markdown.ts";
export { type MtebResultFile, mtebResults } from "./report/mteb.ts";
export {
  buildReport,
  type Comparison,
  type Difference,
  type EvaluatedModel,
  type MeanReport,
  type ModelReport,
  type Report,
  type ReportOptions,
  type TaskReport,
} from "./report/report.ts";
export { textReport } from "./report/text.ts";
export type { Interval } from "./statistics/intervals.ts";
export type { Subsampling } from "./statistics/subsamples.ts";
export { beirTask } from "./tasks/beir.ts";
export { classificationTask, clusteringTask, pairsTask } from "./tasks/labelled-texts.ts";
export { quoraTask } from "./tasks/quora.ts";
export { selectTasks } from "./tasks/select-tasks.ts";
export { stsBenchmarkDev, stsFileTask, stsTasks } from "./tasks/sts.ts";
export type { Task } from "./tasks/task.ts";
export { metrics };
