/**
 * Keys of config.json whose values transformers 5 takes only as floats: it refuses 2 where it would take 2.0, and in
 * JavaScript both are one. Source: the types of its configs' fields.
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

const wholeNumber = new RegExp(`^(\\s*"(?:${floatKeys.join("|")})": -?\\d+)(?=,?$)`, "gm");

/** @param text JSON with a line for each key */
export function withFloats(text: string): string {
  return text.replace(wholeNumber, "$1.0");
}
