/** The settings of a model that a command writes. */
import type { Setting } from "./table.ts";

export const outSetting = {
  kind: "text",
  short: "o",
  value: "FOLDER",
  required: true,
  help: "folder of the new model; it appears when it is complete",
} as const satisfies Setting;

export const weightsDtypeSetting = {
  kind: "text",
  value: "T",
  choices: ["fp32", "fp16"],
  help: "element type of its weights",
  defaultsTo: "fp32",
} as const satisfies Setting;
