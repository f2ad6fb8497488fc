/**
 * The keys of modules.json and of the config.json of each module but the transformer. Source: sentence-transformers
 * 6.2, whose modules refuse what they don't know, Dense and Normalize excepted.
 */
import { ignored, type KeyTable, read } from "../../common/key-table.ts";
import type { ModuleType } from "../module.ts";

/** The keys of an entry of modules.json. */
export const moduleEntryKeys: KeyTable = {
  keys: {
    ...read("type", "path", "name"),
    ...ignored("what else a call of encode may give the module", "kwargs", "idx"),
  },
  others: "ignored",
};

const initialWeights = "weights would be set before those of the checkpoint are";

export const moduleKeys: Readonly<Record<Exclude<ModuleType, "Transformer" | "StaticEmbedding">, KeyTable>> = {
  SpladePooling: {
    keys: {
      ...read("pooling_strategy", "activation_function"),
      ...ignored("it is the width of the logits", "embedding_dimension", "word_embedding_dimension"),
      ...ignored("how, not what is computed", "chunk_size"),
    },
    others: "refused",
  },
  SparseAutoEncoder: {
    keys: {
      ...read("input_dim", "hidden_dim", "k"),
      normalize: { only: [false], because: "embeddings would be standardized first" },
      ...ignored("for training", "k_aux", "dead_threshold"),
    },
    others: "refused",
  },
  SparseStaticEmbedding: {
    keys: {
      ...ignored("for training", "frozen"),
      path: { only: [null], because: "the weights would be those of a file elsewhere" },
    },
    others: "refused",
  },
  Pooling: {
    keys: read(
      "embedding_dimension",
      "word_embedding_dimension",
      "pooling_mode",
      "include_prompt",
      "pooling_mode_cls_token",
      "pooling_mode_max_tokens",
      "pooling_mode_mean_tokens",
      "pooling_mode_mean_sqrt_len_tokens",
      "pooling_mode_weightedmean_tokens",
      "pooling_mode_lasttoken",
    ),
    others: "refused",
  },
  Dense: {
    keys: {
      ...read("in_features", "out_features", "bias", "activation_function", "use_residual"),
      ...read("module_input_name", "module_output_name"),
      init_weight: { only: [null], because: initialWeights },
      init_bias: { only: [null], because: initialWeights },
    },
    others: "ignored",
  },
  Normalize: { keys: read("module_input_name", "module_output_name"), others: "ignored" },
  LayerNorm: { keys: read("dimension"), others: "refused" },
  Dropout: { keys: read("dropout"), others: "refused" },
  WordEmbeddings: {
    keys: { ...read("tokenizer_class", "max_seq_length"), ...ignored("for training", "update_embeddings") },
    others: "refused",
  },
};

/** Keys of router_config.json, or of the config.json of an Asym. */
export const routerKeys: KeyTable = { keys: read("types", "structure", "parameters"), others: "ignored" };

export const routerParameterKeys: KeyTable = {
  keys: read("default_route", "allow_empty_key", "route_mappings"),
  others: "refused",
};
