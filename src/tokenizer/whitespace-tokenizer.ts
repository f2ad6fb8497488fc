/**
 * Whole words of a vocabulary: a text is split at white space, and a word that the vocabulary lacks is looked for again
 * without punctuation around it, then in lower case; if it is still not there, it is left out, as stop words are. There
 * are no special tokens. Source: sentence-transformers 6.2, `WhitespaceTokenizer`.
 */
import { describe, type JsonObject } from "../common/json.ts";
import { checkKeys, read } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import type { ModelTokenizer } from "./build-tokenizer.ts";
import { isWhiteSpace } from "./character-classes.ts";

export const whitespaceTokenizerName = "whitespacetokenizer_config.json";

/** The id of stop words, and of words that aren't in the vocabulary. */
const leftOut = -1;

/** Python refuses any other. */
const keys = { keys: read("vocab", "stop_words", "do_lower_case"), others: "refused" } as const;

/**
 * @param config what whitespacetokenizer_config.json says
 * @param file its path, for messages
 * @param maxLength most words of a text that are taken
 * @throws HpdError `invalid_model`, `unsupported` naming the key
 */
export function buildWhitespaceTokenizer(config: JsonObject, file: string, maxLength: number): ModelTokenizer {
  checkKeys(config, keys, file);
  const words = strings(config, "vocab", file);
  const ids = new Map(words.map((word, id) => [word, id]));
  for (const word of strings(config, "stop_words", file)) ids.set(word, leftOut);
  const { do_lower_case: lowers = false } = config;
  if (typeof lowers !== "boolean") {
    throw new HpdError("invalid_model", `${file}: do_lower_case should be true or false, got ${describe(lowers)}`);
  }
  /** The id of a word as written, without punctuation around it, or that in lower case: the first that is known. */
  const idOf = (word: string): number => {
    const id = ids.get(word);
    if (id !== undefined) return id;
    const bare = withoutPunctuation(word);
    return (bare === word ? undefined : ids.get(bare)) ?? ids.get(bare.toLowerCase()) ?? leftOut;
  };
  return {
    maxLength,
    padId: 0,
    vocabularySize: words.length,
    specialIds: new Set(),
    paddingSide: "right",
    encode(text, most = maxLength) {
      const found: number[] = [];
      eachWord(lowers ? text.toLowerCase() : text, (word) => {
        const id = idOf(word);
        if (id !== leftOut) found.push(id);
      });
      return Int32Array.from(most < found.length ? found.slice(0, most) : found);
    },
    encodePair() {
      throw new HpdError("unsupported", `${file}: a WhitespaceTokenizer takes single texts, not pairs`);
    },
  };
}

/** The word without ASCII punctuation at both ends. */
function withoutPunctuation(word: string): string {
  let start = 0;
  let end = word.length;
  while (start < end && isPunctuation(word.charCodeAt(start))) start++;
  while (start < end && isPunctuation(word.charCodeAt(end - 1))) end--;
  return word.slice(start, end);
}

/** Whether a code unit is one of Python's `string.punctuation`. */
function isPunctuation(unit: number): boolean {
  return (
    (unit >= 0x21 && unit <= 0x2f) ||
    (unit >= 0x3a && unit <= 0x40) ||
    (unit >= 0x5b && unit <= 0x60) ||
    (unit >= 0x7b && unit <= 0x7e)
  );
}

/** The parts of a text that Python's `str.split()` gives, to which U+001C to U+001F are white space, too. */
function eachWord(text: string, take: (word: string) => void): void {
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (!isWhiteSpace(unit) && !(unit >= 0x1c && unit <= 0x1f)) continue;
    if (at > start) take(text.slice(start, at));
    start = at + 1;
  }
  if (start < text.length) take(text.slice(start));
}

function strings(config: JsonObject, key: string, file: string): string[] {
  const value = config[key];
  if (Array.isArray(value) && value.every((word) => typeof word === "string")) return value;
  throw new HpdError("invalid_model", `${file}: ${key} should be an array of strings, got ${describe(value)}`);
}
