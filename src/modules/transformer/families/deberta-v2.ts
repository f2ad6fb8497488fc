/**
 * DeBERTa v2 and v3: scores of attention also come from content against relative positions, both ways.
 * Source: transformers, `models/deberta_v2/modeling_deberta_v2.py`.
 */
import { describe, type JsonObject } from "../../../common/json.ts";
import { ignored, read } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import type { Activation } from "../../../graph/activation.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import type { Features } from "../../features.ts";
import { bertKeys } from "../../keys/transformer-keys.ts";
import { boolean, nonNegativeInteger, optionalPositiveInteger, string } from "../../read-json.ts";
import type { Family, FamilyConfig } from "../family.ts";
import { feedForward, parseSizes, typeEmbeddings } from "../layers/bert-like.ts";
import { firstTokenHead } from "../layers/classification-heads.ts";
import { logBuckets } from "../layers/log-buckets.ts";
import { layerNorm, linear, type Scope } from "../layers/scope.ts";
import { activationOf } from "../look-up.ts";

interface DebertaConfig extends FamilyConfig {
  readonly embeddingSize: number;
  readonly poolerActivation: Activation;
  readonly hasPositions: boolean;
  readonly hasTokenTypes: boolean;
  /** Undefined where there is no attention to relative positions. */
  readonly relative: RelativeConfig | undefined;
  /** `c2p`: queries against positions, `p2c`: keys against positions. */
  readonly kinds: readonly string[];
}

interface RelativeConfig {
  /** Whether positions go through the projections of content. */
  readonly sharesProjections: boolean;
  readonly isNormed: boolean;
  /** Half the rows of the table. */
  readonly span: number;
  /** The row of each distance, as `relativeScores` takes them. */
  readonly rows: readonly number[];
}

const defaults = {
  vocab_size: 128100,
  hidden_size: 1536,
  num_hidden_layers: 24,
  num_attention_heads: 24,
  intermediate_size: 6144,
  hidden_act: "gelu",
  max_position_embeddings: 512,
  type_vocab_size: 0,
  layer_norm_eps: 1e-7,
};

export const debertaV2: Family<DebertaConfig> = {
  className: "DebertaV2Model",
  prefix: "deberta.",
  layersKey: "num_hidden_layers",
  layerPattern: /encoder\.layer\.(\d+)\./,
  initial: { type_vocab_size: 0, pad_token_id: 0 },
  configKeys: {
    ...bertKeys,
    ...read("type_vocab_size", "embedding_size", "position_biased_input", "relative_attention", "pos_att_type"),
    ...read("max_relative_positions", "position_buckets", "share_att_key", "norm_rel_ebd"),
    ...read("pooler_hidden_act"),
    ...ignored("for heads", "pooler_dropout", "pooler_hidden_size", "legacy", "cls_dropout"),
    ...ignored("for the convolution that is refused", "conv_act", "conv_groups"),
    ...ignored("its attention does without", "is_causal"),
    attention_head_size: { only: [], because: "heads would have another width than the output's weights" },
    conv_kernel_size: { only: [0, -1], because: "the first layer would have a convolution beside it" },
  },
  head: {
    classifier: "classifier",
    build: (config, scopes, tokens, mask) =>
      firstTokenHead("classifier", { root: "pooler.dense" }, config.poolerActivation, { drops: true }).build(
        config,
        scopes,
        tokens,
        mask,
      ),
  },
  parse(json, file) {
    const config = { ...defaults, ...json };
    const sizes = parseSizes(json, file, defaults);
    const hasPositions = boolean(config, "position_biased_input", file, true);
    return {
      ...sizes,
      embeddingSize: optionalPositiveInteger(config, "embedding_size", file) ?? sizes.hiddenSize,
      poolerActivation: activationOf(string(config, "pooler_hidden_act", file, "gelu"), "pooler_hidden_act", file),
      hasPositions,
      positions: { kind: hasPositions ? "absolute" : "relative" },
      hasTokenTypes: nonNegativeInteger(config, "type_vocab_size", file) > 0,
      relative: boolean(config, "relative_attention", file, false)
        ? parseRelative(config, sizes.maxPositions!, file)
        : undefined,
      kinds: parseKinds(config, file),
    };
  },
  build(config, scope, features) {
    const { hiddenSize, layers, relative, epsilon } = config;
    const encoder = scope.at("encoder");
    let positions: Node | undefined;
    if (relative !== undefined) {
      positions = encoder.at("rel_embeddings").table(2 * relative.span, hiddenSize);
      if (relative.isNormed) positions = layerNorm(encoder.at("LayerNorm"), hiddenSize, epsilon)(positions);
    }
    let hidden = embeddings(scope.at("embeddings"), config, features);
    for (let index = 0; index < layers; index++) {
      const layer = encoder.at(`layer.${index}`);
      const attended = attention(layer.at("attention"), config, hidden, { mask: features.attention_mask, positions });
      hidden = feedForward(layer, config)(attended);
    }
    return graph.reshape(hidden, ["batch", "sequence", hiddenSize]);
  },
};

