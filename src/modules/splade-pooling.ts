/**
 * SpladePooling: from logits of a masked language head to a weight for each token of the vocabulary, 0 for most.
 * Source: sentence-transformers 6.2, `SpladePooling.forward`; papers: https://arxiv.org/abs/2107.05720 (`sum`),
 * https://arxiv.org/abs/2109.10086 (`max`), https://arxiv.org/abs/2504.14839 (`log1p_relu`).
 */
import type { JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { activation, log1p, multiply, pool, reshape } from "../graph/build.ts";
import { sum } from "../graph/build-differentiable.ts";
import type { Node } from "../graph/node.ts";
import { type Module, requireFeature } from "./module.ts";
import { noParameters } from "./parameters.ts";
import { string } from "./read-json.ts";
import { lookUp } from "./transformer/look-up.ts";

const strategies = { max: "max", sum: "sum" } as const;

/** Number of times that the logarithm of 1 + x is taken, after negative logits were set to 0. */
const logarithms = { relu: 1, log1p_relu: 2 } as const;

export function buildSpladePooling(config: JsonObject, file: string): Module {
  const strategy = string(config, "pooling_strategy", file, "max");
  const function_ = string(config, "activation_function", file, "relu");
  const isMax = lookUp(strategies, strategy, "pooling_strategy", file) === "max";
  const times = lookUp(logarithms, function_, "activation_function", file);
  const weigh = (logits: Node): Node => {
    let weights = activation(logits, "relu");
    for (let time = 0; time < times; time++) weights = log1p(weights);
    return weights;
  };
  return {
    type: "SpladePooling",
    config: { pooling_strategy: strategy, activation_function: function_ },
    parameters: noParameters(),
    build(features) {
      const logits = requireFeature("SpladePooling", features, "token_embeddings");
      const { attention_mask: mask } = features;
      const [batch, sequence, vocabulary] = logits.shape;
      if (typeof vocabulary !== "number" || batch !== "batch" || sequence !== "sequence") {
        throw new HpdError("invalid_model", `${file}: a SpladePooling takes a logit for each token of the vocabulary`);
      }
      // What is weighed is never negative and grows with the logit, so the largest logit can be found first.
      const weights = isMax
        ? weigh(pool(logits, mask, mask, "max"))
        : reshape(sum(multiply(weigh(logits), reshape(mask, [batch, sequence, 1])), [1]), [batch, vocabulary]);
      return { ...features, sentence_embedding: weights };
    },
    withParameters: () => buildSpladePooling(config, file),
    configFiles: () => ({ "config.json": { pooling_strategy: strategy, activation_function: function_ } }),
  };
}
