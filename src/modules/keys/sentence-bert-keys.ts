/**
 * The keys of sentence_bert_config.json and of the objects in it. Source: sentence-transformers 6.2,
 * `Transformer.__init__` and `Transformer._load_init_kwargs`, which refuse what they don't know.
 */
import { ignored, type KeyTable, read } from "../../common/key-table.ts";

/** Keys of all `..._kwargs` for the location of a file, which the loader decides. */
const locations = ignored(
  "sentence-transformers puts its own in their place",
  "cache_dir",
  "local_files_only",
  "revision",
  "subfolder",
  "token",
  "trust_remote_code",
);
const downloads = ignored("about downloads", "force_download", "proxies", "resume_download", "code_revision");

export const sentenceBertKeys: KeyTable = {
  keys: {
    ...read(
      "max_seq_length",
      "do_lower_case",
      "transformer_task",
      "modality_config",
      "module_output_name",
      "processing_kwargs",
      "query_length",
      "document_length",
      "query_expansion",
      "model_kwargs",
      "model_args",
      "processor_kwargs",
      "tokenizer_args",
      "config_kwargs",
      "config_args",
    ),
    ...ignored("texts are packed without padding for speed alone", "unpad_inputs"),
    ...ignored("sentence-transformers puts its own in their place", "backend", "cache_dir"),
    tokenizer_name_or_path: { only: [null], because: "the tokenizer of another model would be used" },
  },
  others: "refused",
};

/** Arguments of `AutoModel.from_pretrained`. */
export const modelKwargsKeys: KeyTable = {
  keys: {
    ...locations,
    ...downloads,
    ...ignored("how, not what is computed", "attn_implementation", "device_map", "low_cpu_mem_usage", "weights_only"),
    ...ignored("of no use to a sentence embedding", "add_pooling_layer"),
    dtype: { only: [null, "float32", "auto"], because: "the network would compute in another element type" },
    torch_dtype: { only: [null, "float32", "auto"], because: "the network would compute in another element type" },
    ...ignored("weights of another shape are refused either way", "ignore_mismatched_sizes"),
    variant: { only: [null], because: "other weight files would be read" },
    quantization_config: { only: [null], because: "the weights would be quantized" },
    output_loading_info: { only: [false], because: "no model could be made" },
    use_safetensors: { only: [null, true], because: "other weight files would be read" },
  },
  others: "refused",
};

/** Arguments of `AutoTokenizer.from_pretrained`, which override the keys of tokenizer_config.json. */
export const tokenizerKwargsKeys: KeyTable = {
  keys: {
    ...locations,
    ...downloads,
    ...read(
      "model_max_length",
      "do_lower_case",
      "strip_accents",
      "tokenize_chinese_chars",
      "add_prefix_space",
      "truncation_side",
      "padding_side",
      "split_special_tokens",
    ),
    ...ignored("every tokenizer is fast since transformers 5", "use_fast", "from_slow", "legacy"),
    ...ignored(
      "for calls of the tokenizer, not for its making",
      "max_length",
      "padding",
      "truncation",
      "stride",
      "pad_to_multiple_of",
    ),
    ...ignored("about decoding", "clean_up_tokenization_spaces"),
  },
  others: "refused",
};

/**
 * Arguments of `AutoConfig.from_pretrained`, which override the keys of config.json, whose table is applied afterwards.
 */
export const configKwargsKeys: KeyTable = {
  keys: {
    ...locations,
    ...downloads,
    _configuration_file: { only: [null], because: "another config.json would be read" },
    gguf_file: { only: [null], because: "another format would be read" },
    model_type: { only: [], because: "the model would be taken for one of another architecture" },
    return_unused_kwargs: { only: [null, false], because: "no model could be made" },
  },
  others: "ignored",
};

/** Arguments of calls of the tokenizer. `common` overrides `text`. */
export const processingKeys: KeyTable = {
  keys: {
    ...read("text", "common"),
    ...ignored("not about plain text", "audio", "image", "video", "chat_template"),
  },
  others: "ignored",
};

export const textProcessingKeys: KeyTable = {
  keys: {
    ...read("max_length", "padding", "truncation"),
    ...ignored(
      "of no use to a sentence embedding",
      "logits_to_keep",
      "return_length",
      "return_offsets_mapping",
      "return_special_tokens_mask",
      "verbose",
    ),
    ...ignored("a text alone is all of type 0", "return_token_type_ids"),
    ...ignored("for long texts that become several", "stride"),
    add_special_tokens: { only: [true], because: "texts would have no special tokens around them" },
    is_split_into_words: { only: [false], because: "texts would be lists of words" },
    pad_to_multiple_of: { only: [null], because: "texts are padded to the longest of a batch" },
    padding_side: { only: [null, "right"], because: "positions would be counted from the padding" },
    return_attention_mask: { only: [null, true], because: "padding would be attended to" },
    return_overflowing_tokens: { only: [false], because: "a long text would become several" },
    return_tensors: { only: ["pt"], because: "the network takes tensors" },
    split_special_tokens: { only: [null, false], because: "special tokens would be split" },
    tokenizer_kwargs: { only: [null], because: "the tokenizer would be given what is not known here" },
    text_pair: { only: [null], because: "texts would be pairs" },
    text_pair_target: { only: [null], because: "texts would be pairs" },
    text_target: { only: [null], because: "texts would be pairs" },
  },
  others: "ignored",
};

/** The same arguments where texts are pairs, as far as they change pairs alone. */
export const pairProcessingKeys: KeyTable = {
  keys: {
    return_token_type_ids: {
      only: [null],
      because: "the network would be told which text a token is of, or not, whatever the tokenizer says",
    },
    truncation: {
      only: [true, "longest_first", false, null, "do_not_truncate"],
      because: "one of the two texts alone would be cut",
    },
  },
  others: "ignored",
};
