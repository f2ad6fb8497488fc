/** Common parts of BERT and families like it. Source: transformers, `modeling_bert.py`. */
import type { JsonObject } from "../../../common/json.ts";
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import type { Features } from "../../features.ts";
import { nonNegativeNumber, positiveInteger, string } from "../../read-json.ts";
import type { FamilyConfig } from "../family.ts";
import { activationOf } from "../look-up.ts";
import { type Layer, layerNorm, linear, type Scope } from "./scope.ts";

/** The keys of the sizes in config.json. */
const bertSizes = {
  layers: "num_hidden_layers",
  hiddenSize: "hidden_size",
  heads: "num_attention_heads",
  intermediateSize: "intermediate_size",
  activation: "hidden_act",
};

/** Parses the sizes. @param defaults transformers' values of missing keys */
export function parseSizes(
  json: JsonObject,
  file: string,
  defaults: JsonObject,
  keys: typeof bertSizes = bertSizes,
): FamilyConfig {
  const config = { ...defaults, ...json };
  const hiddenSize = positiveInteger(config, keys.hiddenSize, file);
  const heads = positiveInteger(config, keys.heads, file);
  if (hiddenSize % heads !== 0) {
    throw new HpdError(
      "invalid_model",
      `${file}: ${keys.hiddenSize} ${hiddenSize} can't be split into ${keys.heads} ${heads}`,
    );
  }
  return {
    layers: positiveInteger(config, keys.layers, file),
    hiddenSize,
    heads,
    intermediateSize: positiveInteger(config, keys.intermediateSize, file),
    activation: activationOf(string(config, keys.activation, file), keys.activation, file),
    epsilon: nonNegativeNumber(config, "layer_norm_eps", file),
    vocabularySize: positiveInteger(config, "vocab_size", file),
    maxPositions: positiveInteger(config, "max_position_embeddings", file),
    positions: { kind: "absolute" },
  };
}

/**
 * The sum of the embeddings of words, types and absolute positions, normalised: [tokens, width]
 *
 * @param options `width` of the embeddings, the hidden size by default; `norm`, the scope of the LayerNorm
 */
export function embeddings(
  scope: Scope,
  features: Features,
  config: FamilyConfig & { readonly hasTokenTypes?: boolean },
  { width = config.hiddenSize, norm = scope.at("LayerNorm") } = {},
): Node {
  const { input_ids: ids } = features;
  const { vocabularySize, maxPositions = -1, positions, epsilon, hasTokenTypes = true } = config;
  const padded = positions.kind === "after_padding" ? { paddingRow: positions.paddingId } : undefined;
  const places =
    positions.kind === "relative" ? undefined : scope.at("position_embeddings").table(maxPositions, width, padded);
  const words = scope.at("word_embeddings").table(vocabularySize, width, padded ?? { paddingRow: "pad_token_id" });
  let sum: Node = graph.gather(words, ids);
  if (hasTokenTypes) sum = graph.add(sum, typeEmbeddings(scope, features, width));
  if (places !== undefined) {
    const rows = positions.kind === "after_padding" ? graph.positionIds(ids, positions.paddingId) : undefined;
    sum = graph.add(sum, rows === undefined ? graph.firstRows(places, ids) : graph.gather(places, rows));
  }
  return graph.dropout(layerNorm(norm, width, epsilon)(graph.reshape(sum, ["tokens", width])));
}

/** The embeddings of types, of which the tokens of a single text all have 0. */
export function typeEmbeddings(scope: Scope, { token_type_ids: types }: Features, width: number): Node {
  const table = scope.at("token_type_embeddings").table(-1, width, { rows: "type_vocab_size" });
  return types === undefined ? graph.row(table, 0) : graph.gather(table, types);
}

const bertAttention = {
  query: "self.query",
  key: "self.key",
  value: "self.value",
  output: "output.dense",
  norm: "output.LayerNorm",
};

export interface SelfAttentionOptions {
  readonly names?: typeof bertAttention;
  /** Whether training applies dropout to the output. */
  readonly drops?: boolean;
  readonly positionBias?: Node;
  readonly normQuery?: Layer;
  readonly normKey?: Layer;
}

/** Self-attention added to its input, then normalised. */
export function selfAttention(
  scope: Scope,
  { hiddenSize, heads, epsilon }: FamilyConfig,
  mask: Node,
  {
    names = bertAttention,
    drops = true,
    positionBias,
    normQuery = (x) => x,
    normKey = (x) => x,
  }: SelfAttentionOptions = {},
): Layer {
  const projection = (name: string) => linear(scope.at(name), hiddenSize, hiddenSize);
  const [query, key, value] = [projection(names.query), projection(names.key), projection(names.value)];
  const [output, norm] = [projection(names.output), layerNorm(scope.at(names.norm), hiddenSize, epsilon)];
  return (x) => {
    const attended = graph.attention(normQuery(query(x)), normKey(key(x)), value(x), { mask, positionBias, heads });
    const change = output(attended);
    return norm(graph.add(drops ? graph.dropout(change) : change, x));
  };
}

const bertFeedForward = { up: "intermediate.dense", down: "output.dense", norm: "output.LayerNorm" };

/** Two linears with an activation between them, added to their input, then normalised. */
export function feedForward(
  scope: Scope,
  { hiddenSize, intermediateSize, activation, epsilon }: FamilyConfig,
  { names = bertFeedForward, drops = true }: { readonly names?: typeof bertFeedForward; readonly drops?: boolean } = {},
): Layer {
  const up = linear(scope.at(names.up), hiddenSize, intermediateSize);
  const down = linear(scope.at(names.down), intermediateSize, hiddenSize);
  const norm = layerNorm(scope.at(names.norm), hiddenSize, epsilon);
  return (x) => {
    const change = down(graph.activation(up(x), activation));
    return norm(graph.add(drops ? graph.dropout(change) : change, x));
  };
}
