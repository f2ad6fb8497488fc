/**
 * A transformer with its classification head as one module, for training and saving: the only module of a
 * cross-encoder. Source: transformers' `...ForSequenceClassification`.
 */
import type { JsonObject } from "../../common/json.ts";
import type { Module } from "../module.ts";
import { buildClassificationHead } from "./classification-head.ts";
import type { Transformer } from "./transformer.ts";

/**
 * @param labels number of scores of a pair
 * @param config the config.json to save
 * @returns a module whose `sentence_embedding` is the scores without activation, [batch, labels]
 */
export function scoringTransformer(transformer: Transformer, labels: number, config: JsonObject): Module {
  return {
    ...transformer,
    build(features) {
      const all = transformer.build(features);
      return { ...all, sentence_embedding: buildClassificationHead(transformer, all, labels) };
    },
    withParameters: (others) => scoringTransformer(transformer.withParameters(others), labels, config),
    configFiles: () => ({ "config.json": config }),
  };
}

/** The class of a family with a classification head: `BertForSequenceClassification`. */
export function classifierClassOf({ transformerConfig: { family } }: Transformer): string {
  return family.className.replace(/Model$/, "ForSequenceClassification");
}
