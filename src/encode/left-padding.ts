/** Padding on the left, which Python does where a tokenizer asks for it: here a text's padding is always on its right. */
import { HpdError } from "../errors.ts";
import type { InputModule } from "../modules/input-module.ts";
import type { ModelTokenizer } from "../tokenizer/build-tokenizer.ts";

/**
 * Every pooling finds the tokens by the mask, in Python too, so that the positions alone can tell where padding is.
 *
 * @throws HpdError `unsupported` where padding before a text gives something else in Python than padding after it
 */
export function requireSameWithLeftPadding({ paddingSide }: ModelTokenizer, input: InputModule, name: string): void {
  if (paddingSide === "right" || input.kind !== "Transformer") return;
  const { family, parsed } = input.module.transformerConfig;
  if (parsed.positions.kind !== "absolute") return;
  throw new HpdError(
    "unsupported",
    `${name}: padding on the left is not supported for a ${family.className}: the positions of the tokens would change ` +
      'with the batch. Set padding_side in tokenizer_config.json to "right".',
  );
}
