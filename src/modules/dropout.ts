/** Does nothing when encoding. Source: `sentence_transformers.models.Dropout`. */
import type { Module } from "./module.ts";
import { type JsonObject, nonNegativeNumber } from "./read-json.ts";

export function buildDropout(config: JsonObject, file: string): Module {
  const dropout = nonNegativeNumber(config, "dropout", file, 0.2);
  return { type: "Dropout", config: { dropout }, parameterCount: 0, build: (features) => features };
}
