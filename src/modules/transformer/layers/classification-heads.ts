/** Heads of several families. */
import type { Activation } from "../../../graph/activation.ts";
import * as graph from "../../../graph/build.ts";
import type { ClassificationHead } from "../family.ts";
import { linear } from "./scope.ts";

/**
 * A dense layer with an activation on the first token.
 *
 * @param dense its name: in the transformer, or beside it
 * @param drops whether training applies dropout to the input of the dense layer
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
