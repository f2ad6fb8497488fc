/** Padding on the left, which Python does where a tokenizer asks for it: here a text's padding is always on its right. */
import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { InputModule } from "../modules/input-module.ts";
import type { ModelTokenizer } from "../tokenizer/build-tokenizer.ts";

/** Poolings that go by places in the batch's rows in Python: the first one, or a weight for each. */
const byPlace = ["cls", "weightedmean"];

/** @throws HpdError `unsupported` where padding before a text gives something else in Python than padding after it */
export function requireSameWithLeftPadding(
  { paddingSide }: ModelTokenizer,
  input: InputModule,
  modules: readonly { readonly type: string; readonly config: JsonObject }[],
  name: string,
): void {
  if (paddingSide === "right") return;
  const refuse = (what: string): never => {
    throw new HpdError(
      "unsupported",
      `${name}: padding on the left is not supported ${what}. Set padding_side in tokenizer_config.json to "right".`,
    );
  };
  if (input.kind === "Transformer") {
    const { family, parsed } = input.module.transformerConfig;
    if (parsed.positions.kind === "absolute") {
      refuse(`for a ${family.className}: the positions of the tokens would change with the batch`);
    }
  }
  for (const { type, config } of modules) {
    const modes: readonly unknown[] = type === "Pooling" ? [config.pooling_mode].flat() : [];
    const mode = modes.find((each) => byPlace.includes(each as string));
    if (mode !== undefined) refuse(`with ${describe(mode)} pooling: Python would take the padding for the first token`);
  }
}
