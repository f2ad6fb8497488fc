/** The entry `hpd/evaluation`: evaluators, the tasks that read them from files, statistics and reports. */
export { EmbeddedTexts, type EmbedOptions, type RolePrompts } from "./embedded-texts.ts";
export { evaluate, evaluateEmbedded } from "./evaluate.ts";
export type {
  EmbeddingLookup,
  Encode,
  EncodeTextsOptions,
  Evaluation,
  Evaluator,
  EvaluatorType,
  Resampling,
  ScoredPair,
  TextRole,
  TextsByRole,
} from "./evaluator.ts";
