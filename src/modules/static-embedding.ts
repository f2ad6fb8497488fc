/**
 * StaticEmbedding: the mean of a text's token embeddings out of a table, without a network. Two forms of file:
 * sentence-transformers' own, and model2vec's, in which tokens may share rows (`mapping`) and have weights.
 * Source: sentence-transformers 6.2, `StaticEmbedding.load`, which takes both.
 */
import { HpdError } from "../errors.ts";
import { gather, pool } from "../graph/build.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { toFloat32 } from "../tensor/convert.ts";
import type { DType } from "../tensor/dtype.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import type { StaticInput } from "./input-module.ts";
import type { Module } from "./module.ts";
import { Parameters } from "./parameters.ts";

const weightName = "embedding.weight";

/** Element types of tables. int8 is model2vec's: the embeddings themselves, without a scale. */
const tableDTypes: readonly DType[] = ["float32", "float16", "bfloat16", "float64", "int8"];
const integers: readonly DType[] = ["int64", "int32", "int16", "uint8", "int8"];

/**
 * Loads a StaticEmbedding.
 *
 * @param folder of the module inside the model
 * @throws HpdError `not_found`, `corrupt_file`; `invalid_model`, `unsupported` naming the weight and what it should be
 */
export async function loadStaticEmbedding(source: ModelSource, folder: string): Promise<StaticInput> {
  const checkpoint = await openCheckpoint(source, folder);
  try {
    const tensor = await readTable(checkpoint);
    const parameters = new Parameters(checkpoint.file, folder, new Map([[weightName, tensor]]));
    return {
      kind: "StaticEmbedding",
      folder,
      vocabularySize: tensor.shape[0]!,
      module: buildStaticEmbedding(parameters),
    };
  } finally {
    await checkpoint.close();
  }
}

export function buildStaticEmbedding(parameters: Parameters): Module {
  const { shape } = parameters.tensor(weightName, [-1, -1]);
  return {
    type: "StaticEmbedding",
    config: { num_embeddings: shape[0], embedding_dim: shape[1] },
    parameters,
    build(features) {
      const tokens = gather(parameters.get(weightName, shape), features.input_ids);
      const { attention_mask: mask } = features;
      return { ...features, sentence_embedding: pool(tokens, mask, mask, "mean") };
    },
    withParameters: buildStaticEmbedding,
    configFiles: () => ({}),
  };
}

interface Table {
  readonly dtype: "float32";
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The table, one row for each token id. */
async function readTable(checkpoint: Checkpoint): Promise<Table> {
  const { file, tensors } = checkpoint;
  const own = tensors.has(weightName);
  const name = own ? weightName : "embeddings";
  const rows = await read(checkpoint, name, tableDTypes, 2);
  const [count, width] = rows.shape as [number, number];
  if (count === 0 || width === 0) {
    throw new HpdError("invalid_model", `${file}: ${name} should have rows and columns, got shape [${rows.shape}]`);
  }
  // Python reads the other two with `embeddings` alone.
  if (own) return { dtype: "float32", shape: rows.shape, data: toFloat32(rows) };
  const mapping = tensors.has("mapping") ? await read(checkpoint, "mapping", integers, 1) : undefined;
  const weights = tensors.has("weights") ? await read(checkpoint, "weights", tableDTypes, 1) : undefined;
  const tokens = mapping?.shape[0] ?? count;
  if (tokens === 0 || (weights !== undefined && weights.shape[0] !== tokens)) {
    throw new HpdError(
      "invalid_model",
      `${file}: weights should have one number for each of ${tokens} tokens, got shape [${weights?.shape}]`,
    );
  }
  const data = toFloat32(rows);
  if (mapping === undefined && weights === undefined) return { dtype: "float32", shape: rows.shape, data };
  const factors = weights === undefined ? undefined : toFloat32(weights);
  const table = new Float32Array(tokens * width);
  for (let token = 0; token < tokens; token++) {
    const given = mapping === undefined ? token : Number(mapping.data[token]);
    // Python counts negative ones from the end.
    const row = given < 0 ? given + count : given;
    if (!(row >= 0 && row < count)) {
      throw new HpdError(
        "invalid_model",
        `${file}: mapping should hold rows of embeddings, 0 to ${count - 1}, got ${given} for token ${token}`,
      );
    }
    const factor = factors === undefined ? 1 : factors[token]!;
    for (let column = 0; column < width; column++) {
      table[token * width + column] = data[row * width + column]! * factor;
    }
  }
  return { dtype: "float32", shape: [tokens, width], data: table };
}

async function read(checkpoint: Checkpoint, name: string, dtypes: readonly DType[], rank: number) {
  const { file, tensors } = checkpoint;
  const stored = tensors.get(name);
  if (stored === undefined) {
    throw new HpdError(
      "invalid_model",
      `${file}: a StaticEmbedding needs the weight embedding.weight, or model2vec's embeddings; there are ` +
        `${[...tensors.keys()].slice(0, 8).join(", ") || "none"}`,
    );
  }
  if (stored.shape.length !== rank) {
    throw new HpdError("invalid_model", `${file}: ${name} should have ${rank} axes, got shape [${stored.shape}]`);
  }
  if (!dtypes.includes(stored.dtype)) {
    throw new HpdError(
      "unsupported",
      `${file}: ${name} should have an element type of ${dtypes.join(", ")}, got ${stored.dtype}`,
    );
  }
  return await checkpoint.read(name);
}
