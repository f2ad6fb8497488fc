/**
 * The encoder that BERT, RoBERTa, DistilBERT and MPNet share: embeddings, then layers of attention and feed-forward,
 * each added to its input and normalised. Source: transformers, `modeling_bert.py` and its kin.
 */
import * as graph from "../../graph/build.ts";
import type { Node } from "../../graph/node.ts";
import type { Features } from "../features.ts";
import type { Parameters } from "../parameters.ts";
import type { TransformerConfig } from "./config.ts";

/** Token embeddings, [batch, sequence, hidden]. */
export function buildEncoder(
  config: TransformerConfig,
  parameters: Parameters,
  prefix: string,
  { input_ids: ids, attention_mask: mask, token_type_ids: types }: Features,
): Node {
  const { architecture, hiddenSize, intermediateSize, heads, maxPositions } = config;
  const get = (name: string, shape: readonly number[]) => parameters.get(prefix + name, shape);
  const linear = (x: Node, name: string, outputs: number, inputs: number) =>
    graph.linear(x, get(`${name}.weight`, [outputs, inputs]), get(`${name}.bias`, [outputs]));
  const layerNorm = (x: Node, name: string) =>
    graph.layerNorm(x, get(`${name}.weight`, [hiddenSize]), get(`${name}.bias`, [hiddenSize]), config.layerNormEpsilon);

  const positionTable = get("embeddings.position_embeddings.weight", [maxPositions, hiddenSize]);
  let embeddings = graph.gather(get("embeddings.word_embeddings.weight", [config.vocabularySize, hiddenSize]), ids);
  if (architecture.hasTokenTypes) {
    const typeTable = get("embeddings.token_type_embeddings.weight", [-1, hiddenSize]);
    // A single text is all of type 0.
    embeddings = graph.add(embeddings, types === undefined ? graph.row(typeTable, 0) : graph.gather(typeTable, types));
  }
  const positions =
    architecture.positions === "sequential"
      ? graph.firstRows(positionTable, ids)
      : graph.gather(positionTable, graph.positionIds(ids, config.paddingId));
  embeddings = graph.add(embeddings, positions);

  const positionBias = architecture.hasRelativePositionBias
    ? graph.relativePositionBias(get("encoder.relative_attention_bias.weight", [-1, heads]), ids)
    : undefined;
  let hidden = layerNorm(graph.reshape(embeddings, ["tokens", hiddenSize]), "embeddings.LayerNorm");
  for (let index = 0; index < config.layers; index++) {
    const names = architecture.layer(index);
    const attended = graph.attention(
      linear(hidden, names.query, hiddenSize, hiddenSize),
      linear(hidden, names.key, hiddenSize, hiddenSize),
      linear(hidden, names.value, hiddenSize, hiddenSize),
      mask,
      { heads },
      positionBias,
    );
    hidden = layerNorm(
      graph.add(linear(attended, names.attentionOutput, hiddenSize, hiddenSize), hidden),
      names.attentionNorm,
    );
    const intermediate = graph.activation(
      linear(hidden, names.intermediate, intermediateSize, hiddenSize),
      config.activation,
    );
    hidden = layerNorm(
      graph.add(linear(intermediate, names.output, hiddenSize, intermediateSize), hidden),
      names.outputNorm,
    );
  }
  return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
}
