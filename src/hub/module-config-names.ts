/**
 * The names that the config of a Transformer module has had, in the order in which sentence-transformers looks for
 * them: the first one that is there and says something counts.
 */
export const moduleConfigNames: readonly string[] = [
  "sentence_bert_config.json",
  "sentence_roberta_config.json",
  "sentence_distilbert_config.json",
  "sentence_camembert_config.json",
  "sentence_albert_config.json",
  "sentence_xlm-roberta_config.json",
  "sentence_xlnet_config.json",
];
