/**
 * The `pre_tokenizer` section of tokenizer.json as a function from normalized text to words. Only the kinds whose
 * every result was compared with Python's `tokenizers` 0.23 are here; any other is refused by name.
 */

import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { bertPreTokenize } from "./bert-normalizer.ts";
import { ByteLevel } from "./byte-level.ts";
import { characterClasses, isWhiteSpace } from "./character-classes.ts";
import { sectionSteps } from "./sections.ts";
import { buildSplit } from "./split.ts";

/** The words of a text one after the other, so that no more are made than are wanted. */
export type PreTokenizer = (text: string) => Iterable<string>;

/**
 * A text is one word where the section is null.
 *
 * @throws HpdError `unsupported` for a kind or setting that is not known, `corrupt_file` where it is damaged
 */
export function buildPreTokenizer(config: unknown): PreTokenizer {
  const steps = sectionSteps(config, "pre_tokenizer");
  // Each of them may spell one letter in two: many would fill the memory.
  if (steps.filter(({ type }) => type === "ByteLevel").length > 1) {
    throw new HpdError(
      "unsupported",
      "a pre_tokenizer of tokenizer.json with more than one ByteLevel is not supported",
    );
  }
  const [first, ...rest] = steps.map(buildStep);
  if (first === undefined) return (text) => (text === "" ? [] : [text]);
  return (text) => rest.reduce(eachInto, first(text));
}

/**
 * Whether the words of the beginning of a text up to a space, of one that stands after a character that is none, are
 * the first words of the whole text.
 */
export function splitsAtSpaces(config: unknown): boolean {
  const steps = sectionSteps(config, "pre_tokenizer");
  return (
    steps.length > 0 &&
    steps.every(({ type, use_regex: byPattern, split }) => {
      if (type === "ByteLevel") return byPattern !== false || steps.length > 1;
      return type === "Metaspace" ? split !== false : type !== "Split";
    })
  );
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
    default:
      return buildByteLevel(config);
  }
}

function buildMetaspace(config: JsonObject): PreTokenizer {
  const mark = typeof config.replacement === "string" ? config.replacement : "▁";
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? "never" : "always");
  if ((scheme !== "always" && scheme !== "never") || mark.length !== 1) {
    throw new HpdError(
      "unsupported",
      `the pre_tokenizer Metaspace has prepend_scheme ${describe(scheme)} and replacement ${describe(mark)}. ` +
        'Supported: "always" and "never", one character.',
    );
  }
  return function* (text) {
    let marked = text.replaceAll(" ", mark);
    if (scheme === "always" && !marked.startsWith(mark)) marked = mark + marked;
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
