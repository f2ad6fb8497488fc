/** The `model` section of tokenizer.json as a function from one pre-tokenized word to ids. */
import * as library from "@huggingface/tokenizers";
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { WordModel } from "./pipeline-tokenizer.ts";
import { byteLetters } from "./pre-tokenizers.ts";
import type { Model } from "./tokenizer-parts.ts";
import { Unigram } from "./unigram.ts";
import { WordPiece } from "./word-piece.ts";

/** Far above what real models have, and low enough that no file makes a word take minutes. */
const hostileLength = 1000;

/** The merge loop of the library; its type declarations do not resolve under NodeNext, so its shape is told here. */
const { BPE } = library as unknown as { BPE: new (config: object) => { bpe(word: string): string[] } };

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
  const unknownId = vocabulary.get(String(settings.unk_token));
  if (unknownId === undefined) {
    throw new HpdError(
      "invalid_model",
      `the unknown token ${describe(settings.unk_token)} is not in the vocabulary of ${vocabulary.size} tokens`,
    );
  }
  const maxWordLength = settings.max_input_chars_per_word ?? 100;
  if (typeof maxWordLength !== "number" || maxWordLength > hostileLength) {
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
  for (const name of ["dropout", "continuing_subword_prefix", "end_of_word_suffix"]) {
    if (settings[name] === undefined || settings[name] === null || settings[name] === "") continue;
    throw new HpdError("unsupported", `a BPE model with ${name} ${describe(settings[name])} is not supported`);
  }
  const bpe = new BPE({ vocab: {}, merges });
  const whole = settings.ignore_merges === true;
  return {
    longestPiece: longest(vocabulary.keys()),
    encode: (word) => {
      const id = whole ? vocabulary.get(word) : undefined;
      return id === undefined ? bpe.bpe(word).map((piece) => vocabulary.get(piece)!) : [id];
    },
  };
}

function buildUnigram({ pieces, settings }: Model): WordModel {
  const unknownId = settings.unk_id;
  if (typeof unknownId !== "number" || pieces[unknownId] === undefined) {
    throw new HpdError("invalid_model", `unk_id ${describe(unknownId)} is none of the ${pieces.length} pieces`);
  }
  if (settings.byte_fallback === true) {
    throw new HpdError("unsupported", "a Unigram model with byte_fallback is not supported");
  }
  const unigram = new Unigram({ pieces, unknownId });
  if (unigram.longestPiece <= hostileLength) return unigram;
  throw new HpdError(
    "unsupported",
    `a Unigram piece of ${unigram.longestPiece} characters is not supported: at most ${hostileLength}`,
  );
}

function longest(pieces: Iterable<string>): number {
  let length = 1;
  for (const piece of pieces) length = Math.max(length, piece.length);
  return length;
}
