/**
 * The heads of transformers' `...ForSequenceClassification`: token embeddings to one score a label. Source: transformers
 * 5.23, `modeling_bert.py`, `modeling_roberta.py`, `modeling_distilbert.py`, `modeling_mpnet.py`.
 */
import { HpdError } from "../../errors.ts";
import * as graph from "../../graph/build.ts";
import { width } from "../../graph/build-node.ts";
import type { Node } from "../../graph/node.ts";
import type { Features } from "../features.ts";
import { requireFeature } from "../module.ts";
import type { Transformer } from "./transformer.ts";

/** From the embedding of the first token, [batch, hidden], to what the last linear layer takes. */
type Head = (first: Node, linear: (x: Node, name: string, outputs: number) => Node, prefix: string) => Node;

const bertHead: Head = (first, linear, prefix) =>
  graph.activation(linear(first, `${prefix}pooler.dense`, width(first)), "tanh");

const robertaHead: Head = (first, linear) => graph.activation(linear(first, "classifier.dense", width(first)), "tanh");

const distilbertHead: Head = (first, linear) => graph.activation(linear(first, "pre_classifier", width(first)), "relu");

/** By `model_type`: the layers before the last one, and its name. */
const heads: Readonly<Record<string, { readonly before: Head; readonly last: string }>> = {
  bert: { before: bertHead, last: "classifier" },
  roberta: { before: robertaHead, last: "classifier.out_proj" },
  "xlm-roberta": { before: robertaHead, last: "classifier.out_proj" },
  distilbert: { before: distilbertHead, last: "classifier" },
  mpnet: { before: robertaHead, last: "classifier.out_proj" },
};

/**
 * @param labels how many scores the config says that there are
 * @param file of the config, for messages
 * @returns [batch, labels], as the network gives them: without any activation
 * @throws HpdError `unsupported` for an architecture whose head is not known; `invalid_model` where its weights are
 *   missing or are those of another number of labels
 */
export function buildClassificationHead(
  { json, parameters, prefix }: Transformer,
  features: Features,
  labels: number,
  file: string,
): Node {
  const head = Object.hasOwn(heads, String(json.model_type)) ? heads[String(json.model_type)] : undefined;
  if (head === undefined) {
    throw new HpdError(
      "unsupported",
      `${file}: the classification head of a ${json.model_type} is not known; known are those of ` +
        Object.keys(heads).join(", "),
    );
  }
  const weight = `${head.last}.weight`;
  const stored = parameters.tensors.get(weight);
  if (stored === undefined) {
    throw new HpdError(
      "invalid_model",
      `${parameters.file} has no ${weight}: it holds no classification head, so it is no cross-encoder. ` +
        "SentenceTransformer.load is for models that embed texts",
    );
  }
  if (stored.shape[0] !== labels) {
    throw new HpdError(
      "invalid_model",
      `${file}: there should be as many labels (id2label, num_labels) as ${weight} has scores, got ${labels} labels ` +
        `and ${stored.shape[0]} scores`,
    );
  }
  const linear = (x: Node, name: string, outputs: number): Node =>
    graph.linear(x, parameters.get(`${name}.weight`, [outputs, width(x)]), parameters.get(`${name}.bias`, [outputs]));
  const tokens = requireFeature("CrossEncoder", features, "token_embeddings");
  const first = graph.pool(tokens, features.attention_mask, features.attention_mask, "cls");
  return linear(head.before(first, linear, prefix), head.last, labels);
}
