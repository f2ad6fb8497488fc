/** The named values that flow through the modules, under the words of sentence-transformers. */
import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { input } from "../graph/build.ts";
import type { Node } from "../graph/node.ts";

export interface Features {
  /** Token ids: [batch, sequence] int32 */
  readonly input_ids: Node;
  /** 1 for a token, 0 for padding, which is on the right: [batch, sequence] float32 */
  readonly attention_mask: Node;
  /** As `attention_mask`, with 0 for the tokens of the prompt as well. */
  readonly prompt_mask: Node;
  /** Which of two texts a token belongs to, 0 or 1, [batch, sequence] int32; there where texts come in pairs. */
  readonly token_type_ids?: Node;
  /** [batch, sequence, hidden] */
  readonly token_embeddings?: Node;
  /** [batch, dimension] */
  readonly sentence_embedding?: Node;
  /** Whatever else a module was told to write. */
  readonly [name: string]: Node | undefined;
}

/** Names under which Python keeps what is no embedding, and what changes how others are made. */
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

/** The names that a module reads and writes, of its config. @throws HpdError `invalid_model`, `unsupported` */
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

/** Which of two texts a token belongs to, as an input of a graph. */
export function typeFeature(): Node {
  return input("token_type_ids", "int32", ["batch", "sequence"]);
}

/** What the first module reads, as inputs of a graph. Ids have 32 bits: encoding keeps them so. */
export function inputFeatures(): Pick<Features, "input_ids" | "attention_mask" | "prompt_mask"> {
  return {
    input_ids: input("input_ids", "int32", ["batch", "sequence"]),
    attention_mask: input("attention_mask", "float32", ["batch", "sequence"]),
    prompt_mask: input("prompt_mask", "float32", ["batch", "sequence"]),
  };
}
