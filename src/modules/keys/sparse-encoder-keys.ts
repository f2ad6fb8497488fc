/**
 * The keys of config_sentence_transformers.json of a sparse encoder. Source: sentence-transformers 6.2,
 * `SparseEncoder._parse_model_config`.
 */
import { ignored, type KeyTable, read } from "../../common/key-table.ts";

export const sparseEncoderConfigKeys: KeyTable = {
  keys: {
    ...read("prompts", "default_prompt_name", "similarity_fn_name", "max_active_dims", "requirements"),
    ...ignored("a note", "__version__"),
    model_type: {
      only: ["SparseEncoder"],
      because:
        "Python would put a new SparseAutoEncoder with random weights on it; SentenceTransformer.load embeds texts",
    },
  },
  others: "ignored",
};
