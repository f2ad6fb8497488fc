/**
 * The keys of config.json of the encoders with rotary positions. Source: transformers 5.23, and for the keys of
 * NomicBERT's and GTE's own code text-embeddings-inference, `backends/candle/src/models`, and Alibaba-NLP/new-impl.
 */
import { ignored, type KeyRule, read } from "../../common/key-table.ts";
import { commonKeys } from "./transformer-keys.ts";

const rotaryKeys: Readonly<Record<string, KeyRule>> = {
  ...commonKeys,
  ...read("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "rope_parameters"),
  partial_rotary_factor: { only: [null, 1], because: "a part of each head would not be rotated" },
};

const bertNames: Readonly<Record<string, KeyRule>> = {
  ...read("hidden_act", "layer_norm_eps", "rope_scaling", "rope_theta"),
  ...ignored("for training", "hidden_dropout_prob", "attention_probs_dropout_prob"),
};

const off = (because: string): KeyRule => ({ only: [null, false], because });

export const nomicBertKeys: Readonly<Record<string, KeyRule>> = {
  ...rotaryKeys,
  ...bertNames,
  ...read("head_dim", "n_embd", "n_layer", "n_head", "n_inner", "n_positions", "layer_norm_epsilon", "rotary_emb_base"),
  ...ignored("a text alone is all of type 0", "type_vocab_size"),
  activation_function: { only: ["swiglu"], because: "the feed-forward has a gate whose activation is silu" },
  rotary_emb_fraction: { only: [1], because: "each head is rotated as a whole" },
  rotary_emb_interleaved: off("the halves of a head are rotated together, not neighbours"),
  rotary_emb_scale_base: { only: [null], because: "queries and keys would be scaled by positions" },
  rotary_scaling_factor: { only: [null], because: "frequencies would depend on the longest text of a batch" },
  rotary_head_dim: off("other elements would be rotated"),
  prenorm: off("norms come after attention and feed-forward"),
  parallel_block: off("attention and feed-forward come one after the other"),
  use_rms_norm: off("norms are LayerNorms"),
  norm_mlp: off("the feed-forward has no norm of its own"),
  causal: off("tokens see those after them"),
  qkv_proj_bias: off("transformers' class has no such biases"),
  mlp_fc1_bias: off("transformers' class has no such biases"),
  mlp_fc2_bias: off("transformers' class has no such biases"),
  scale_attn_weights: { only: [null, true], because: "scores are divided by the root of the width of a head" },
  scale_attn_by_inverse_layer_idx: off("scores are divided by the root of the width of a head alone"),
  num_heads_kv: { only: [null], because: "every head has keys and values of its own" },
  ffn_div: { only: [null, 1], because: "the feed-forward is as wide as n_inner says" },
  ...read("num_experts", "moe_every_n_layers"),
  ...ignored("of mixtures of experts", "moe_top_k", "moe_impl", "num_shared_experts", "moe_resid_pdrop"),
  ...ignored("of mixtures of experts", "moe_normalize_expert_weights", "expert_choice_router", "router_aux_loss_coef"),
  ...ignored("of parallel blocks", "parallel_block_tied_norm"),
  ...ignored("for training", "attn_pdrop", "embd_pdrop", "resid_pdrop", "max_trained_positions"),
  ...ignored("how, not what is computed", "use_flash_attn", "fused_bias_fc", "fused_dropout_add_ln", "use_xentropy"),
  ...ignored("how, not what is computed", "reorder_and_upcast_attn", "dense_seq_output", "last_layer_subset"),
  ...ignored("the vocabulary's size is that of the weights", "pad_vocab_size_multiple"),
  ...ignored("for heads", "add_pooling_layer", "summary_type", "summary_use_proj", "summary_activation"),
  ...ignored("for heads", "summary_first_dropout", "summary_proj_to_labels"),
};

/** Keys of GTE, also of the model type `new`. */
export const gteKeys: Readonly<Record<string, KeyRule>> = {
  ...rotaryKeys,
  ...bertNames,
  ...read("type_vocab_size"),
  head_dim: { only: [null], because: "heads are as wide as hidden_size and their number say" },
  position_embedding_type: { only: [null, "rope"], because: "positions are rotary" },
  layer_norm_type: { only: [null, "layer_norm"], because: "norms are LayerNorms" },
  logn_attention_scale: off("queries would be scaled by the length of a text"),
  ...ignored("of logn_attention_scale", "logn_attention_clip1"),
  ...ignored("the names of the weights tell", "pack_qkv"),
  ...ignored("how, not what is computed", "unpad_inputs", "use_memory_efficient_attention"),
};

export const modernBertKeys: Readonly<Record<string, KeyRule>> = {
  ...rotaryKeys,
  ...read("hidden_activation", "norm_eps", "norm_bias", "attention_bias", "mlp_bias", "local_attention"),
  ...read("layer_types", "global_attn_every_n_layers", "global_rope_theta", "local_rope_theta"),
  rope_scaling: { only: [null], because: "it would change the rotary positions of both kinds of layers" },
  head_dim: { only: [null], because: "heads are as wide as hidden_size and their number say" },
  sliding_window: { only: [], because: "in Python it would win over local_attention, which is twice as much" },
  ...ignored("for training", "attention_dropout", "embedding_dropout", "mlp_dropout", "initializer_cutoff_factor"),
  ...read("classifier_activation", "classifier_bias", "classifier_pooling", "decoder_bias"),
  ...ignored("for training", "sparse_prediction", "sparse_pred_ignore_index"),
  ...ignored("how, not what is computed", "deterministic_flash_attn", "reference_compile", "repad_logits_with_grad"),
  ...ignored("the tokenizer's own tokens count", "cls_token_id"),
  ...ignored(
    "transformers' class reads norm_eps, and knows rotary positions alone",
    "layer_norm_eps",
    "position_embedding_type",
  ),
};
