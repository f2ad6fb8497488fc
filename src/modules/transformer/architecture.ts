/**
 * What distinguishes the encoder architectures: the names of their weights and config keys, and how a token learns its
 * position. The arithmetic is the same for all, see encoder.ts.
 */
import type { JsonObject } from "../../common/json.ts";

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
  /** @throws HpdError `unsupported` where the config asks for what we do not do. */
  check(config: JsonObject, file: string): void;
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
