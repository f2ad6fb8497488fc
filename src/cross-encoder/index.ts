/** Cross-encoders: a score for a pair of texts. */
export type { CrossEncoderActivation } from "./activations.ts";
export { CrossEncoder, type RankedDocument } from "./cross-encoder.ts";
export type { CrossEncoderDescription } from "./description.ts";
export type {
  CrossEncoderLoadOptions,
  PredictLabelsOptions,
  PredictOptions,
  PredictTokenizedOptions,
  RankOptions,
  TextPair,
  TokenizedPair,
  TokenizePairOptions,
} from "./options.ts";
