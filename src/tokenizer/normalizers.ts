/**
 * The `normalizer` section of tokenizer.json as a function of text. Only the kinds whose every result was compared
 * with Python's `tokenizers` 0.23 are here; any other is refused by name.
 */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { BertNormalizer } from "./bert-normalizer.ts";
import { combiningMarks, isWhiteSpace, lowercase, normalizeUnicode } from "./character-classes.ts";
import { PrecompiledNormalizer } from "./precompiled-normalizer.ts";
import { sectionSteps } from "./sections.ts";
import { SplitMatcher } from "./split-matcher.ts";
import { parseSplitPattern } from "./split-pattern.ts";

export type Normalizer = (text: string) => string;

/** A text may be this much longer after all replacements of a normalizer. */
const maxGrowth = 64;

/** @throws HpdError `unsupported` for a kind that is not known, `corrupt_file` where it is damaged. */
export function buildNormalizer(config: unknown): Normalizer {
  const steps = sectionSteps(config, "normalizer");
  requireBoundedGrowth(steps);
  const [first, ...rest] = steps.map(buildStep);
  if (first === undefined) return (text) => text;
  return (text) => rest.reduce((result, step) => step(result), first(text));
}

function buildStep(config: JsonObject): Normalizer {
  switch (config.type) {
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
    case "Prepend": {
      const { prepend } = config;
      if (typeof prepend !== "string" || prepend.length > maxGrowth) {
        throw new HpdError("unsupported", `the normalizer Prepend of tokenizer.json has ${describe(prepend)}`);
      }
      return (text) => (text === "" ? "" : prepend + text);
    }
    case "Strip":
      return buildStrip(config);
    case "StripAccents":
      return buildStripAccents();
    default:
      return buildReplace(config);
  }
}

/** A few replacements of one letter by many, one after the other, would fill the memory with a short text. */
function requireBoundedGrowth(steps: readonly JsonObject[]): void {
  let growth = 1;
  for (const { type, pattern, content } of steps) {
    if (type !== "Replace" || typeof content !== "string") continue;
    const replaced = isObject(pattern) && typeof pattern.String === "string" ? pattern.String.length : 1;
    growth *= Math.max(1, content.length / Math.max(1, replaced));
  }
  if (growth <= maxGrowth) return;
  throw new HpdError(
    "unsupported",
    `tokenizer.json: replacements of the normalizer that make a text more than ${maxGrowth} times as long are not supported`,
  );
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

/** White space off both ends, or one of them. */
function buildStrip({ strip_left: left = true, strip_right: right = true }: JsonObject): Normalizer {
  return (text) => {
    let [start, end] = [0, text.length];
    if (left) while (start < end && isWhiteSpace(text.charCodeAt(start))) start++;
    if (right) while (end > start && isWhiteSpace(text.charCodeAt(end - 1))) end--;
    return text.slice(start, end);
  };
}

/** Removes combining marks. */
function buildStripAccents(): Normalizer {
  const marks = combiningMarks();
  const isMark = (character: string): boolean => marks[character.codePointAt(0)!] === 1;
  return (text) => {
    const characters = [...text];
    return characters.some(isMark) ? characters.filter((character) => !isMark(character)).join("") : text;
  };
}

/** A plain string, or a regular expression as `Split` knows them. */
function buildReplace({ pattern, content }: JsonObject): Normalizer {
  const replacement = typeof content === "string" ? content : "";
  if (isObject(pattern) && typeof pattern.String === "string" && pattern.String !== "") {
    const wanted = pattern.String;
    return (text) => text.replaceAll(wanted, () => replacement);
  }
  if (isObject(pattern) && pattern.Regex === " {2,}") return (text) => replaceSpaces(text, replacement);
  if (isObject(pattern) && typeof pattern.Regex === "string") {
    const matcher = new SplitMatcher(parseSplitPattern(pattern.Regex));
    return (text) => {
      const kept: string[] = [];
      let position = 0;
      for (const [start, end] of matcher.matches(text)) {
        kept.push(text.slice(position, start));
        position = end;
      }
      return [...kept, text.slice(position)].join(replacement);
    };
  }
  throw new HpdError(
    "unsupported",
    `the pattern of the normalizer Replace of tokenizer.json should be a String or a Regex, got ${describe(pattern)}`,
  );
}

/** Each run of two spaces or more by the replacement. */
function replaceSpaces(text: string, replacement: string): string {
  const pieces: string[] = [];
  let position = 0;
  for (let start = text.indexOf("  "); start >= 0; start = text.indexOf("  ", position)) {
    pieces.push(text.slice(position, start));
    position = start + 2;
    while (text[position] === " ") position++;
  }
  return [...pieces, text.slice(position)].join(replacement);
}
