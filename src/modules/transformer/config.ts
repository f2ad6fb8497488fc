/** What config.json says of a transformer, in our own words. */

import { describe, isObject, type JsonObject } from "../../common/json.ts";
import { checkKeys } from "../../common/key-table.ts";
import { HpdError } from "../../errors.ts";
import type { Activation } from "../../graph/activation.ts";
import { nonNegativeInteger, nonNegativeNumber, positiveInteger, string } from "../read-json.ts";
import type { Architecture } from "./architecture.ts";
import { asArchitecture } from "./as-architecture.ts";
import { bert } from "./bert.ts";
import { distilbert } from "./distilbert.ts";
import { albert } from "./families/albert.ts";
import { debertaV2 } from "./families/deberta-v2.ts";
import { electra } from "./families/electra.ts";
import { gte, newModel } from "./families/gte.ts";
import { jinaBert, jinaBertOf } from "./families/jina-bert.ts";
import { modernBert } from "./families/modernbert.ts";
import { nomicBert } from "./families/nomic-bert.ts";
import { mt5, t5, umt5 } from "./families/t5.ts";
import type { FamilyConfig, OwnCode } from "./family.ts";
import { activationOf, lookUp } from "./look-up.ts";
import { mpnet } from "./mpnet.ts";
import { camembert, roberta, xlmRoberta } from "./roberta.ts";

export interface TransformerConfig {
  readonly architecture: Architecture;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  /** What positions count from, where they do so after padding. */
  readonly paddingId: number;
  /** What the family's own file reads, where it has one. */
  readonly own?: FamilyConfig;
}

const architectures: Readonly<Record<string, Architecture>> = {
  bert,
  roberta,
  "xlm-roberta": xlmRoberta,
  distilbert,
  mpnet,
  camembert,
  electra: asArchitecture(electra),
  albert: asArchitecture(albert),
  t5: asArchitecture(t5),
  mt5: asArchitecture(mt5),
  umt5: asArchitecture(umt5),
  "deberta-v2": asArchitecture(debertaV2),
  nomic_bert: asArchitecture(nomicBert),
  modernbert: asArchitecture(modernBert),
  gte: asArchitecture(gte),
  new: asArchitecture(newModel),
};

const jinaArchitecture = asArchitecture(jinaBert);

function architectureOf(json: JsonObject, file: string): Architecture {
  if (json.model_type === "bert" && jinaBertOf(json) !== undefined) return jinaArchitecture;
  return lookUp(architectures, json.model_type, "model_type", file);
}

/**
 * A config without the keys that transformers takes for others: DistilBERT's `num_hidden_layers` sets `n_layers`.
 *
 * @param overrides go before the keys of `json`
 * @throws HpdError `unsupported` for another architecture
 */
export function withoutAliases(json: JsonObject, file: string, overrides: JsonObject = {}): JsonObject {
  const { aliases = {}, family } = architectureOf(json, file);
  if (family?.inOneDialect !== undefined) return family.inOneDialect({ ...json, ...overrides }, file);
  const resolved = (config: JsonObject): JsonObject => {
    const given = Object.entries(aliases).filter(([alias]) => Object.hasOwn(config, alias));
    if (given.length === 0) return config;
    const others = Object.entries(config).filter(([key]) => !Object.hasOwn(aliases, key));
    return Object.fromEntries([...others, ...given.map(([alias, key]) => [key, config[alias]])]);
  };
  return { ...resolved(json), ...resolved(overrides) };
}

/** @throws HpdError `unsupported` for another architecture, with the list of those that work; `invalid_model`. */
export function parseTransformerConfig(json: JsonObject, file: string): TransformerConfig {
  const architecture = architectureOf(json, file);
  const { keys, fixed, family } = architecture;
  refuseOwnCode(json, file, family?.ownCode);
  checkKeys(json, { keys: architecture.configKeys, others: "ignored" }, file);
  if (family !== undefined) {
    const own = family.parse(withoutAliases(json, file), file);
    const maxPositions = own.maxPositions ?? Number.POSITIVE_INFINITY;
    return { architecture, ...own, maxPositions, layerNormEpsilon: own.epsilon, paddingId: 0, own };
  }
  const config = { ...architecture.defaults, ...withoutAliases(json, file) };
  const hiddenSize = positiveInteger(config, keys.hiddenSize, file);
  const heads = positiveInteger(config, keys.heads, file);
  if (hiddenSize % heads !== 0) {
    throw new HpdError(
      "invalid_model",
      `${file}: ${keys.hiddenSize} ${hiddenSize} can't be split into ${keys.heads} ${heads}`,
    );
  }
  return {
    architecture,
    layers: positiveInteger(config, keys.layers, file),
    hiddenSize,
    heads,
    intermediateSize: positiveInteger(config, keys.intermediateSize, file),
    activation: activationOf(string(config, keys.activation, file), keys.activation, file),
    layerNormEpsilon: fixed?.layerNormEpsilon ?? nonNegativeNumber(config, "layer_norm_eps", file),
    vocabularySize: positiveInteger(config, "vocab_size", file),
    maxPositions: positiveInteger(config, "max_position_embeddings", file),
    paddingId:
      fixed?.paddingId ??
      (architecture.positions === "after_padding" ? nonNegativeInteger(config, "pad_token_id", file) : 0),
  };
}

/** Tokens that one text may have, special ones included: no setting makes more positions. */
export function longestText({ architecture, maxPositions, paddingId, own }: TransformerConfig): number {
  if (own?.hasAnyLength) return Number.POSITIVE_INFINITY;
  return architecture.positions === "after_padding" ? maxPositions - paddingId - 1 : maxPositions;
}

/**
 * Without trust in it Python takes its own class of that name, with other embeddings than the model's authors', or none.
 * What a family knows to compute the same is let through: exactly those classes, and no copy under another name.
 */
function refuseOwnCode({ auto_map: map }: JsonObject, file: string, known: OwnCode | undefined): void {
  if (!isObject(map)) return;
  for (const key of ["AutoConfig", "AutoModel"] as const) {
    if (!Object.hasOwn(map, key)) continue;
    const names = known?.repositories.flatMap((repository) => known[key].map((name) => repository + name)) ?? [];
    if (names.includes(map[key] as string)) continue;
    throw new HpdError(
      "unsupported",
      `${file}: auto_map names ${key} ${describe(map[key])}: the model is computed by code of its own, ` +
        `which is not known here${names.length === 0 ? "" : `; known is ${names.filter(Boolean).join(" and ")}`}`,
    );
  }
}
