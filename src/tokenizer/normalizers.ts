/**
 * The `normalizer` section of tokenizer.json as a function of text. Only the kinds whose every result was compared
 * with Python's `tokenizers` 0.23 are here; any other is refused by name.
 */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { BertNormalizer } from "./bert-normalizer.ts";
import { lowercase, normalizeUnicode } from "./character-classes.ts";
import { PrecompiledNormalizer } from "./precompiled-normalizer.ts";

export type Normalizer = (text: string) => string;

/** @throws HpdError `unsupported` for a kind that is not known, `corrupt_file` where it is not an object. */
export function buildNormalizer(config: unknown): Normalizer {
  if (config === null || config === undefined) return (text) => text;
  if (!isObject(config)) throw new HpdError("corrupt_file", `tokenizer.json: normalizer is ${describe(config)}`);
  switch (config.type) {
    case "Sequence": {
      const steps = (Array.isArray(config.normalizers) ? config.normalizers : []).map(buildNormalizer);
      return (text) => steps.reduce((result, step) => step(result), text);
    }
    case "BertNormalizer": {
      const normalizer = bertNormalizer(config);
      return (text) => normalizer.normalize(text);
    }
    case "Lowercase":
      return lowercase;
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD": {
      const form = config.type;
      return (text) => normalizeUnicode(text, form);
    }
    case "Precompiled": {
      if (typeof config.precompiled_charsmap !== "string") {
        throw new HpdError("corrupt_file", "tokenizer.json: the normalizer Precompiled has no precompiled_charsmap");
      }
      const normalizer = new PrecompiledNormalizer(config.precompiled_charsmap);
      return (text) => normalizer.normalize(text);
    }
    case "Replace":
      return buildReplace(config);
    default:
      throw new HpdError(
        "unsupported",
        `the normalizer ${describe(config.type)} of tokenizer.json is not supported. ` +
          "Supported: BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, Replace, Sequence.",
      );
  }
}

/** A BertNormalizer from its section; accents go where the case goes unless `strip_accents` says otherwise. */
export function bertNormalizer(config: JsonObject): BertNormalizer {
  const lower = config.lowercase !== false;
  return new BertNormalizer({
    cleanText: config.clean_text !== false,
    splitChinese: config.handle_chinese_chars !== false,
    stripAccents: typeof config.strip_accents === "boolean" ? config.strip_accents : lower,
    lowercase: lower,
  });
}

/** A plain string, or the one regular expression that the converters of transformers write. */
function buildReplace({ pattern, content }: JsonObject): Normalizer {
  const replacement = typeof content === "string" ? content : "";
  if (isObject(pattern) && typeof pattern.String === "string" && !/\s/.test(pattern.String)) {
    const wanted = pattern.String;
    return (text) => text.replaceAll(wanted, () => replacement);
  }
  if (isObject(pattern) && pattern.Regex === " {2,}") return (text) => text.replace(/ {2,}/g, () => replacement);
  throw new HpdError(
    "unsupported",
    `the normalizer Replace of tokenizer.json has the pattern ${describe(pattern)}. ` +
      'Supported: a String without white space and the Regex " {2,}".',
  );
}
