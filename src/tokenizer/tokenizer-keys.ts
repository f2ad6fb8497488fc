/**
 * The keys of the tokenizer's files and the rule of each. Sources: transformers 5.23
 * (`PreTrainedTokenizerBase`, `TokenizersBackend` and its classes), sentence-transformers 6.2 (`Transformer`), the
 * sections of tokenizer.json in `tokenizers` 0.23. Keys of no table are ignored there too.
 */
import { ignored, type KeyTable, read } from "../common/key-table.ts";

const otherFile = "the tokenizer would be made of something else than the folder's files";

export const standardTokenNames = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

export const tokenizerConfigKeys: KeyTable = {
  keys: {
    ...read("tokenizer_class", "model_max_length", "max_len", "model_input_names"),
    ...read("do_lower_case", "strip_accents", "tokenize_chinese_chars", "add_prefix_space"),
    ...read("keep_accents", "split_by_punct", "extra_ids", "unk_id", "legacy"),
    ...read("truncation_side", "padding_side", "split_special_tokens"),
    ...read(...standardTokenNames, "extra_special_tokens", "additional_special_tokens"),
    ...read("model_specific_special_tokens", "added_tokens_decoder"),
    ...ignored("a plain folder with one is refused; with modules.json, texts stay texts", "chat_template"),
    auto_map: {
      only: [null],
      because:
        "the folder's own Python code would be run. Remove the key where tokenizer.json holds the same tokenizer",
    },
    trust_remote_code: { only: [null, false], because: "tokenizer.json would be read in another way. Remove the key" },
    processor_class: { only: [null], because: "another processor would be made than a tokenizer" },
    init_inputs: { only: [null, false, 0, ""], because: "they would be taken for arguments of the tokenizer's class" },
    fast_tokenizer_files: { only: [null], because: otherFile },
    vocab: { only: [null], because: otherFile },
    merges: { only: [null], because: otherFile },
    tokenizer_object: { only: [null], because: otherFile },
    gguf_file: { only: [null], because: otherFile },
    post_processor: { only: [null], because: otherFile },
    tokenizer_truncation: { only: [null], because: otherFile },
    tokenizer_padding: { only: [null], because: otherFile },
    _json_truncation: { only: [null], because: otherFile },
    _json_padding: { only: [null], because: otherFile },
    _spm_precompiled_charsmap: { only: [null], because: otherFile },
    ...ignored(
      "tokenizer.json or the tokenizer's class says what goes around a text",
      "add_bos_token",
      "add_eos_token",
    ),
    ...ignored("every tokenizer is fast since transformers 5", "use_fast", "from_slow", "backend"),
    ...ignored(
      "of tokenizers in Python alone",
      "do_basic_tokenize",
      "never_split",
      "wordpieces_prefix",
      "sp_model_kwargs",
    ),
    ...ignored("about decoding", "clean_up_tokenization_spaces", "errors", "decoder"),
    ...ignored("about offsets", "trim_offsets"),
    ...ignored("for calls of the tokenizer", "max_length", "stride", "truncation_strategy", "truncation", "padding"),
    ...ignored("for calls of the tokenizer", "pad_to_multiple_of", "pad_token_type_id", "return_token_type_ids"),
    ...ignored("where files lay once", "name_or_path", "special_tokens_map_file", "tokenizer_file", "vocab_file"),
    ...ignored("where files lay once", "merges_file", "added_tokens_file", "is_local", "local_files_only"),
    ...ignored("never read", "vocab_size", "max_len_single_sentence", "transformers_version", "verbose", "lowercase"),
    ...ignored(
      "about chats",
      "use_default_system_prompt",
      "response_template",
      "response_schema",
      "chat_control_tokens",
    ),
    ...ignored("for another model", "fix_mistral_regex", "files_loaded", "mistral_format", "tokenizer_type"),
    ...ignored("about downloads", "_commit_hash", "_from_auto", "_from_pipeline", "cache_dir", "code_revision"),
    ...ignored("about downloads", "commit_message", "proxies", "repo_id", "revision", "subfolder", "token"),
    ...ignored(
      "for the training of a tokenizer",
      "continuing_subword_prefix",
      "end_of_word_suffix",
      "initial_alphabet",
    ),
    ...ignored("of a tokenizer without files", "tokenizer", "slow_tokenizer_class"),
    ...ignored("for other calls", "add_generation_prompt", "config", "device_map", "max_target_length"),
    ...ignored("for other calls", "sanitize_control_tokens", "save_jinja_files", "use_source_tokenizer"),
  },
  others: "ignored",
};

