/** The keys of config_sentence_transformers.json. Source: sentence-transformers 6.2, `BaseModel._load_modules`. */
import { ignored, type KeyTable, read } from "../../common/key-table.ts";

export const modelConfigKeys: KeyTable = {
  keys: {
    ...read("prompts", "default_prompt_name", "similarity_fn_name", "truncate_dim", "requirements"),
    ...ignored("a note", "__version__"),
    model_type: {
      only: ["SentenceTransformer"],
      because:
        "a model of that kind gives something else than one embedding a text (hpd/cross-encoder is for a CrossEncoder, " +
        "hpd/sparse-encoder for a SparseEncoder)",
    },
  },
  others: "ignored",
};
