/** A function that training makes small. */
import type { Node } from "../../graph/node.ts";

export interface Loss {
  /** Whether it is a sum over sentences, so that parts of a batch can be computed apart. */
  readonly isPerSentence: boolean;
  /**
   * @param embeddings of the student: [batch, dimension]
   * @param targets [batch, dimension]
   * @param perSentence 1 / sentences of the whole batch: []
   * @returns a number
   */
  build(embeddings: Node, targets: Node, perSentence: Node): Node;
}
