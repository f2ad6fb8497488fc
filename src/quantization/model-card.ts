import type { QuantizeResult } from "./options.ts";

/** The end of a quantized model's card, below the text of the model that it was made from. */
export function cardNote(
  model: string,
  { calibrated, measured, cosine, products }: Pick<QuantizeResult, "calibrated" | "measured" | "cosine" | "products">,
): string {
  const left = products.filter(({ dtype }) => dtype === "fp32").flatMap(({ weights }) => weights);
  return `## int8

Made from \`${model}\` by \`hpd quantize\`. Weights are int8 with a scale for each output channel, activations uint8 with
ranges from ${calibrated} texts; where few tokens have far larger numbers than all others, each token has a unit of its
own. Over ${measured} others the embeddings have a mean cosine of ${cosine.mean.toFixed(5)} to those in float32, the lowest is ${cosine.lowest.toFixed(4)}.${left.length === 0 ? "" : ` In float32 are ${left.join(", ")}.`}

\`hpd\` loads this folder as any other. Python does not: its weights are in \`model.int8.safetensors\`, which
sentence-transformers doesn't know; there, use the model that it was made from.
`;
}
