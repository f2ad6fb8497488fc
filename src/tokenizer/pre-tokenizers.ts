/**
 * The `pre_tokenizer` section of tokenizer.json as a function from normalized text to words. Only the kinds whose
 * every result was compared with Python's `tokenizers` 0.23 are here; any other is refused by name.
 */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { bertPreTokenize } from "./bert-normalizer.ts";
import { ByteLevel } from "./byte-level.ts";
import { characterClasses, isWhiteSpace } from "./character-classes.ts";
import { sectionSteps } from "./sections.ts";
import { buildDigits, buildPunctuation, buildSplit } from "./split.ts";

/**
 * The words of a text, generated lazily.
 *
 * @param isFirst whether the text is the first part, with no added token before it
 */
export type PreTokenizer = (text: string, isFirst?: boolean) => Iterable<string>;

/**
 * A text is one word where the section is null.
 *
 * @param normalizer that section, of which it is asked alone whether it leaves out what texts begin with
 * @throws HpdError `unsupported` for a kind or setting that is not known, `corrupt_file` where it is damaged
 */
export function buildPreTokenizer(config: unknown, normalizer?: unknown): PreTokenizer {
  const steps = sectionSteps(config, "pre_tokenizer");
  // Each of them may spell one letter in two: many would fill the memory.
  if (steps.filter(({ type }) => type === "ByteLevel").length > 1) {
    throw new HpdError(
      "unsupported",
      "a pre_tokenizer of tokenizer.json with more than one ByteLevel is not supported",
    );
  }
  requireKnownFirst(steps, sectionSteps(normalizer, "normalizer"));
  const [first, ...rest] = steps.map(buildStep);
  if (first === undefined) return (text) => (text === "" ? [] : [text]);
  return (text, isFirst) => rest.reduce(eachInto, first(text, isFirst));
}

/**
 * "first" is the word at the very beginning of the text as it was before the normalizer.
 *
 * @throws HpdError `unsupported` where that can't be determined: for words of words, or an optional beginning
 */
function requireKnownFirst(steps: readonly JsonObject[], normalizers: readonly JsonObject[]): void {
  const place = steps.findIndex(({ type, prepend_scheme: scheme }) => type === "Metaspace" && scheme === "first");
  if (place < 0) return;
  if (place > 0 || steps.slice(1).some(({ prepend_scheme: scheme }) => scheme === "first")) {
    throw new HpdError(
      "unsupported",
      'a pre_tokenizer Metaspace with prepend_scheme "first" is supported as the first step alone',
    );
  }
  const { replacement: mark = "▁" } = steps[0]!;
  const dropping = normalizers.find((step) => {
    const { type, strip_left: left } = step;
    return (
      type === "BertNormalizer" ||
      type === "StripAccents" ||
      (type === "Strip" && left !== false) ||
      (type === "Replace" && dropsFirst(step, mark))
    );
  });
  if (dropping === undefined) return;
  throw new HpdError(
    "unsupported",
    `a pre_tokenizer Metaspace with prepend_scheme "first" after the normalizer ${dropping.type} is not supported`,
  );
}

/** Whether what is put in its place stands later than the beginning, unless that is a space, before which no mark goes. */
function dropsFirst({ pattern, content }: JsonObject, mark: unknown): boolean {
  const isOneLetter = isObject(pattern) && typeof pattern.String === "string" && [...pattern.String].length === 1;
  const [first] = typeof content === "string" ? content : "";
  return first === undefined || !(isOneLetter || first === " " || first === mark);
}

function* eachInto(words: Iterable<string>, step: PreTokenizer): Generator<string> {
  for (const word of words) yield* step(word);
}

/** Whether all words are spelled in the letters of bytes. */
export function endsInBytes(config: unknown): boolean {
  return sectionSteps(config, "pre_tokenizer").at(-1)?.type === "ByteLevel";
}

function buildStep(config: JsonObject): PreTokenizer {
  switch (config.type) {
    case "BertPreTokenizer": {
      const classes = characterClasses({ cleanText: false, splitChinese: false });
      return (text) => bertPreTokenize(text, classes);
    }
    case "WhitespaceSplit":
      return splitAtWhiteSpace;
    case "Metaspace":
      return buildMetaspace(config);
    case "Split":
      return buildSplit(config);
    case "Punctuation":
      return buildPunctuation(config);
    case "Digits":
      return buildDigits(config);
    default:
      return buildByteLevel(config);
  }
}

function buildMetaspace(config: JsonObject): PreTokenizer {
  const mark = typeof config.replacement === "string" ? config.replacement : "▁";
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? "never" : "always");
  if ((scheme !== "always" && scheme !== "never" && scheme !== "first") || mark.length !== 1) {
    throw new HpdError(
      "unsupported",
      `the pre_tokenizer Metaspace has prepend_scheme ${describe(scheme)} and replacement ${describe(mark)}. ` +
        'Supported: "always", "never" and "first", one character',
    );
  }
  return function* (text, isFirst = true) {
    let marked = text.replaceAll(" ", mark);
    const isPrefixed = scheme === "always" || (scheme === "first" && isFirst);
    if (isPrefixed && !marked.startsWith(mark)) marked = mark + marked;
    if (config.split === false) {
      yield marked;
      return;
    }
    for (let start = 0; start < marked.length; ) {
      const next = marked.indexOf(mark, start + 1);
      const end = next < 0 ? marked.length : next;
      yield marked.slice(start, end);
      start = end;
    }
  };
}

function buildByteLevel(config: JsonObject): PreTokenizer {
  const byteLevel = new ByteLevel();
  const prefixed = config.add_prefix_space !== false;
  return (text) => {
    const whole = prefixed && !text.startsWith(" ") ? ` ${text}` : text;
    return config.use_regex === false ? [byteLevel.spell(whole)] : byteLevel.words(whole);
  };
}

/** Words between white space. */
function* splitAtWhiteSpace(text: string): Generator<string> {
  let start = 0;
  for (let index = 0; index <= text.length; index++) {
    if (index < text.length && !isWhiteSpace(text.charCodeAt(index))) continue;
    if (index > start) yield text.slice(start, index);
    start = index + 1;
  }
}
