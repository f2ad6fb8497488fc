/** The flags that say what the texts are: their task, and the prompt that is put before each. */
import type { EncodeOptions } from "../index.ts";
import { type CommandContext, stringFlag } from "./command.ts";

export const promptFlags = {
  prompt: { type: "string" },
  "prompt-name": { type: "string" },
  task: { type: "string" },
} as const;

/** @param what is done with a prompt */
export function promptFlagsHelp(what: string): string {
  return `  --task NAME              query or document: with the model's prompt of that name, and by its route for them where it
                           has routes (hpd info MODEL), whose names can be given, too
  --prompt TEXT            ${what}
  --prompt-name NAME       a prompt of the model's own, such as clustering`;
}

export function promptOptions({
  flags,
  signal,
}: CommandContext): Pick<EncodeOptions, "prompt" | "promptName" | "task" | "signal"> {
  const prompt = stringFlag(flags, "prompt");
  const task = stringFlag(flags, "task");
  // As encodeQuery and encodeDocument do.
  const ownPrompt = prompt === undefined && (task === "query" || task === "document") ? task : undefined;
  const promptName = stringFlag(flags, "prompt-name") ?? ownPrompt;
  return {
    signal,
    ...(prompt !== undefined && { prompt }),
    ...(promptName !== undefined && { promptName }),
    ...(task !== undefined && { task }),
  };
}
