/**
 * The `pre_tokenizer` section of tokenizer.json as a function from normalized text to words. Only the kinds whose
 * every result was compared with Python's `tokenizers` 0.23 are here; any other is refused by name.
 */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { bertPreTokenize } from "./bert-normalizer.ts";
import { characterClasses } from "./character-classes.ts";

export type PreTokenizer = (text: string) => string[];

/** GPT-2's pattern, in Rust's terms: its white space is not JavaScript's. */
const byteLevelPattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** @throws HpdError `unsupported` for a kind or setting that is not known, `corrupt_file` where it is no object. */
export function buildPreTokenizer(config: unknown): PreTokenizer {
  if (!isObject(config)) {
    throw new HpdError("unsupported", `tokenizer.json has the pre_tokenizer ${describe(config)}. ${supported}`);
  }
  switch (config.type) {
    case "Sequence": {
      const steps = (Array.isArray(config.pretokenizers) ? config.pretokenizers : []).map(buildPreTokenizer);
      return (text) => steps.reduce((words, step) => words.flatMap((word) => step(word)), [text]);
    }
    case "BertPreTokenizer": {
      const classes = characterClasses({ cleanText: false, splitChinese: false });
      return (text) => bertPreTokenize(text, classes);
    }
    case "WhitespaceSplit":
      return (text) => text.match(/\P{White_Space}+/gu) ?? [];
    case "Metaspace":
      return buildMetaspace(config);
    case "ByteLevel":
      return buildByteLevel(config);
    default:
      throw new HpdError(
        "unsupported",
        `the pre_tokenizer ${describe(config.type)} of tokenizer.json is not supported. ${supported}`,
      );
  }
}

const supported = "Supported: BertPreTokenizer, ByteLevel, Metaspace, WhitespaceSplit, Sequence.";

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
  return (text) => {
    let marked = text.replaceAll(" ", mark);
    if (scheme === "always" && !marked.startsWith(mark)) marked = mark + marked;
    if (config.split === false) return [marked];
    const words: string[] = [];
    for (let start = 0; start < marked.length; ) {
      const next = marked.indexOf(mark, start + 1);
      const end = next < 0 ? marked.length : next;
      words.push(marked.slice(start, end));
      start = end;
    }
    return words;
  };
}

function buildByteLevel(config: JsonObject): PreTokenizer {
  if (config.use_regex === false) {
    throw new HpdError("unsupported", "the pre_tokenizer ByteLevel with use_regex false is not supported");
  }
  const letters = byteLetters();
  const encoder = new TextEncoder();
  const spell = (word: string): string => {
    let spelled = "";
    for (const byte of encoder.encode(word)) spelled += letters[byte];
    return spelled;
  };
  const prefixed = config.add_prefix_space !== false;
  return (text) => {
    const whole = prefixed && !text.startsWith(" ") ? ` ${text}` : text;
    return (whole.match(byteLevelPattern) ?? []).map(spell);
  };
}

/** GPT-2's letter for each byte: printable Latin-1 stands for itself, the rest for U+0100 and on. */
export function byteLetters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
}