/** [tokens, hidden] */
function embeddings(scope: Scope, config: DebertaConfig, features: Features): Node {
  const { input_ids: ids } = features;
  const { embeddingSize: size, hiddenSize, vocabularySize, epsilon } = config;
  let sum = graph.gather(scope.at("word_embeddings").table(vocabularySize, size, { paddingRow: "pad_token_id" }), ids);
  if (config.hasPositions) {
    sum = graph.add(sum, graph.firstRows(scope.at("position_embeddings").table(config.maxPositions!, size), ids));
  }
  if (config.hasTokenTypes) sum = graph.add(sum, typeEmbeddings(scope, features, size));
  const flat = graph.reshape(sum, ["tokens", size]);
  const wide = size === hiddenSize ? flat : linear(scope.at("embed_proj"), size, hiddenSize, { bias: false })(flat);
  return graph.dropout(layerNorm(scope.at("LayerNorm"), hiddenSize, epsilon)(wide));
}

function attention(
  scope: Scope,
  config: DebertaConfig,
  x: Node,
  { mask, positions }: { readonly mask: Node; readonly positions: Node | undefined },
): Node {
  const { hiddenSize, heads, kinds, relative, epsilon } = config;
  const own = scope.at("self");
  const projection = (name: string) => linear(own.at(name), hiddenSize, hiddenSize);
  const [toQuery, toKey] = [projection("query_proj"), projection("key_proj")];
  const [query, key] = [toQuery(x), toKey(x)];
  const scale = 1 / Math.sqrt((hiddenSize / heads) * (1 + kinds.length));
  let bias: Node | undefined;
  if (relative !== undefined && positions !== undefined) {
    const { sharesProjections, rows } = relative;
    const dropped = graph.dropout(positions);
    for (const kind of kinds) {
      const isOfQueries = kind === "c2p";
      const shared = isOfQueries ? toKey : toQuery;
      const project = sharesProjections ? shared : projection(isOfQueries ? "pos_key_proj" : "pos_query_proj");
      const scores = graph.relativeScores(isOfQueries ? query : key, project(dropped), mask, {
        heads,
        scale,
        of: isOfQueries ? "queries" : "keys",
        rows,
      });
      bias = bias === undefined ? scores : graph.add(bias, scores);
    }
  }
  const attended = graph.attention(query, key, projection("value_proj")(x), { mask, positionBias: bias, heads, scale });
  const output = linear(scope.at("output.dense"), hiddenSize, hiddenSize)(attended);
  return layerNorm(scope.at("output.LayerNorm"), hiddenSize, epsilon)(graph.add(graph.dropout(output), x));
}

function parseRelative(config: JsonObject, maxPositions: number, file: string): RelativeConfig {
  const integer = (key: string): number => {
    const value = config[key] ?? -1;
    if (Number.isSafeInteger(value)) return value as number;
    throw new HpdError("invalid_model", `${file}: ${key} should be an integer, got ${describe(value)}`);
  };
  const given = integer("max_relative_positions");
  const maxDistance = given < 1 ? maxPositions : given;
  const buckets = integer("position_buckets");
  if (buckets > 0 && (buckets < 4 || maxDistance - 1 <= Math.floor(buckets / 2))) {
    throw new HpdError(
      "invalid_model",
      `${file}: position_buckets should be 4 to less than twice max_relative_positions ${maxDistance}, got ${buckets}`,
    );
  }
  const span = buckets > 0 ? buckets : maxDistance;
  return {
    sharesProjections: boolean(config, "share_att_key", file, false),
    isNormed: names(string(config, "norm_rel_ebd", file, "none")).includes("layer_norm"),
    span,
    rows: logBuckets(span, buckets > 0 ? maxDistance : undefined),
  };
}

function parseKinds(config: JsonObject, file: string): string[] {
  const value = config.pos_att_type ?? [];
  const kinds = typeof value === "string" ? names(value) : value;
  const known = ["c2p", "p2c"];
  if (Array.isArray(kinds) && kinds.every((kind) => known.includes(kind))) {
    return known.filter((kind) => kinds.includes(kind));
  }
  throw new HpdError(
    "unsupported",
    `${file}: pos_att_type should be some of ${known.join(", ")}, got ${describe(value)}`,
  );
}

function names(list: string): string[] {
  return list
    .toLowerCase()
    .split("|")
    .map((name) => name.trim());
}
