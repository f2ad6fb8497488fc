/** A family that has a file of its own, among those whose arithmetic encoder.ts has. */
import type { Architecture } from "./architecture.ts";
import type { Family, FamilyConfig } from "./family.ts";

export function asArchitecture<Config extends FamilyConfig>(family: Family<Config>): Architecture {
  const { className, prefix, configKeys, aliases, layersKey: layers } = family;
  return {
    className,
    prefix,
    configKeys,
    ...(aliases && { aliases }),
    keys: { layers, hiddenSize: "", heads: "", intermediateSize: "", activation: "" },
    positions: "sequential",
    hasTokenTypes: false,
    hasRelativePositionBias: false,
    hasPooler: false,
    layer: () => ({}) as never,
    defaults: {},
    family: family as unknown as Family,
  };
}
