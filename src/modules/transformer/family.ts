/** A family of models, one file each: the keys of its config, and the graph from ids to token embeddings. */
import type { JsonObject } from "../../common/json.ts";
import type { KeyRule } from "../../common/key-table.ts";
import type { Activation } from "../../graph/activation.ts";
import type { Node } from "../../graph/node.ts";
import type { Features } from "../features.ts";
import type { InitialHints } from "../parameters.ts";
import type { Scope } from "./layers/scope.ts";

/** The common part of all families' configs. */
export interface FamilyConfig {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  /** Added to variances, so that no norm divides by zero. */
  readonly epsilon: number;
  readonly vocabularySize: number;
  /** `max_position_embeddings`, to which tokenizers truncate; undefined where transformers has none. */
  readonly maxPositions: number | undefined;
  readonly positions: Positions;
}

/** The kind of position encoding. */
export type Positions =
  /** A table indexed from 0 over the whole row of a batch: padding before a text would shift it. */
  | { readonly kind: "absolute" }
  /** A table indexed over the tokens alone, from the padding id + 1 on. */
  | { readonly kind: "after_padding"; readonly paddingId: number }
  /** Distances between tokens: a text may have any length, wherever its padding is. */
  | { readonly kind: "relative" };

export interface Family<Config extends FamilyConfig = FamilyConfig> {
  /** The class without a head in transformers, for people. */
  readonly className: string;
  /** Prefix of the weights' names in checkpoints of the model with a head. */
  readonly prefix: string;
  /** The key of config.json that counts the layers. */
  readonly layersKey: string;
  /** Finds the number of a layer in the name of a weight; undefined where layers share their weights. */
  readonly layerPattern: RegExp | undefined;
  /** The rule of each key of config.json. */
  readonly configKeys: Readonly<Record<string, KeyRule>>;
  /** Keys of other families that transformers accepts as these, and which override them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Custom code that `auto_map` may name, because the family reproduces it. */
  readonly ownCode?: OwnCode;
  /** The linear layer of transformers' `pooler_output`, tanh(W first token + b), where the family has one. */
  readonly pooler?: string;
  /** The head of its cross-encoders, where it is known. */
  readonly head?: ClassificationHead<Config>;
  /** The head of its models for masked language modeling, where it is known. */
  maskedHead?(config: Config): MaskedLanguageHead;
  /**
   * Defaults for new weights, initialized as by transformers (see `InitialHints`); undefined if that isn't supported.
   */
  readonly initial?: InitialDefaults;
  /** Translates the config to the keys of one dialect, which are also saved, for families with several. */
  inOneDialect?(json: JsonObject, file: string): JsonObject;
  /** The config of some of the layers, if more than their number changes. @throws HpdError `unsupported` */
  select?(json: JsonObject, layers: readonly number[], file: string): JsonObject;
  /** @throws HpdError `invalid_model`, `unsupported` naming the file and the key */
  parse(json: JsonObject, file: string): Config;
  /** Token embeddings, [batch, sequence, hidden]. */
  build(config: Config, scope: Scope, features: Features): Node;
}

/** Values that transformers takes for missing keys of config.json. */
export interface InitialDefaults {
  /** Null if no row of the embeddings is padding. */
  readonly pad_token_id: number | null;
  readonly type_vocab_size?: number;
}

export interface OwnCode {
  readonly AutoConfig: readonly string[];
  readonly AutoModel: readonly string[];
  /** Possible prefixes of these names: the code's repositories on the hub, `""` for code beside the weights. */
  readonly repositories: readonly string[];
  /** Whether Python has no class of its own: a saved model then names the code, and needs `trust_remote_code`. */
  readonly isOnlyOne?: true;
}

/** The head of transformers' `...ForSequenceClassification`, behind the token embeddings. */
export interface ClassificationHead<Config extends FamilyConfig = FamilyConfig> {
  /** The last linear layer, which gives a score for each label. */
  readonly classifier: string;
  /** Initialization of a new classifier's weight, if it differs from other matrices. */
  initial?(config: Config): InitialHints;
  /**
   * The input of the classifier, [batch, width].
   *
   * @param model the weights of the transformer, `root` those beside it
   * @param tokens [batch, sequence, hidden]
   * @param mask 1 for a token, 0 for padding, [batch, sequence]
   */
  build(config: Config, scopes: { readonly model: Scope; readonly root: Scope }, tokens: Node, mask: Node): Node;
}

/**
 * The head of transformers' `...ForMaskedLM`: a dense layer, an activation and a norm, then a product with the table of
 * tokens. Its weights are beside those of the transformer.
 */
export interface MaskedLanguageHead {
  readonly dense: string;
  /** Its name, or the two names of checkpoints of several forms. */
  readonly norm: string | readonly [string, string];
  readonly activation: Activation;
  /** The layer that gives a logit for each token of the vocabulary. */
  readonly decoder: string;
  /** Another name of the decoder's bias, under which some checkpoints store it. */
  readonly bias?: string;
  /** The table of tokens in the transformer, which is also the decoder's weight unless there is another. */
  readonly table: string;
  /** Width of the table, if it isn't that of the layers. */
  readonly width?: number;
  /** The parts that have a bias. Default: all. */
  readonly biases?: Readonly<Record<"dense" | "norm" | "decoder", boolean>>;
}

/** The maximum tokens of a text, special ones included, for which there are positions. */
export function longestText({ maxPositions = Number.POSITIVE_INFINITY, positions }: FamilyConfig): number {
  switch (positions.kind) {
    case "absolute":
      return maxPositions;
    case "after_padding":
      return maxPositions - positions.paddingId - 1;
    case "relative":
      return Number.POSITIVE_INFINITY;
  }
}
