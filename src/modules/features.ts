/** The named values that flow through the modules, under the names of sentence-transformers. */
import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { input } from "../graph/build.ts";
import type { Node } from "../graph/node.ts";

export interface Features {
  /** Token ids: [batch, sequence] int32 */
  readonly input_ids: Node;
  /** 1 for a token, 0 for padding, which is on the right: [batch, sequence] float32 */
  readonly attention_mask: Node;
  /** Mask of pooling: `attention_mask` with 0 for the tokens of the prompt. */
  readonly prompt_mask: Node;
  /** Index of a token's text in a pair, 0 or 1, [batch, sequence] int32; present for pairs only. */
  readonly token_type_ids?: Node;
  /** [batch, sequence, hidden] */
  readonly token_embeddings?: Node;
  /** [batch, dimension] */
  readonly sentence_embedding?: Node;
  /** Other features, named by `module_output_name`. */
  readonly [name: string]: Node | undefined;
}

/** Python's names of features that are no embeddings. */
const reservedNames: ReadonlySet<unknown> = new Set([
  "all_layer_embeddings",
  "attention_mask",
  "cls_token_embeddings",
  "cu_seq_lens_q",
  "input_ids",
  "modality",
  "prompt_length",
  "prompt_mask",
  "seq_idx",
  "token_type_ids",
  "token_weights_sum",
]);

/** The names of the features that a module reads and writes. @throws HpdError `invalid_model`, `unsupported` */
export function featureNames(config: JsonObject, file: string): { input: string; output: string } {
  const { module_input_name: input = "sentence_embedding" } = config;
  const output = config.module_output_name ?? input;
  for (const [key, name] of Object.entries({ module_input_name: input, module_output_name: output })) {
    if (typeof name !== "string") {
      throw new HpdError("invalid_model", `${file}: ${key} should be a string, got ${describe(name)}`);
    }
    if (!reservedNames.has(name)) continue;
    throw new HpdError("unsupported", `${file}: ${key} is ${describe(name)}, which holds no embeddings`);
  }
  return { input: input as string, output: output as string };
}

/** The graph input of `token_type_ids`. */
export function typeFeature(): Node {
  return input("token_type_ids", "int32", ["batch", "sequence"]);
}

/** The graph inputs of the first module. */
export function inputFeatures(): Pick<Features, "input_ids" | "attention_mask" | "prompt_mask"> {
  return {
    input_ids: input("input_ids", "int32", ["batch", "sequence"]),
    attention_mask: input("attention_mask", "float32", ["batch", "sequence"]),
    prompt_mask: input("prompt_mask", "float32", ["batch", "sequence"]),
  };
}
