/** The description of a new index. */
import { HpdError } from "../errors.ts";
import { type BuildSettings, formatVersion, type IndexDescription, type IndexPrecision } from "./description.ts";
import type { IdentifiedModel } from "./open-model.ts";

/** @throws HpdError `unsupported` for a model whose similarity stores don't have */
export function newDescription(
  { name, options, fingerprint, model }: IdentifiedModel,
  precision: IndexPrecision,
  settings: BuildSettings,
): IndexDescription {
  const { similarityFunction: similarity, dimension } = model;
  if (similarity === "manhattan") {
    throw new HpdError(
      "unsupported",
      `${name}: expected a model with similarity cosine, dot or euclidean, got manhattan, for which there is no index`,
    );
  }
  return {
    formatVersion,
    model: { name, fingerprint, options },
    dimension,
    isNormalized: similarity === "cosine",
    similarity,
    precision,
    settings,
  };
}
