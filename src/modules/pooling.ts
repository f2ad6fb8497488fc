/** Pooling of token embeddings to one sentence embedding. Source: `sentence_transformers.models.Pooling`. */

import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { concat, pool } from "../graph/build.ts";
import { type PoolingMode, poolingModes } from "../graph/node.ts";
import { type Module, requireFeature } from "./module.ts";
import { noParameters } from "./parameters.ts";
import { boolean, positiveInteger } from "./read-json.ts";

export type { PoolingMode };

export interface PoolingConfig {
  /** Dimension of the token embeddings. */
  readonly embeddingDimension: number;
  /** Pooling modes; the results of several are concatenated. */
  readonly modes: readonly PoolingMode[];
  /** Whether the tokens of the prompt are pooled as well. */
  readonly includePrompt: boolean;
}

/** The old keys, one a mode, in the order of `poolingModes`. */
const oldKeys: Readonly<Record<PoolingMode, string>> = {
  cls: "pooling_mode_cls_token",
  max: "pooling_mode_max_tokens",
  mean: "pooling_mode_mean_tokens",
  mean_sqrt_len_tokens: "pooling_mode_mean_sqrt_len_tokens",
  weightedmean: "pooling_mode_weightedmean_tokens",
  lasttoken: "pooling_mode_lasttoken",
};

/** Maximum number of modes. Python has no limit, and accepts a mode several times. */
const maxModes = 64;

/** Modes whose keys versions before 2.3 don't know. */
const laterModes: ReadonlySet<PoolingMode> = new Set(["weightedmean", "lasttoken"]);

/** Reads `1_Pooling/config.json` with its old or its new keys. */
export function parsePoolingConfig(config: JsonObject, file: string): PoolingConfig {
  const dimensionKey = "embedding_dimension" in config ? "embedding_dimension" : "word_embedding_dimension";
  return {
    embeddingDimension: positiveInteger(config, dimensionKey, file),
    modes: parseModes(config, file),
    includePrompt: boolean(config, "include_prompt", file, true),
  };
}

function parseModes(config: JsonObject, file: string): PoolingMode[] {
  if (!("pooling_mode" in config)) {
    const active = poolingModes.filter((mode) => boolean(config, oldKeys[mode], file, false));
    return active.length === 0 ? ["mean"] : active;
  }
  const modes = [config.pooling_mode].flat();
  const unknown = modes.find((mode) => !isPoolingMode(mode));
  if (unknown !== undefined || modes.length === 0) {
    throw new HpdError(
      "unsupported",
      `${file}: pooling_mode ${describe(unknown ?? modes)} is not known; known are ${poolingModes.join(", ")}`,
    );
  }
  if (modes.length > maxModes) {
    throw new HpdError(
      "invalid_model",
      `${file}: pooling_mode has ${modes.length} modes, expected at most ${maxModes}`,
    );
  }
  return modes as PoolingMode[];
}

function isPoolingMode(mode: unknown): mode is PoolingMode {
  return (poolingModes as readonly unknown[]).includes(mode);
}

export function buildPooling(pooling: PoolingConfig, file: string): Module {
  const { embeddingDimension, modes, includePrompt } = pooling;
  const config = {
    embedding_dimension: embeddingDimension,
    pooling_mode: modes.length === 1 ? modes[0] : modes,
    include_prompt: includePrompt,
  };
  return {
    type: "Pooling",
    config,
    parameters: noParameters(),
    build(features) {
      const tokens = requireFeature("Pooling", features, "token_embeddings");
      if (tokens.shape.length !== 3) {
        throw new HpdError(
          "invalid_model",
          `${file}: a Pooling takes embeddings of tokens, but a module before it puts those of texts in their place`,
        );
      }
      if (tokens.shape.at(-1) !== embeddingDimension) {
        throw new HpdError(
          "invalid_model",
          `${file}: the embedding dimension should be that of the token embeddings, ${tokens.shape.at(-1)}, got ${embeddingDimension}`,
        );
      }
      if (modes.includes("cls") && Object.hasOwn(features, "cls_token_embeddings")) {
        throw new HpdError("invalid_model", `${file}: cls pooling needs special tokens, which words don't have`);
      }
      const mask = includePrompt ? features.attention_mask : features.prompt_mask;
      const pooled = modes.map((mode) => pool(tokens, mask, features.attention_mask, mode));
      return { ...features, sentence_embedding: concat(pooled) };
    },
    withParameters: () => buildPooling(pooling, file),
    configFiles: () => ({ "config.json": oldConfig(pooling) ?? config }),
  };
}

/** The config in the keys that all versions read, which have a fixed order of modes; undefined for another order. */
function oldConfig({ embeddingDimension, modes, includePrompt }: PoolingConfig): JsonObject | undefined {
  const inOrder = poolingModes.filter((mode) => modes.includes(mode));
  if (String(inOrder) !== String(modes)) return undefined;
  const keys = poolingModes.filter((mode) => modes.includes(mode) || !laterModes.has(mode));
  return {
    word_embedding_dimension: embeddingDimension,
    ...Object.fromEntries(keys.map((mode) => [oldKeys[mode], modes.includes(mode)])),
    ...(includePrompt ? {} : { include_prompt: false }),
  };
}
