/**
 * The most tokens of one text, as sentence-transformers 6.2 decides (`Transformer.__init__`): `max_seq_length` of the
 * module config, in which the loader has put a `model_max_length` of its `processor_kwargs`; else `model_max_length` of
 * the tokenizer config, or `max_len` where it has no such key, at most `max_position_embeddings`. There the loader puts
 * the positions that a text can have: where Python would index past a table and raise an IndexError, texts are cut.
 */

import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";

/** @throws HpdError `invalid_model` where a length is not a positive integer or no file states one. */
export function effectiveMaxLength(module: JsonObject, tokenizerConfig: JsonObject, config: JsonObject): number {
  const explicit = length("max_seq_length", module.max_seq_length);
  const stated = length(
    "max_position_embeddings",
    config.max_position_embeddings === -1 ? undefined : config.max_position_embeddings,
  );
  const positions = stated ?? Number.POSITIVE_INFINITY;
  const name = tokenizerConfig.model_max_length === undefined ? "max_len" : "model_max_length";
  const wanted = explicit ?? length(name, tokenizerConfig[name]) ?? Number.POSITIVE_INFINITY;
  const result = Math.min(wanted, positions);
  // transformers writes 1e30 for "not known" and takes anything above 1e20 as that.
  if (result < 1e20) return result;
  throw new HpdError(
    "invalid_model",
    "the model states no maximum length: expected max_seq_length in sentence_bert_config.json, model_max_length in " +
      "tokenizer_config.json or max_position_embeddings in config.json. Add max_seq_length",
  );
}

function length(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new HpdError("invalid_model", `${name} should be a positive integer, got ${describe(value)}`);
}
