/** Dropout, a no-op when encoding. Source: `sentence_transformers.models.Dropout`. */

import type { JsonObject } from "../common/json.ts";
import type { Module } from "./module.ts";
import { noParameters } from "./parameters.ts";
import { nonNegativeNumber } from "./read-json.ts";

export function buildDropout(config: JsonObject, file: string): Module {
  const dropout = nonNegativeNumber(config, "dropout", file, 0.2);
  return {
    type: "Dropout",
    config: { dropout },
    parameters: noParameters(),
    build: (features) => features,
    withParameters: () => buildDropout(config, file),
    configFiles: () => ({ "config.json": { dropout } }),
  };
}
