/**
 * The keys of config_sentence_transformers.json of a cross-encoder. Source: sentence-transformers 6.2, `CrossEncoder`.
 */
import { ignored, type KeyTable, read } from "../../common/key-table.ts";

export const crossEncoderConfigKeys: KeyTable = {
  keys: {
    ...read("prompts", "default_prompt_name", "activation_fn", "requirements"),
    ...ignored("a note", "__version__"),
    ...ignored("everything is computed in float32", "keep_in_fp32_modules"),
    model_type: {
      only: ["CrossEncoder"],
      because:
        "Python would put a new classification head with random weights on it; SentenceTransformer.load embeds texts",
    },
  },
  others: "ignored",
};
