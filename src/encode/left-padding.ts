/** Padding on the left, which Python does where a tokenizer asks for it: here a text's padding is always on its right. */
import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { ModelTokenizer } from "../tokenizer/build-tokenizer.ts";

/** Poolings that go by places in the batch's rows in Python: the first one, or a weight for each. */
const byPlace = ["cls", "weightedmean"];

/** @throws HpdError `unsupported` where a pooling of Python gives something else with padding before the text */
export function requirePoolingByMask(
  { paddingSide }: ModelTokenizer,
  modules: readonly { readonly type: string; readonly config: JsonObject }[],
  name: string,
): void {
  if (paddingSide === "right") return;
  for (const { type, config } of modules) {
    const modes: readonly unknown[] = type === "Pooling" ? [config.pooling_mode].flat() : [];
    const mode = modes.find((each) => byPlace.includes(each as string));
    if (mode === undefined) continue;
    throw new HpdError(
      "unsupported",
      `${name}: padding on the left is not supported with ${describe(mode)} pooling: Python would take the padding for ` +
        'the first token. Set padding_side in tokenizer_config.json to "right".',
    );
  }
}
