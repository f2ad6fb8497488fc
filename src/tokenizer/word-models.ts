/** The `model` section of tokenizer.json as a function from one pre-tokenized word to ids. */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { byteLetters } from "./byte-level.ts";
import { BytePairEncoding } from "./byte-pair-encoding.ts";
import type { WordModel } from "./pipeline-tokenizer.ts";
import type { Model } from "./read-model.ts";
import { Unigram } from "./unigram.ts";
import { WordPiece } from "./word-piece.ts";

/** Far above what real models have, and low enough that no file makes a word take minutes. */
const hostileLength = 1000;

/** @throws HpdError `invalid_model` where the unknown token is not there, `unsupported` for a setting not known. */
export function buildWordModel(model: Model): WordModel {
  switch (model.kind) {
    case "WordPiece":
      return buildWordPiece(model);
    case "BPE":
      return buildBpe(model);
    case "Unigram":
      return buildUnigram(model);
  }
}

export function buildWordPiece({ vocabulary, settings }: Model): WordPiece {
  const unknownId = typeof settings.unk_token === "string" ? vocabulary.get(settings.unk_token) : undefined;
  const maxWordLength = settings.max_input_chars_per_word ?? 100;
  if (
    typeof maxWordLength !== "number" ||
    !Number.isInteger(maxWordLength) ||
    maxWordLength < 0 ||
    maxWordLength > hostileLength
  ) {
    throw new HpdError(
      "unsupported",
      `max_input_chars_per_word ${describe(maxWordLength)} is not supported: at most ${hostileLength}`,
    );
  }
  return new WordPiece({
    vocabulary,
    unknownId,
    continuingPrefix:
      typeof settings.continuing_subword_prefix === "string" ? settings.continuing_subword_prefix : "##",
    maxWordLength,
  });
}

function buildBpe({ vocabulary, merges, settings }: Model): WordModel {
  requireShort(vocabulary.keys());
  const { unk_token: unknown = null } = settings;
  if (unknown !== null && typeof unknown !== "string") {
    throw new HpdError("corrupt_file", `tokenizer.json: unk_token of a BPE model is ${describe(unknown)}`);
  }
  const byteIds = settings.byte_fallback === true ? byteIdsOf(vocabulary) : undefined;
  const unknownId = unknown === null ? undefined : vocabulary.get(unknown);
  // With the letters of all bytes no letter is unknown where words are spelled in them, as RoBERTa's are.
  if (!byteLetters().every((letter) => vocabulary.has(letter))) {
    if (unknown !== null && unknownId === undefined && byteIds === undefined) {
      throw new HpdError("invalid_model", `the unk_token ${describe(unknown)} of a BPE model is not in its vocabulary`);
    }
    const apart = new Set([...(byteIds === undefined ? [] : byteSpellings()), ...(unknown === null ? [] : [unknown])]);
    const merge = merges.find((parts) => parts.some((part) => apart.has(part)));
    if (merge !== undefined) {
      throw new HpdError(
        "unsupported",
        `a BPE model that merges the token of unknown letters or of a byte, ${describe(merge)}, is not supported`,
      );
    }
  }
  return new BytePairEncoding({
    vocabulary,
    merges,
    ignoreMerges: settings.ignore_merges === true,
    unknownId,
    fuseUnknown: settings.fuse_unk === true,
    byteIds,
  });
}

/**
 * The ids of all bytes, or undefined where no byte has one.
 *
 * @throws HpdError `unsupported` where some have: Python takes the bytes of a letter or the unknown token then
 */
function byteIdsOf(vocabulary: ReadonlyMap<string, number>): readonly number[] | undefined {
  const tokens = byteSpellings();
  const ids = tokens.flatMap((token) => vocabulary.get(token) ?? []);
  if (ids.length === 0) return undefined;
  if (ids.length === tokens.length) return ids;
  throw new HpdError(
    "unsupported",
    `byte_fallback with tokens for ${ids.length} of the 256 bytes is not supported: ` +
      `${tokens.find((token) => !vocabulary.has(token))} is missing`,
  );
}

/** The spellings of the 256 bytes in the vocabularies of sentencepiece. */
function byteSpellings(): string[] {
  return Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
}

function buildUnigram({ pieces, settings }: Model): WordModel {
  const unknownId = settings.unk_id;
  if (typeof unknownId !== "number" || pieces[unknownId] === undefined) {
    throw new HpdError("invalid_model", `unk_id ${describe(unknownId)} is none of the ${pieces.length} pieces`);
  }
  requireShort(pieces.map(([piece]) => piece));
  const vocabulary = new Map(pieces.map(([piece], id) => [piece, id]));
  return new Unigram({
    pieces,
    unknownId,
    byteIds: settings.byte_fallback === true ? byteIdsOf(vocabulary) : undefined,
  });
}

function requireShort(pieces: Iterable<string>): void {
  for (const { length } of pieces) {
    if (length <= hostileLength) continue;
    throw new HpdError("unsupported", `a token of ${length} characters is not supported: at most ${hostileLength}`);
  }
}
