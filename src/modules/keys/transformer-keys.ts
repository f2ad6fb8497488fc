/**
 * The keys of a transformer's config.json. Source: transformers 5.23, `PreTrainedConfig`, the config and modelling code
 * of each architecture, and what `from_pretrained` reads. Python keeps any other key and nothing reads it.
 */
import { ignored, type KeyRule, read } from "../../common/key-table.ts";

/** The reason to refuse `is_causal`: Python has no mask for texts without padding, whose attention then goes by the config. */
export const causalWithoutPadding = "Python would attend causally where texts are of one length, else both ways";

/** Keys of all architectures. */
export const commonKeys: Readonly<Record<string, KeyRule>> = {
  ...read("model_type", "vocab_size", "max_position_embeddings", "architectures", "dtype", "torch_dtype"),
  ...read("auto_map", "tokenizer_class"),
  ...ignored("the tokenizer's own pad token counts", "pad_token_id"),
  ...ignored(
    "the tokenizer's own tokens count",
    "bos_token_id",
    "eos_token_id",
    "sep_token_id",
    "decoder_start_token_id",
  ),
  ...ignored("for training", "initializer_range", "problem_type", "gradient_checkpointing", "tie_word_embeddings"),
  ...ignored("for heads", "id2label", "label2id", "num_labels", "finetuning_task", "classifier_dropout"),
  ...ignored("what else is given back", "output_hidden_states", "output_attentions", "return_dict", "use_cache"),
  ...ignored("how, not what is computed", "chunk_size_feed_forward", "attn_implementation", "_attn_implementation"),
  ...ignored("a note", "transformers_version", "_name_or_path", "name_or_path", "task_specific_params"),
  ...ignored("of decoders", "is_encoder_decoder", "use_bidirectional_attention"),
  is_causal: { only: [null, false], because: causalWithoutPadding },
  ...ignored("of mixtures of experts", "experts_implementation", "_experts_implementation"),
  quantization_config: { only: [null], because: "its weights are quantized, and no quantized weights are read here" },
  compression_config: { only: [null], because: "its weights are quantized, and no quantized weights are read here" },
  per_layer_config: { only: [null], because: "its layers differ from each other" },
  configuration_files: { only: [null], because: "another config.json would be read" },
  base_model_tp_plan: { ignored: "how, not what is computed" },
};

const layerKeys = read(
  "num_hidden_layers",
  "hidden_size",
  "num_attention_heads",
  "intermediate_size",
  "hidden_act",
  "layer_norm_eps",
);

const decoderKeys: Readonly<Record<string, KeyRule>> = {
  is_decoder: { only: [null, false], because: "only encoders make sentence embeddings here" },
  add_cross_attention: { only: [null, false], because: "only encoders make sentence embeddings here" },
};

/** Keys of BERT, RoBERTa and XLM-RoBERTa. */
export const bertKeys: Readonly<Record<string, KeyRule>> = {
  ...commonKeys,
  ...layerKeys,
  ...ignored("a text alone is all of type 0", "type_vocab_size"),
  ...ignored("for training", "hidden_dropout_prob", "attention_probs_dropout_prob"),
  ...decoderKeys,
  // transformers 5 knows no other, and would take the model for one with absolute positions.
  position_embedding_type: { only: [null, "absolute"], because: "positions are added to the embeddings" },
};

/** Keys of RoBERTa and XLM-RoBERTa. */
export const robertaKeys: Readonly<Record<string, KeyRule>> = { ...bertKeys, pad_token_id: "read" };

export const mpnetKeys: Readonly<Record<string, KeyRule>> = {
  ...commonKeys,
  ...layerKeys,
  ...ignored("for training", "hidden_dropout_prob", "attention_probs_dropout_prob"),
  ...ignored("of decoders", "is_decoder", "add_cross_attention", "is_causal"),
  relative_attention_num_buckets: { only: [32], because: "transformers computes with 32 whatever it says" },
};

export const distilbertKeys: Readonly<Record<string, KeyRule>> = {
  ...commonKeys,
  ...read("n_layers", "dim", "n_heads", "hidden_dim", "activation"),
  ...read("num_hidden_layers", "hidden_size", "num_attention_heads"),
  ...ignored("fixed in transformers, whatever it says", "layer_norm_eps"),
  ...ignored("positions are weights of the checkpoint either way", "sinusoidal_pos_embds"),
  ...ignored("for training", "dropout", "attention_dropout"),
  ...ignored("for heads", "qa_dropout", "seq_classif_dropout"),
  ...ignored("of decoders", "is_decoder", "add_cross_attention"),
};
