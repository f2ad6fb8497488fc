/** What BERT's kin have in common. Source: transformers, `modeling_bert.py`. */
import type { JsonObject } from "../../../common/json.ts";
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import type { Features } from "../../features.ts";
import { nonNegativeNumber, positiveInteger, string } from "../../read-json.ts";
import type { FamilyConfig } from "../family.ts";
import { activationOf } from "../look-up.ts";
import { type Layer, layerNorm, linear, type Scope } from "./scope.ts";

/** The sizes under BERT's keys. @param defaults what transformers takes where config.json lacks a key */
export function parseSizes(json: JsonObject, file: string, defaults: JsonObject): FamilyConfig {
  const config = { ...defaults, ...json };
  const hiddenSize = positiveInteger(config, "hidden_size", file);
  const heads = positiveInteger(config, "num_attention_heads", file);
  if (hiddenSize % heads !== 0) {
    throw new HpdError(
      "invalid_model",
      `${file}: hidden_size ${hiddenSize} can't be split into num_attention_heads ${heads}`,
    );
  }
  return {
    layers: positiveInteger(config, "num_hidden_layers", file),
    hiddenSize,
    heads,
    intermediateSize: positiveInteger(config, "intermediate_size", file),
    activation: activationOf(string(config, "hidden_act", file), "hidden_act", file),
    epsilon: nonNegativeNumber(config, "layer_norm_eps", file),
    vocabularySize: positiveInteger(config, "vocab_size", file),
    maxPositions: positiveInteger(config, "max_position_embeddings", file),
    hasAnyLength: false,
  };
}

/** Words, the type of a single text, and positions from 0 on, normalised: [tokens, width] */
export function embeddings(
  scope: Scope,
  { input_ids: ids }: Features,
  { vocabularySize, maxPositions, epsilon, hasTokenTypes = true }: FamilyConfig & { readonly hasTokenTypes?: boolean },
  width: number,
  norm = scope.at("LayerNorm"),
): Node {
  const words = graph.gather(scope.at("word_embeddings").table(vocabularySize, width), ids);
  const types = hasTokenTypes ? scope.at("token_type_embeddings").table(-1, width) : undefined;
  const typed = types === undefined ? words : graph.add(words, graph.row(types, 0));
  const placed =
    maxPositions === undefined
      ? typed
      : graph.add(typed, graph.firstRows(scope.at("position_embeddings").table(maxPositions, width), ids));
  return graph.dropout(layerNorm(norm, width, epsilon)(graph.reshape(placed, ["tokens", width])));
}

/** Self-attention added to its input, then normalised. */
export function selfAttention(
  scope: Scope,
  { hiddenSize, heads, epsilon }: FamilyConfig,
  mask: Node,
  positionBias?: Node,
  { normQuery = (x: Node) => x, normKey = (x: Node) => x } = {},
): Layer {
  const projection = (name: string) => linear(scope.at(name), hiddenSize, hiddenSize);
  const [query, key, value] = ["self.query", "self.key", "self.value"].map(projection) as [Layer, Layer, Layer];
  const [output, norm] = [projection("output.dense"), layerNorm(scope.at("output.LayerNorm"), hiddenSize, epsilon)];
  return (x) => {
    const attended = graph.attention(normQuery(query(x)), normKey(key(x)), value(x), mask, { heads }, positionBias);
    return norm(graph.add(graph.dropout(output(attended)), x));
  };
}

/** Two linears with an activation between them, added to their input, then normalised. */
export function feedForward(
  scope: Scope,
  { hiddenSize, intermediateSize, activation, epsilon }: FamilyConfig,
  names: { readonly up: string; readonly down: string; readonly norm: string },
): Layer {
  const up = linear(scope.at(names.up), hiddenSize, intermediateSize);
  const down = linear(scope.at(names.down), intermediateSize, hiddenSize);
  const norm = layerNorm(scope.at(names.norm), hiddenSize, epsilon);
  return (x) => norm(graph.add(graph.dropout(down(graph.activation(up(x), activation))), x));
}

export const bertFeedForward = { up: "intermediate.dense", down: "output.dense", norm: "output.LayerNorm" };
