/**
 * ModernBERT: norms before attention and feed-forward instead of after, rotary positions, a gated feed-forward, and
 * layers that see the whole text among others that see a window of it, each kind with frequencies of its own.
 * Source: transformers, `models/modernbert/modeling_modernbert.py` and its config.
 */
import { HpdError } from "../../../errors.ts";
import type { Activation } from "../../../graph/activation.ts";
import * as graph from "../../../graph/build.ts";
import { modernBertKeys } from "../../keys/rotary-keys.ts";
import { boolean, positiveInteger, string } from "../../read-json.ts";
import type { Family, FamilyConfig } from "../family.ts";
import { parseSizes } from "../layers/bert-like.ts";
import { frequenciesByKind, type LayerKind, parseLayerKinds, selectLayerKinds } from "../layers/layer-kinds.ts";
import { linearOf, rotaryAttention } from "../layers/rotary-attention.ts";
import { layerNorm, type Scope } from "../layers/scope.ts";
import { activationOf, lookUp } from "../look-up.ts";

interface ModernBertConfig extends FamilyConfig {
  readonly kinds: readonly LayerKind[];
  readonly frequencies: Readonly<Record<LayerKind, readonly number[]>>;
  /** Maximum distance that a token of a windowed layer sees, to each side. */
  readonly window: number;
  readonly biases: Readonly<Record<"norm" | "attention" | "mlp" | "classifier" | "decoder", boolean>>;
  readonly classifierActivation: Activation;
  readonly classifierPooling: "cls" | "mean";
}

const defaults = {
  vocab_size: 50368,
  hidden_size: 768,
  num_hidden_layers: 22,
  num_attention_heads: 12,
  intermediate_size: 1152,
  hidden_activation: "gelu",
  norm_eps: 1e-5,
  max_position_embeddings: 8192,
  local_attention: 128,
  global_attn_every_n_layers: 3,
};

/** The key beside `rope_parameters` in older configs, and transformers' default. */
const bases = {
  full_attention: { key: "global_rope_theta", theta: 160_000 },
  sliding_attention: { key: "local_rope_theta", theta: 10_000 },
};

/** Initialization of the linears into a block, and of those back to the residual stream. */
const drawnInto = { cutoff: "initializer_cutoff_factor" } as const;
const drawnOut = (layers: number) => ({ ...drawnInto, scale: 1 / Math.sqrt(2 * layers) });

const poolings = { cls: "cls", mean: "mean" } as const;

