/** The `model` section of tokenizer.json, or the older files in its place. */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import type { ClassRecipe } from "./class-recipe.ts";
import type { TokenizerFiles } from "./tokenizer-files.ts";
import { sectionKeys } from "./tokenizer-keys.ts";
import {
  type Merge,
  readMerges,
  readUnigramPieces,
  readVocabularyFiles,
  readVocabularyObject,
} from "./vocabulary-files.ts";

export interface Model {
  readonly kind: "WordPiece" | "BPE" | "Unigram";
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Merges of a BPE by rank; empty for other models. */
  readonly merges: readonly Merge[];
  /** `[piece, score]` of a Unigram by id; empty for other models. */
  readonly pieces: readonly (readonly [string, number])[];
  /** The other keys of tokenizer.json's model. */
  readonly settings: JsonObject;
}

/**
 * @param recipe of the tokenizer class; undefined if tokenizer.json is used unchanged
 * @throws HpdError `not_found` without a vocabulary, `corrupt_file`, `invalid_model` or `unsupported` for what it holds
 */
export function readModel(
  files: TokenizerFiles,
  tokenizerJson: JsonObject | undefined,
  recipe: Pick<ClassRecipe, "kind" | "vocabularyFiles"> | undefined,
): Model {
  const expected = recipe?.kind;
  if (tokenizerJson === undefined) {
    const read = recipe?.vocabularyFiles && readVocabularyFiles(files, recipe.vocabularyFiles);
    if (read) return { kind: expected!, ...read, pieces: [], settings: {} };
    throw new HpdError(
      "not_found",
      "the model has no vocabulary that can be read. Expected tokenizer.json; or vocab.txt for BERT and MPNet; or " +
        "vocab.json and merges.txt for RoBERTa and Qwen. In Python, AutoTokenizer.from_pretrained(...).save_pretrained(...) " +
        "writes a tokenizer.json",
    );
  }
  const settings = tokenizerJson.model;
  if (!isObject(settings)) {
    throw new HpdError("corrupt_file", `tokenizer.json: model should be an object, got ${describe(settings)}`);
  }
  // Files of the first versions leave the type out.
  const type =
    settings.type ?? (Array.isArray(settings.vocab) ? "Unigram" : settings.merges === undefined ? "WordPiece" : "BPE");
  if (type !== "WordPiece" && type !== "BPE" && type !== "Unigram") {
    throw new HpdError(
      "unsupported",
      `the model of tokenizer.json should be WordPiece, BPE or Unigram, got ${describe(type)}`,
    );
  }
  if (expected !== undefined && type !== expected) {
    throw new HpdError(
      "invalid_model",
      `tokenizer.json holds a ${type} model and the tokenizer class needs ${expected}. ` +
        "Correct tokenizer_class in tokenizer_config.json: PreTrainedTokenizerFast uses tokenizer.json unchanged",
    );
  }
  // The tokenizer classes take the vocabulary and the merges alone.
  if (expected === undefined) checkKeys(settings, sectionKeys.model[type], `tokenizer.json: model ${type}`);
  if (type === "Unigram") {
    const pieces = readUnigramPieces(settings.vocab);
    return { kind: type, pieces, merges: [], vocabulary: new Map(pieces.map(([piece], id) => [piece, id])), settings };
  }
  const vocabulary = readVocabularyObject(settings.vocab, "tokenizer.json: model.vocab");
  const merges = type === "BPE" ? readMerges(settings.merges, "tokenizer.json: model.merges", vocabulary) : [];
  return { kind: type, vocabulary, merges, pieces: [], settings };
}
