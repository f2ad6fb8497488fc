/**
 * Keys of config.json whose values transformers 5 accepts only as floats: it refuses 2 instead of 2.0, which are the
 * same in JavaScript. Source: the types of its configs' fields.
 */
export const floatKeys = [
  "attention_probs_dropout_prob",
  "attn_logit_softcapping",
  "classifier_dropout",
  "final_logit_softcapping",
  "hidden_dropout_prob",
  "initializer_cutoff_factor",
  "initializer_factor",
  "initializer_range",
  "layer_norm_eps",
  "layer_norm_epsilon",
  "norm_eps",
  "rms_norm_eps",
] as const;

const integer = new RegExp(`^(\\s*"(?:${floatKeys.join("|")})": -?\\d+)(?=,?$)`, "gm");

/** Writes integers of these keys as floats. @param text JSON with a line for each key */
export function withFloats(text: string): string {
  return text.replace(integer, "$1.0");
}
