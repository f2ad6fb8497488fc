/**
 * The file names of a Transformer module's config, in the order of sentence-transformers: the first that exists and is
 * not empty is used.
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