export const modernBert: Family<ModernBertConfig> = {
  className: "ModernBertModel",
  prefix: "model.",
  layersKey: "num_hidden_layers",
  layerPattern: /(?:^|\.)layers\.(\d+)\./,
  // The row of the padding id is initialized like the others.
  initial: { pad_token_id: null },
  configKeys: modernBertKeys,
  head: {
    classifier: "classifier",
    initial: ({ hiddenSize }) => ({ ...drawnInto, deviation: hiddenSize ** -0.5 }),
    build({ layers, hiddenSize, epsilon, biases, classifierActivation, classifierPooling }, { root }, tokens, mask) {
      const head = root.at("head");
      const pooled = graph.pool(tokens, mask, mask, classifierPooling);
      const { classifier: bias } = biases;
      const dense = linearOf(head.at("dense"), hiddenSize, hiddenSize, {
        bias,
        key: "classifier_bias",
        hints: drawnOut(layers),
      });
      const activated = graph.activation(dense(pooled), classifierActivation);
      return layerNorm(head.at("norm"), hiddenSize, epsilon, { bias: biases.norm })(activated);
    },
  },
  maskedHead: ({ biases, classifierActivation }) => ({
    dense: "head.dense",
    norm: "head.norm",
    activation: classifierActivation,
    decoder: "decoder",
    table: "embeddings.tok_embeddings",
    biases: { dense: biases.classifier, norm: biases.norm, decoder: biases.decoder },
  }),
  parse(json, file) {
    const config = { ...defaults, ...json };
    const sizes = parseSizes(
      { ...config, hidden_act: config.hidden_activation, layer_norm_eps: config.norm_eps },
      file,
      {},
    );
    const every = positiveInteger(config, "global_attn_every_n_layers", file);
    return {
      ...sizes,
      positions: { kind: "relative" },
      // Every n-th layer sees the whole text, counted from the first.
      kinds: parseLayerKinds(config, sizes.layers, (layer) => layer % every !== 0, file),
      frequencies: frequenciesByKind(json, file, bases, sizes.hiddenSize / sizes.heads),
      window: Math.floor(positiveInteger(config, "local_attention", file) / 2),
      biases: {
        norm: boolean(json, "norm_bias", file, false),
        attention: boolean(json, "attention_bias", file, false),
        mlp: boolean(json, "mlp_bias", file, false),
        classifier: boolean(json, "classifier_bias", file, false),
        decoder: boolean(json, "decoder_bias", file, true),
      },
      classifierActivation: activationOf(
        string(json, "classifier_activation", file, "gelu"),
        "classifier_activation",
        file,
      ),
      classifierPooling: lookUp(poolings, string(json, "classifier_pooling", file, "cls"), "classifier_pooling", file),
    };
  },
  build(config, scope, { input_ids: ids, attention_mask: mask }) {
    const { hiddenSize, heads, intermediateSize, activation, epsilon, vocabularySize, kinds, biases } = config;
    const [into, out] = [drawnInto, drawnOut(config.layers)];
    const linear = (
      scope: Scope,
      [inputs, outputs]: readonly [number, number],
      part: "attention" | "mlp",
      hints = into,
    ) => linearOf(scope, inputs, outputs, { bias: biases[part], key: `${part}_bias`, hints });
    const norm = (name: string, part = scope) => layerNorm(part.at(name), hiddenSize, epsilon, { bias: biases.norm });
    const words = graph.gather(scope.at("embeddings.tok_embeddings").table(vocabularySize, hiddenSize, into), ids);
    let hidden = graph.dropout(norm("embeddings.norm")(graph.reshape(words, ["tokens", hiddenSize])));
    for (const [index, kind] of kinds.entries()) {
      const layer = scope.at(`layers.${index}`);
      // The input of the first layer is normalised already.
      const input = index === 0 ? hidden : norm("attn_norm", layer)(hidden);
      const packed = linear(layer.at("attn.Wqkv"), [hiddenSize, 3 * hiddenSize], "attention")(input);
      const parts = [0, 1, 2].map((place) => graph.slice(packed, 1, place * hiddenSize, hiddenSize));
      const window = kind === "sliding_attention" ? config.window : undefined;
      const attended = rotaryAttention(parts, mask, { heads, frequencies: config.frequencies[kind], window });
      const change = linear(layer.at("attn.Wo"), [hiddenSize, hiddenSize], "attention", out)(attended);
      hidden = graph.add(hidden, graph.dropout(change));
      const toWide = linear(layer.at("mlp.Wi"), [hiddenSize, 2 * intermediateSize], "mlp");
      const wide = toWide(norm("mlp_norm", layer)(hidden));
      const [gate, up] = [0, 1].map((half) => graph.slice(wide, 1, half * intermediateSize, intermediateSize));
      const gated = graph.dropout(graph.multiply(graph.activation(gate!, activation), up!));
      hidden = graph.add(hidden, linear(layer.at("mlp.Wo"), [intermediateSize, hiddenSize], "mlp", out)(gated));
    }
    return graph.reshape(norm("final_norm")(hidden), ["batch", "sequence", hiddenSize]);
  },
  /** Keeps the kind of each layer: the config then lists them layer by layer. */
  select(json, layers, file) {
    if (layers[0] !== 0) {
      throw new HpdError(
        "unsupported",
        `${file}: the first layer should be 0, the only one of a ModernBertModel without a norm before its ` +
          `attention, got [${layers.join(", ")}]`,
      );
    }
    return selectLayerKinds(json, modernBert.parse(json, file).kinds, layers);
  },
};
