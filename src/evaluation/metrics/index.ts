/** The metrics, as pure functions of scores and labels: `metrics` of `hpd/evaluation`. */
export {
  averagePrecision,
  type BestAccuracy,
  type BestF1,
  bestAccuracy,
  bestF1,
  matthewsCorrelation,
} from "./binary-classification.ts";
export { accuracy, macroF1 } from "./classification.ts";
export { type ClusteringScores, clusteringScores } from "./clustering.ts";
export { pearson, spearman } from "./correlation.ts";
export type { Label } from "./labels.ts";
export {
  averagePrecisionAt,
  hitAt,
  type JudgedRanking,
  ndcgAt,
  precisionAt,
  recallAt,
  reciprocalRankAt,
} from "./ranking.ts";
