/** Tokenizers whose padding is on the left in Python; here it is always on the right. */
import { HpdError } from "../errors.ts";
import type { AnyInput } from "../modules/input-module.ts";
import type { ModelTokenizer } from "../tokenizer/build-tokenizer.ts";

/**
 * Refuses a tokenizer with left padding where that changes embeddings. Every pooling finds the tokens by the mask, in
 * Python too, so that only absolute positions make a difference.
 *
 * @throws HpdError `unsupported` for absolute positions with left padding
 */
export function requireSameWithLeftPadding({ paddingSide }: ModelTokenizer, input: AnyInput, name: string): void {
  if (paddingSide === "right" || input.kind !== "Transformer") return;
  const { family, parsed } = input.module.transformerConfig;
  if (parsed.positions.kind !== "absolute") return;
  throw new HpdError(
    "unsupported",
    `${name}: padding on the left is not supported for a ${family.className}: the positions of the tokens would change ` +
      'with the batch. Set padding_side in tokenizer_config.json to "right"',
  );
}
