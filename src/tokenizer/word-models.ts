/** The `model` section of tokenizer.json as a function from one pre-tokenized word to ids. */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { byteLetters } from "./byte-level.ts";
import { BytePairEncoding } from "./byte-pair-encoding.ts";
import type { WordModel } from "./pipeline-tokenizer.ts";
import type { Model } from "./tokenizer-parts.ts";
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
      return buildByteLevelBpe(model);
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

/** BPE over bytes only: every byte then has an id, and no word an unknown part. */
function buildByteLevelBpe({ vocabulary, merges, settings }: Model): WordModel {
  const missing = byteLetters().find((letter) => !vocabulary.has(letter));
  if (missing !== undefined) {
    throw new HpdError(
      "unsupported",
      `a BPE vocabulary without the letters of all 256 bytes (${describe(missing)} is missing) is not supported`,
    );
  }
  requireShort(vocabulary.keys());
  return new BytePairEncoding({ vocabulary, merges, ignoreMerges: settings.ignore_merges === true });
}

function buildUnigram({ pieces, settings }: Model): WordModel {
  const unknownId = settings.unk_id;
  if (typeof unknownId !== "number" || pieces[unknownId] === undefined) {
    throw new HpdError("invalid_model", `unk_id ${describe(unknownId)} is none of the ${pieces.length} pieces`);
  }
  requireShort(pieces.map(([piece]) => piece));
  return new Unigram({ pieces, unknownId });
}

function requireShort(pieces: Iterable<string>): void {
  for (const { length } of pieces) {
    if (length <= hostileLength) continue;
    throw new HpdError("unsupported", `a token of ${length} characters is not supported: at most ${hostileLength}`);
  }
}
