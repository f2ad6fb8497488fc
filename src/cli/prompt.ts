/** The flags that put a prompt before every text. */
import type { EncodeOptions } from "../index.ts";
import { type CommandContext, stringFlag } from "./command.ts";

export const promptFlags = {
  prompt: { type: "string" },
  "prompt-name": { type: "string" },
} as const;

export function promptOptions({
  flags,
  signal,
}: CommandContext): Pick<EncodeOptions, "prompt" | "promptName" | "signal"> {
  const prompt = stringFlag(flags, "prompt");
  const promptName = stringFlag(flags, "prompt-name");
  return { signal, ...(prompt !== undefined && { prompt }), ...(promptName !== undefined && { promptName }) };
}
