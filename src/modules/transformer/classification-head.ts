/**
 * The heads of transformers' `...ForSequenceClassification`, from token embeddings to one score a label. Source:
 * transformers 5.23, the modeling file of each family.
 */
import { HpdError } from "../../errors.ts";
import * as graph from "../../graph/build.ts";
import { width } from "../../graph/build-node.ts";
import type { Node } from "../../graph/node.ts";
import type { Features } from "../features.ts";
import { requireFeature } from "../module.ts";
import { Scope } from "./layers/scope.ts";
import type { Transformer } from "./transformer.ts";

/**
 * The scores of a head.
 *
 * @param labels number of scores according to the config
 * @returns [batch, labels], without activation
 * @throws HpdError `unsupported` for a family whose head is not known; `invalid_model` where weights are missing
 */
export function buildClassificationHead(
  { transformerConfig, parameters, scope: model }: Transformer,
  features: Features,
  labels: number,
): Node {
  const { family, parsed, file } = transformerConfig;
  if (family.head === undefined) {
    throw new HpdError("unsupported", `${file}: the classification head of a ${family.className} is not known`);
  }
  const { classifier, initial } = family.head;
  const root = new Scope(parameters, "");
  const tokens = requireFeature("CrossEncoder", features, "token_embeddings");
  const pooled = family.head.build(parsed, { model, root }, tokens, features.attention_mask);
  const last = root.at(classifier);
  const kernel = last.get("weight", [labels, width(pooled)], initial?.(parsed));
  return graph.linear(graph.dropout(pooled), kernel, last.get("bias", [labels]));
}

/** @throws HpdError as `buildClassificationHead`, where the head is missing or has another number of labels */
export function requireClassificationHead({ transformerConfig, parameters }: Transformer, labels: number): void {
  const { family, file } = transformerConfig;
  if (family.head === undefined) return;
  const weight = `${family.head.classifier}.weight`;
  const stored = parameters.tensors.get(weight);
  if (stored === undefined) {
    throw new HpdError(
      "invalid_model",
      `${parameters.file} has no ${weight}: without a classification head it is no cross-encoder. ` +
        "SentenceTransformer.load is for models that embed texts",
    );
  }
  if (stored.shape[0] !== labels) {
    throw new HpdError(
      "invalid_model",
      `${file}: the number of labels (id2label, num_labels) should be that of the scores of ${weight}, ` +
        `${stored.shape[0]}, got ${labels}`,
    );
  }
}
