/** The named values that flow through the modules, under the words of sentence-transformers. */
import { input } from "../graph/build.ts";
import type { Node } from "../graph/node.ts";

export interface Features {
  /** Token ids: [batch, sequence] int32 */
  readonly input_ids: Node;
  /** 1 for a token, 0 for padding, which is on the right: [batch, sequence] float32 */
  readonly attention_mask: Node;
  /** As `attention_mask`, with 0 for the tokens of the prompt as well. */
  readonly prompt_mask: Node;
  /** [batch, sequence, hidden] */
  readonly token_embeddings?: Node;
  /** [batch, dimension] */
  readonly sentence_embedding?: Node;
  /** Whatever else a module was told to write. */
  readonly [name: string]: Node | undefined;
}

/** What the first module reads, as inputs of a graph. Ids have 32 bits: encoding keeps them so. */
export function inputFeatures(): Pick<Features, "input_ids" | "attention_mask" | "prompt_mask"> {
  return {
    input_ids: input("input_ids", "int32", ["batch", "sequence"]),
    attention_mask: input("attention_mask", "float32", ["batch", "sequence"]),
    prompt_mask: input("prompt_mask", "float32", ["batch", "sequence"]),
  };
}
