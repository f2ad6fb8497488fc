/** The network's inputs for pairs of texts, and checks of the tokenizer that makes them. */
import { HpdError } from "../errors.ts";
import { type AnyNode, type Graph, topologicalOrder } from "../graph/node.ts";
import { type Features, inputFeatures, typeFeature } from "../modules/features.ts";
import type { ModelTokenizer } from "../tokenizer/build-tokenizer.ts";

/** The largest type that the tokenizer gives a token of a pair. @throws HpdError where special tokens have no room */
function largestType(tokenizer: ModelTokenizer, maxLength: number): number {
  const { typeIds } = tokenizer.encodePair("a", "a", maxLength);
  return typeIds.reduce((most, id) => Math.max(most, id), 0);
}

/** The types of tokens are an input only where the tokenizer tells the two texts apart. */
export function pairFeatures(tokenizer: ModelTokenizer, maxLength: number): Features {
  return { ...inputFeatures(), ...(largestType(tokenizer, maxLength) > 0 && { token_type_ids: typeFeature() }) };
}

/** @throws HpdError `invalid_model` where the network looks up types of tokens, and has no row for one of them */
export function requireTypes(graph: Graph, tokenizer: ModelTokenizer, maxLength: number, name: string): void {
  const largest = largestType(tokenizer, maxLength);
  for (const { op, inputs } of topologicalOrder(graph)) {
    const ids = inputs[1] as AnyNode | undefined;
    if (op !== "gather" || ids?.op !== "input" || ids.attributes.name !== "token_type_ids") continue;
    const rows = inputs[0]!.shape[0] as number;
    if (largest < rows) continue;
    throw new HpdError(
      "invalid_model",
      `${name}: the tokenizer gives tokens the type ${largest}, but the model has ${rows} token types only`,
    );
  }
}

/** @throws HpdError `unsupported` */
export function requireRightPadding({ paddingSide }: ModelTokenizer, name: string): void {
  if (paddingSide !== "left") return;
  throw new HpdError(
    "unsupported",
    `${name}: a cross-encoder with padding on the left is not supported: Python would judge by the padding. ` +
      'Set padding_side in tokenizer_config.json to "right".',
  );
}
