/**
 * The settings of a tokenizer beside its tokens and sections: tokenizer_config.json, and where that is silent the
 * truncation and padding of tokenizer.json. Follows `TokenizersBackend.__init__` of transformers 5.23: of the latter
 * two, only directions and the padding token are of consequence, since sentence-transformers 6.2 truncates to its own
 * length and pads to the longest text.
 */
import { describe, isObject, type JsonObject } from "../common/json.ts";
import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import { paddingKeys, tokenizerConfigKeys, tokenizerJsonKeys, truncationKeys } from "./tokenizer-keys.ts";

export interface TokenizerSettings {
  /** The end of a long text that is cut off. */
  readonly truncationSide: "left" | "right";
  /** Whether special tokens in a text are treated as plain text. */
  readonly splitSpecialTokens: boolean;
  /** The padding token of a tokenizer.json that is used unchanged, unless another file names one. */
  readonly padToken: string | undefined;
  /** The padding side in Python; undefined for the default of the class. */
  readonly paddingSide: "left" | "right" | undefined;
  /** Whether the network takes the token types of a template; undefined for the default of the class. */
  readonly tokenTypes: boolean | undefined;
}

/** @throws HpdError `unsupported` for settings that are not, naming them, `corrupt_file` for values of a wrong kind. */
export function readTokenizerSettings(
  tokenizerConfig: JsonObject,
  tokenizerJson: JsonObject | undefined,
): TokenizerSettings {
  checkKeys(tokenizerConfig, tokenizerConfigKeys, "tokenizer_config.json");
  if (tokenizerJson !== undefined) checkKeys(tokenizerJson, tokenizerJsonKeys, "tokenizer.json");
  const truncation = section(tokenizerJson, "truncation");
  checkKeys(truncation, truncationKeys, "tokenizer.json: truncation");
  const padding = section(tokenizerJson, "padding");
  checkKeys(padding, paddingKeys, "tokenizer.json: padding");
  const inputs = tokenizerConfig.model_input_names;
  if (
    inputs !== undefined &&
    !(Array.isArray(inputs) && inputs.includes("input_ids") && inputs.includes("attention_mask"))
  ) {
    throw new HpdError(
      "unsupported",
      `tokenizer_config.json: model_input_names ${describe(inputs)} is not supported: input_ids and attention_mask are needed`,
    );
  }
  const { direction: end = "Right" } = truncation;
  const { direction: padded } = padding;
  const paddingSide =
    tokenizerConfig.padding_side ?? (padded === "Right" ? "right" : padded === "Left" ? "left" : padded);
  const truncationSide = tokenizerConfig.truncation_side ?? (end === "Right" ? "right" : end === "Left" ? "left" : end);
  return {
    truncationSide: side("truncation_side", truncationSide),
    paddingSide: paddingSide === undefined ? undefined : side("padding_side", paddingSide),
    splitSpecialTokens: flag(tokenizerConfig, "split_special_tokens", false),
    padToken: typeof padding.pad_token === "string" ? padding.pad_token : undefined,
    tokenTypes: Array.isArray(inputs) ? inputs.includes("token_type_ids") : undefined,
  };
}

/** @throws HpdError `corrupt_file` where a switch is neither true nor false; an absent one is as it usually is. */
export function flag(config: JsonObject, name: string, usual: boolean): boolean {
  const value = config[name] ?? usual;
  if (typeof value === "boolean") return value;
  throw new HpdError("corrupt_file", `tokenizer_config.json: ${name} should be true or false, got ${describe(value)}`);
}

function section(tokenizerJson: JsonObject | undefined, name: string): JsonObject {
  const value = tokenizerJson?.[name] ?? {};
  if (isObject(value)) return value;
  throw new HpdError("corrupt_file", `tokenizer.json: ${name} should be an object, got ${describe(value)}`);
}

function side(name: string, value: unknown): "left" | "right" {
  if (value === "left" || value === "right") return value;
  throw new HpdError("corrupt_file", `${name} should be "left" or "right", got ${describe(value)}`);
}
