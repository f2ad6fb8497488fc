/**
 * The vocabulary of a model: the `model` section of tokenizer.json, or the older files vocab.txt, vocab.json,
 * merges.txt.
 */

import { describe, isObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { isWhiteSpace } from "./character-classes.ts";
import { tokenId } from "./token-id.ts";
import { readJsonObject, type TokenizerFiles } from "./tokenizer-files.ts";

/** The two tokens, and what they become. */
export type Merge = readonly [left: string, right: string, whole: string];

/** One token a line, its id the line's number; of equal lines the last one counts. */
function readVocabTxt(text: string): Map<string, number> {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return new Map(lines.map((line, id) => [trimEnd(line), id]));
}

function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && isWhiteSpace(line.charCodeAt(end - 1))) end--;
  return line.slice(0, end);
}

/** @throws HpdError `corrupt_file` where it is not an object from token to id; ids may have gaps. */
export function readVocabularyObject(value: unknown, name: string): Map<string, number> {
  if (!isObject(value)) throw new HpdError("corrupt_file", `${name} should map tokens to ids, got ${describe(value)}`);
  const vocabulary = new Map<string, number>();
  // Of tens of thousands of tokens, Object.entries would make as many pairs.
  for (const token in value) vocabulary.set(token, tokenId(value[token]));
  return vocabulary;
}

/**
 * @throws HpdError `corrupt_file` where a merge is not two tokens, `invalid_model` where one is not in the vocabulary.
 */
export function readMerges(value: unknown, name: string, vocabulary: ReadonlyMap<string, number>): Merge[] {
  if (!Array.isArray(value)) throw new HpdError("corrupt_file", `${name} should hold merges, got ${describe(value)}`);
  return value.map((merge: unknown, index) => {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((token) => typeof token !== "string")) {
      throw new HpdError("corrupt_file", `${name}: merge ${index} should be two tokens, got ${describe(merge)}`);
    }
    const [left, right] = pair as [string, string];
    const whole = left + right;
    if (vocabulary.has(left) && vocabulary.has(right) && vocabulary.has(whole)) return [left, right, whole];
    const missing = [left, right, whole].find((token) => !vocabulary.has(token));
    throw new HpdError("invalid_model", `${name}: merge ${index} needs ${describe(missing)}, not in the vocabulary`);
  });
}

function mergesLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version"));
}

/** @throws HpdError `corrupt_file` where a piece is not `[text, score]`. */
export function readUnigramPieces(value: unknown): (readonly [string, number])[] {
  if (!Array.isArray(value)) {
    throw new HpdError("corrupt_file", `tokenizer.json: a Unigram vocab should be a list, got ${describe(value)}`);
  }
  return value.map((piece: unknown, id) => {
    if (Array.isArray(piece) && typeof piece[0] === "string" && Number.isFinite(piece[1])) {
      return [piece[0], piece[1]];
    }
    throw new HpdError("corrupt_file", `tokenizer.json: piece ${id} should be [text, score], got ${describe(piece)}`);
  });
}

/** The vocabulary of the older files, undefined where they are not there. */
export function readVocabularyFiles(
  files: TokenizerFiles,
  names: "vocab.txt" | "vocab.json and merges.txt",
): { vocabulary: Map<string, number>; merges: Merge[] } | undefined {
  const vocabTxt = files.get("vocab.txt");
  if (names === "vocab.txt") {
    return vocabTxt === undefined ? undefined : { vocabulary: readVocabTxt(vocabTxt), merges: [] };
  }
  const object = readJsonObject(files, "vocab.json");
  const merges = files.get("merges.txt");
  if (object === undefined || merges === undefined) return undefined;
  const vocabulary = readVocabularyObject(object, "vocab.json");
  return { vocabulary, merges: readMerges(mergesLines(merges), "merges.txt", vocabulary) };
}
