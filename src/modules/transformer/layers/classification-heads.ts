/** Heads that several families have. */
import type { Activation } from "../../../graph/activation.ts";
import * as graph from "../../../graph/build.ts";
import type { ClassificationHead } from "../family.ts";
import { linear } from "./scope.ts";

/**
 * A dense layer with an activation on the first token.
 *
 * @param dense its name: in the transformer, or beside it
 * @param drops whether training drops some of what the dense layer takes
 */
export function firstTokenHead(
  classifier: string,
  dense: { readonly model: string } | { readonly root: string },
  activation: Activation,
  { drops = false } = {},
): ClassificationHead {
  return {
    classifier,
    build({ hiddenSize }, { model, root }, tokens, mask) {
      const first = graph.pool(tokens, mask, mask, "cls");
      const scope = "model" in dense ? model.at(dense.model) : root.at(dense.root);
      const layer = linear(scope, hiddenSize, hiddenSize);
      return graph.activation(layer(drops ? graph.dropout(first) : first), activation);
    },
  };
}
