/**
 * JinaBERT v2: BERT with ALiBi instead of a position table, and a gated feed-forward. Its config says `bert`; it is
 * recognized by the code named in `auto_map`. The variant of jina-embeddings-v2-base-code also normalises queries, keys
 * and the output of attention.
 * Source: text-embeddings-inference, `backends/candle/src/models/jina.rs` and `jina_code.rs`.
 */
import { describe, isObject, type JsonObject } from "../../../common/json.ts";
import { ignored, read } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import { bertKeys } from "../../keys/transformer-keys.ts";
import { string } from "../../read-json.ts";
import type { Family, FamilyConfig } from "../family.ts";
import { alibiSlopes } from "../layers/alibi-slopes.ts";
import { embeddings, parseSizes, selfAttention } from "../layers/bert-like.ts";
import { layerNorm, linear, type Scope } from "../layers/scope.ts";
import { lookUp } from "../look-up.ts";
import { bertDefaults } from "./bert.ts";

interface JinaBertConfig extends FamilyConfig {
  readonly variant: Variant;
}

type Variant = "text" | "code";

/** The variants by the repositories of their code. */
const repositories: Readonly<Record<string, Variant>> = {
  "jinaai/jina-bert-implementation": "text",
  "jinaai/jina-bert-v2-qk-post-norm": "code",
};

const activationOfFeedForward = { geglu: "gelu", reglu: "relu" } as const;

/** The variant that a config names by the repository and classes of its code; undefined for any other code. */
export function jinaBertOf({ auto_map: map }: JsonObject): Variant | undefined {
  if (!isObject(map)) return undefined;
  for (const [repository, variant] of Object.entries(repositories)) {
    if (map.AutoModel !== `${repository}--modeling_bert.JinaBertModel`) continue;
    if ([undefined, `${repository}--configuration_bert.JinaBertConfig`].includes(map.AutoConfig as string)) {
      return variant;
    }
  }
  return undefined;
}

export const jinaBert: Family<JinaBertConfig> = {
  className: "JinaBertModel",
  prefix: "bert.",
  layersKey: "num_hidden_layers",
  layerPattern: /encoder\.layer\.(\d+)\./,
  ownCode: {
    AutoConfig: ["configuration_bert.JinaBertConfig"],
    AutoModel: ["modeling_bert.JinaBertModel"],
    repositories: Object.keys(repositories).map((repository) => `${repository}--`),
    isOnlyOne: true,
  },
  configKeys: {
    ...bertKeys,
    ...read("position_embedding_type", "feed_forward_type"),
    ...ignored("the feed-forward names its own", "hidden_act"),
    ...ignored("of encode, which sentence-transformers doesn't call", "emb_pooler"),
    ...ignored("the tokenizer's own counts", "model_max_length"),
  },
  parse(json, file) {
    if (json.position_embedding_type !== "alibi") {
      throw new HpdError(
        "unsupported",
        `${file}: position_embedding_type of a JinaBertModel should be "alibi", got ` +
          describe(json.position_embedding_type),
      );
    }
    const type = string(json, "feed_forward_type", file, "original");
    return {
      ...parseSizes({ ...json, hidden_act: "gelu" }, file, bertDefaults),
      activation: lookUp(activationOfFeedForward, type, "feed_forward_type", file),
      positions: { kind: "relative" },
      variant: jinaBertOf(json)!,
    };
  },
  build(config, scope, features) {
    const { hiddenSize, heads, layers, epsilon, variant } = config;
    const positionBias = graph.alibi(features.attention_mask, alibiSlopes(heads));
    let hidden = embeddings(scope.at("embeddings"), features, config);
    for (let index = 0; index < layers; index++) {
      const layer = scope.at(`encoder.layer.${index}`);
      const own = layer.at("attention");
      const norm = (name: string, part: Scope) => layerNorm(part.at(name), hiddenSize, epsilon);
      if (variant === "text") {
        const attended = selfAttention(own, config, features.attention_mask, { positionBias })(hidden);
        const forward = feedForward(layer.at("mlp"), config, { up: "gated_layers", down: "wo" }, attended);
        hidden = norm("mlp.layernorm", layer)(graph.add(forward, attended));
        continue;
      }
      const norms = { normQuery: norm("self.layer_norm_q", own), normKey: norm("self.layer_norm_k", own) };
      const attended = selfAttention(own, config, features.attention_mask, { positionBias, ...norms })(hidden);
      const before = norm("layer_norm_1", layer)(graph.add(hidden, attended));
      const forward = feedForward(layer.at("mlp"), config, { up: "up_gated_layer", down: "down_layer" }, before);
      hidden = norm("layer_norm_2", layer)(graph.add(before, forward));
    }
    return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
  },
};

/** A gated feed-forward. The gate is the first half of the output of `up`, in the code variant the second. */
function feedForward(
  scope: Scope,
  { hiddenSize, intermediateSize, activation, variant }: JinaBertConfig,
  { up, down }: { readonly up: string; readonly down: string },
  x: Node,
): Node {
  const both = linear(scope.at(up), hiddenSize, 2 * intermediateSize, { bias: false })(x);
  const halves = [0, intermediateSize].map((start) => graph.slice(both, 1, start, intermediateSize)) as [Node, Node];
  const [gate, rest] = variant === "text" ? halves : (halves.toReversed() as [Node, Node]);
  const gated = graph.multiply(graph.activation(gate, activation), rest);
  return linear(scope.at(down), intermediateSize, hiddenSize)(graph.dropout(gated));
}
