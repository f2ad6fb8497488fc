/** The settings of a text's task, and of the prompt that is prepended to it. */
import { defined } from "../common/optional.ts";
import type { EncodeOptions } from "../index.ts";
import type { CommandContext } from "./command.ts";
import type { SettingTable, ValuesOf } from "./settings/table.ts";

export const promptSettings = {
  task: {
    kind: "text",
    value: "NAME",
    help:
      "query or document: encode with the model's prompt of that name, and by its route for them if it has routes " +
      "(hpd info MODEL lists them); other routes of the model by name",
  },
  prompt: { kind: "text", value: "TEXT", help: "text to prepend to every input text" },
  "prompt-name": { kind: "text", value: "NAME", help: "a prompt of the model, such as clustering" },
} as const satisfies SettingTable;

export function promptOptions({
  values,
  signal,
}: CommandContext<ValuesOf<typeof promptSettings>>): Pick<EncodeOptions, "prompt" | "promptName" | "task" | "signal"> {
  const { prompt, task } = values;
  // As encodeQuery and encodeDocument do.
  const ownPrompt = prompt === undefined && (task === "query" || task === "document") ? task : undefined;
  return { signal, ...defined({ prompt, promptName: values["prompt-name"] ?? ownPrompt, task }) };
}
