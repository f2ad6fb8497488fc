/**
 * SparseStaticEmbedding: the weight of each token that a text has, 0 for others, without a network: the queries of
 * inference-free sparse retrieval. Source: sentence-transformers 6.2, `SparseStaticEmbedding.forward`.
 */

import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import type { StaticProgram } from "../graph/interpret.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { SparseStaticInput } from "./input-module.ts";
import { moduleKeys } from "./keys/module-keys.ts";
import type { Module } from "./module.ts";
import { type Parameters, readParameters } from "./parameters.ts";
import { pathIn, readJsonObject } from "./read-json.ts";

/** @param folder of the module inside the model @throws HpdError `not_found`, `corrupt_file`, `invalid_model` */
export async function loadSparseStaticEmbedding(source: ModelSource, folder: string): Promise<SparseStaticInput> {
  const file = pathIn(folder, "config.json");
  checkKeys(await readJsonObject(source, file), moduleKeys.SparseStaticEmbedding, `${source.name}/${file}`);
  const checkpoint = await openCheckpoint(source, folder);
  try {
    const parameters = await readParameters(checkpoint, folder, (recording) => void recording.get("weight", [-1]));
    const weights = parameters.tensor("weight", [-1]).data;
    const module = sparseStaticEmbedding(parameters);
    return { kind: "SparseStaticEmbedding", folder, vocabularySize: weights.length, module, weights };
  } finally {
    await checkpoint.close();
  }
}

function sparseStaticEmbedding(parameters: Parameters): Module {
  return {
    type: "SparseStaticEmbedding",
    config: { num_dimensions: parameters.tensor("weight", [-1]).shape[0] },
    parameters,
    build() {
      throw new HpdError(
        "unsupported",
        "a SparseStaticEmbedding is computed without a graph, as the only module of a route",
      );
    },
    withParameters: sparseStaticEmbedding,
    configFiles: () => ({}),
  };
}

/** @param weights of the tokens, by their ids */
export function weightsOfTokens(weights: Float32Array): StaticProgram {
  const width = weights.length;
  return {
    width,
    bytes: weights.byteLength,
    run({ ids, lengths }) {
      const sequence = ids.length / lengths.length;
      const embeddings = new Float32Array(lengths.length * width);
      for (const [text, length] of lengths.entries()) {
        for (let token = 0; token < length; token++) {
          const id = ids[text * sequence + token]!;
          embeddings[text * width + id] = weights[id]!;
        }
      }
      return embeddings;
    },
  };
}
