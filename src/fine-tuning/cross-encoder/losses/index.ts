/** The losses of cross-encoders, under the names of `sentence_transformers.cross_encoder.losses` in camelCase. */
import { binaryCrossEntropy } from "./binary-cross-entropy.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { listNet } from "./list-net.ts";
import { marginMse } from "./margin-mse.ts";
import { mse } from "./mse.ts";
import { multipleNegativesRanking } from "./multiple-negatives-ranking.ts";

export const crossEncoderLosses = {
  binaryCrossEntropy,
  crossEntropy,
  listNet,
  marginMse,
  mse,
  multipleNegativesRanking,
} as const;
