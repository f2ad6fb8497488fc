/**
 * What distinguishes the encoder architectures: the names of their weights and config keys, and how a token learns its
 * position. The arithmetic is the same for all, see encoder.ts.
 */
import type { KeyRule } from "../../common/key-table.ts";
import type { Family } from "./family.ts";

export interface Architecture {
  /** The class without a head in transformers, for people. */
  readonly className: string;
  /** Before every weight's name in checkpoints of the model with a head. */
  readonly prefix: string;
  /** Under which keys config.json holds the sizes. */
  readonly keys: ConfigKeys;
  /** Whether positions count from 0, or from after the padding id and over tokens only. */
  readonly positions: "sequential" | "after_padding";
  readonly hasTokenTypes: boolean;
  readonly hasRelativePositionBias: boolean;
  readonly hasPooler: boolean;
  /** Names of the weights of a layer, without `.weight` and `.bias`. */
  layer(index: number): LayerNames;
  /** What is done about each key of config.json. */
  readonly configKeys: Readonly<Record<string, KeyRule>>;
  /** Keys of other architectures that transformers takes for these, and which win over them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** What transformers takes where config.json lacks a key. */
  readonly defaults: Readonly<Record<string, number | string>>;
  /** The family that computes it by a file of its own. */
  readonly family?: Family;
  /** Numbers that transformers has of its own, whatever config.json says. */
  readonly fixed?: { readonly layerNormEpsilon?: number; readonly paddingId?: number };
}

export interface ConfigKeys {
  readonly layers: string;
  readonly hiddenSize: string;
  readonly heads: string;
  readonly intermediateSize: string;
  readonly activation: string;
}

export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

export const commonKeys: ConfigKeys = {
  layers: "num_hidden_layers",
  hiddenSize: "hidden_size",
  heads: "num_attention_heads",
  intermediateSize: "intermediate_size",
  activation: "hidden_act",
};

export const commonDefaults = {
  num_hidden_layers: 12,
  hidden_size: 768,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: "gelu",
  layer_norm_eps: 1e-12,
  vocab_size: 30522,
  max_position_embeddings: 512,
};
