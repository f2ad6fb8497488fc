/** Normalization of an embedding to length 1. Source: `sentence_transformers.models.Normalize`. */

import type { JsonObject } from "../common/json.ts";
import { normalize } from "../graph/build.ts";
import { featureNames } from "./features.ts";
import { type Module, requireFeature } from "./module.ts";
import { noParameters } from "./parameters.ts";

export function buildNormalize(config: JsonObject, file: string): Module {
  const { input: inputName, output: outputName } = featureNames(config, file);
  return {
    type: "Normalize",
    config: {},
    parameters: noParameters(),
    build: (features) => ({
      ...features,
      [outputName]: normalize(requireFeature("Normalize", features, inputName)),
    }),
    withParameters: () => buildNormalize(config, file),
    // Python before 6 saves no file, and reads none. Who loads from a web server asks for it, so it is there.
    configFiles: () => ({
      "config.json":
        inputName === "sentence_embedding" && outputName === inputName
          ? {}
          : { module_input_name: inputName, module_output_name: outputName },
    }),
  };
}
