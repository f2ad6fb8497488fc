/** A family of models as one file: the keys of its config, and how token embeddings come from ids. */
import type { JsonObject } from "../../common/json.ts";
import type { KeyRule } from "../../common/key-table.ts";
import type { Activation } from "../../graph/activation.ts";
import type { Node } from "../../graph/node.ts";
import type { Features } from "../features.ts";
import type { InitialHints } from "../parameters.ts";
import type { Scope } from "./layers/scope.ts";

/** What every family's config has. */
export interface FamilyConfig {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  /** Added to variances, so that no norm divides by zero. */
  readonly epsilon: number;
  readonly vocabularySize: number;
  /** `max_position_embeddings`, to which tokenizers cut; undefined where transformers has none. */
  readonly maxPositions: number | undefined;
  readonly positions: Positions;
}

/** How a token learns its place. */
export type Positions =
  /** By a table, counted from 0 over the whole row of a batch: padding before a text would move it. */
  | { readonly kind: "absolute" }
  /** By a table, counted over the tokens alone, from the id of padding + 1 on. */
  | { readonly kind: "after_padding"; readonly paddingId: number }
  /** By its distance to others: a text may have any length, wherever its padding is. */
  | { readonly kind: "relative" };

export interface Family<Config extends FamilyConfig = FamilyConfig> {
  /** The class without a head in transformers, for people. */
  readonly className: string;
  /** Before every weight's name in checkpoints of the model with a head. */
  readonly prefix: string;
  /** The key of config.json that counts the layers. */
  readonly layersKey: string;
  /** Finds the number of a layer in the name of a weight; undefined where layers share their weights. */
  readonly layerPattern: RegExp | undefined;
  /** What is done about each key of config.json. */
  readonly configKeys: Readonly<Record<string, KeyRule>>;
  /** Keys of other families that transformers takes for these, and which win over them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** The code of its authors that `auto_map` may name, because the family computes the same; without it, none. */
  readonly ownCode?: OwnCode;
  /** The linear layer of transformers' `pooler_output`, tanh(W first token + b), where the family has one. */
  readonly pooler?: string;
  /** The head of its cross-encoders, where it is known. */
  readonly head?: ClassificationHead<Config>;
  /** Of new weights, which are drawn as transformers draws them (see `InitialHints`); undefined where they can't be. */
  readonly initial?: InitialDefaults;
  /** The config in the keys of one dialect, where the family has several; what is saved too. */
  inOneDialect?(json: JsonObject, file: string): JsonObject;
  /** The config of some of its layers, where more changes than their number. @throws HpdError `unsupported` */
  select?(json: JsonObject, layers: readonly number[], file: string): JsonObject;
  /** @throws HpdError `invalid_model`, `unsupported` naming the file and the key */
  parse(json: JsonObject, file: string): Config;
  /** Token embeddings, [batch, sequence, hidden]. */
  build(config: Config, scope: Scope, features: Features): Node;
}

/** What transformers takes where config.json lacks a key. */
export interface InitialDefaults {
  /** Null where no row of the embeddings is of padding. */
  readonly pad_token_id: number | null;
  readonly type_vocab_size?: number;
}

export interface OwnCode {
  readonly AutoConfig: readonly string[];
  readonly AutoModel: readonly string[];
  /** What may stand before these names: where the code lies on the hub, `""` for beside the weights. */
  readonly repositories: readonly string[];
  /** Whether Python has no class beside it: what is saved then names it too, and is loaded with `trust_remote_code`. */
  readonly isOnlyOne?: true;
}

/** What transformers' `...ForSequenceClassification` has behind the token embeddings. */
export interface ClassificationHead<Config extends FamilyConfig = FamilyConfig> {
  /** The last linear layer, which gives a score for each label. */
  readonly classifier: string;
  /** How a new one's weight is drawn, where it isn't as other matrices are. */
  initial?(config: Config): InitialHints;
  /**
   * What the classifier takes, [batch, width].
   *
   * @param model the weights of the transformer, `root` those beside it
   * @param tokens [batch, sequence, hidden]
   * @param mask 1 for a token, 0 for padding, [batch, sequence]
   */
  build(config: Config, scopes: { readonly model: Scope; readonly root: Scope }, tokens: Node, mask: Node): Node;
}

/** The greatest number of tokens that a text may have, special ones included: no setting makes more positions. */
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