export const tokenizerJsonKeys: KeyTable = {
  keys: {
    ...read("truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "model"),
    ...ignored("the only one", "version"),
    ...ignored("from ids to text", "decoder"),
  },
  others: "ignored",
};

export const truncationKeys: KeyTable = {
  keys: {
    ...read("direction"),
    ...ignored("sentence-transformers gives its own", "max_length", "strategy", "stride"),
  },
  others: "ignored",
};

export const paddingKeys: KeyTable = {
  keys: {
    ...read("pad_token", "direction"),
    ...ignored("sentence-transformers pads to the longest text", "strategy", "pad_to_multiple_of"),
    ...ignored("padding never reaches an embedding", "pad_id", "pad_type_id"),
  },
  others: "ignored",
};

/** The keys by section of tokenizer.json and the type in it; a type that is not here is not supported. */
export const sectionKeys = {
  normalizer: {
    Sequence: table("normalizers"),
    BertNormalizer: table("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"),
    Lowercase: table(),
    NFC: table(),
    NFD: table(),
    NFKC: table(),
    NFKD: table(),
    Precompiled: table("precompiled_charsmap"),
    Replace: table("pattern", "content"),
    Prepend: table("prepend"),
    Strip: table("strip_left", "strip_right"),
    StripAccents: table(),
  },
  pre_tokenizer: {
    Sequence: table("pretokenizers"),
    BertPreTokenizer: table(),
    WhitespaceSplit: table(),
    Metaspace: withKeys(
      table("replacement", "prepend_scheme", "add_prefix_space", "split"),
      ignored("never read", "str_rep"),
    ),
    ByteLevel: withKeys(table("add_prefix_space", "use_regex"), ignored("about offsets", "trim_offsets")),
    Split: table("pattern", "behavior", "invert"),
    Punctuation: table("behavior"),
    Digits: table("individual_digits"),
  },
  post_processor: {
    Sequence: table("processors"),
    BertProcessing: table("sep", "cls"),
    RobertaProcessing: withKeys(table("sep", "cls"), ignored("about offsets", "trim_offsets", "add_prefix_space")),
    ByteLevel: withKeys(table(), ignored("about offsets", "trim_offsets", "add_prefix_space", "use_regex")),
    TemplateProcessing: table("single", "pair", "special_tokens"),
  },
  model: {
    WordPiece: table("vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"),
    BPE: withKeys(table("vocab", "merges", "ignore_merges", "unk_token", "fuse_unk", "byte_fallback"), {
      dropout: { only: [null, 0], because: "merges would be left out at random" },
      continuing_subword_prefix: { only: [null, ""], because: "pieces would be spelled in another way" },
      end_of_word_suffix: { only: [null, ""], because: "pieces would be spelled in another way" },
    }),
    Unigram: table("vocab", "unk_id", "byte_fallback"),
  },
} as const satisfies Record<string, Record<string, KeyTable>>;

function table(...keys: string[]): KeyTable {
  return { keys: read("type", ...keys), others: "ignored" };
}

function withKeys(base: KeyTable, keys: KeyTable["keys"]): KeyTable {
  return { keys: { ...base.keys, ...keys }, others: base.others };
}
