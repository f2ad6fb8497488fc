/**
 * Maximum tokens of a text by its kind: queries and documents can have limits of their own.
 * Source: sentence-transformers 6.2, `Transformer.preprocess`.
 */
import { describe, isObject, type JsonObject } from "../../common/json.ts";
import { checkKeys } from "../../common/key-table.ts";
import { HpdError } from "../../errors.ts";
import { processingKeys, textProcessingKeys } from "../keys/sentence-bert-keys.ts";
import { object, optionalPositiveInteger } from "../read-json.ts";

/** The kind of a text: that of `encode`, `encodeQuery` or `encodeDocument`. */
export type TextKind = "sentence" | "query" | "document";

export const textKinds: readonly TextKind[] = ["sentence", "query", "document"];

/**
 * Maximum tokens, special ones included; undefined for the tokenizer's own limit, Infinity for that of the positions.
 */
export type TextLengths = Readonly<Record<TextKind, number | undefined>>;

/**
 * Parses the limits.
 *
 * @param config of the module: `query_length`, `document_length`, `query_expansion`, `processing_kwargs`
 * @throws HpdError `invalid_model`, `unsupported` naming the file and the key
 */
export function parseTextLengths(config: JsonObject, file: string): TextLengths {
  const processing = object(config, "processing_kwargs", file);
  checkKeys(processing, processingKeys, `${file}: processing_kwargs`);
  const [text, common] = ["text", "common"].map((part) => {
    const where = `${file}: processing_kwargs`;
    const settings = object(processing, part, where);
    checkKeys(settings, textProcessingKeys, `${where}.${part}`);
    return settings;
  }) as [JsonObject, JsonObject];
  const { padding = true, truncation = "longest_first" } = { ...text, ...common };
  if (![true, "longest", false, "do_not_pad"].includes(padding as string | boolean)) {
    throw unsupported(file, "processing_kwargs.text.padding", padding, [true, "longest", false, "do_not_pad"]);
  }
  const isCut = [true, "longest_first", "only_first"].includes(truncation as string | boolean);
  if (!isCut && ![false, null, "do_not_truncate"].includes(truncation as string | boolean | null)) {
    throw unsupported(file, "processing_kwargs.text.truncation", truncation, ["longest_first", "only_first", false]);
  }
  const expansion = parseQueryExpansion(config, file);
  const given = {
    query: optionalPositiveInteger(config, "query_length", file),
    document: optionalPositiveInteger(config, "document_length", file),
    sentence: undefined,
  };
  if (expansion !== undefined && given.query !== undefined && given.query < expansion.length) {
    throw new HpdError(
      "invalid_model",
      `${file}: query_length ${given.query} is less than the length ${expansion.length} of query_expansion`,
    );
  }
  const lengthOf = (kind: TextKind): number | undefined => {
    if (!isCut) return Number.POSITIVE_INFINITY;
    if ("max_length" in common)
      return optionalPositiveInteger(common, "max_length", `${file}: processing_kwargs.common`);
    if (kind === "query" && expansion?.strategy === "fixed") return expansion.length;
    if ("max_length" in text) return optionalPositiveInteger(text, "max_length", `${file}: processing_kwargs.text`);
    return given[kind];
  };
  return { sentence: lengthOf("sentence"), query: lengthOf("query"), document: lengthOf("document") };
}

/**
 * ColBERT's padding of queries with `[MASK]`. Unless these are attended to, the embedding of a query does not depend on
 * them, and only a maximum length of queries remains.
 */
function parseQueryExpansion(config: JsonObject, file: string): { strategy: unknown; length: number } | undefined {
  const expansion = config.query_expansion ?? undefined;
  if (expansion === undefined) return undefined;
  const { strategy, attend = false } = isObject(expansion) ? expansion : {};
  if (strategy !== "fixed" && strategy !== "min") {
    throw unsupported(file, "query_expansion.strategy", strategy, ["fixed", "min"]);
  }
  if (attend !== false) throw unsupported(file, "query_expansion.attend", attend, [false]);
  const length = optionalPositiveInteger(expansion as JsonObject, "length", `${file}: query_expansion`);
  if (length !== undefined) return { strategy, length };
  throw new HpdError("invalid_model", `${file}: query_expansion needs a length`);
}

function unsupported(file: string, key: string, value: unknown, known: readonly unknown[]): HpdError {
  return new HpdError(
    "unsupported",
    `${file}: ${key} is ${describe(value)}, which is not supported, only ${known.map(describe).join(" or ")}`,
  );
}
