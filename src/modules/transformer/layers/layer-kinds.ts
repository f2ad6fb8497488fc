/**
 * Layers with full attention among layers with a sliding window, each kind with rotary positions of its own.
 * Source: transformers, `layer_types` and `rope_parameters` of the configs of ModernBERT, Gemma3 and Qwen.
 */
import { describe, type JsonObject } from "../../../common/json.ts";
import { checkKeys } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import { object } from "../../read-json.ts";
import { parseRope, ropeFrequencies } from "./rope.ts";

export type LayerKind = "full_attention" | "sliding_attention";

const layerKinds: readonly LayerKind[] = ["full_attention", "sliding_attention"];

/**
 * The kind of each layer: `layer_types`, or the family's default.
 *
 * @param isSliding whether a layer has a window if config.json has no `layer_types`
 * @throws HpdError `invalid_model` for another number of them, `unsupported` for another kind
 */
export function parseLayerKinds(
  { layer_types: kinds }: JsonObject,
  layers: number,
  isSliding: (layer: number) => boolean,
  file: string,
): LayerKind[] {
  if ((kinds ?? undefined) === undefined) {
    return Array.from({ length: layers }, (_, layer) => layerKinds[isSliding(layer) ? 1 : 0]!);
  }
  if (!Array.isArray(kinds) || kinds.length !== layers) {
    throw new HpdError(
      "invalid_model",
      `${file}: layer_types should be a list with the kind of each of the ${layers} layers, got ${describe(kinds)}`,
    );
  }
  const unknown = kinds.find((kind) => !layerKinds.includes(kind));
  if (unknown === undefined) return kinds as LayerKind[];
  throw new HpdError(
    "unsupported",
    `${file}: layer_types has ${describe(unknown)}, which is not known; known are ${layerKinds.join(", ")}`,
  );
}

/** The config of some of the layers, each of which keeps its kind. */
export function selectLayerKinds(json: JsonObject, kinds: readonly LayerKind[], layers: readonly number[]): JsonObject {
  return { ...json, num_hidden_layers: layers.length, layer_types: layers.map((layer) => kinds[layer]!) };
}

/**
 * Frequencies of each kind of layers, which `rope_parameters` holds under its name.
 *
 * @param bases of each kind: the key beside `rope_parameters` that older configs have, and its value where that is
 *   missing
 */
export function frequenciesByKind(
  json: JsonObject,
  file: string,
  bases: Readonly<Record<LayerKind, { readonly key: string; readonly theta: number }>>,
  headWidth: number,
): Record<LayerKind, readonly number[]> {
  const where = `${file}: rope_parameters`;
  const parameters = object(json, "rope_parameters", file);
  checkKeys(parameters, { keys: { full_attention: "read", sliding_attention: "read" }, others: "refused" }, where);
  const frequencies = (kind: LayerKind): number[] => {
    const { key, theta } = bases[kind];
    const own = { rope_theta: json[key] ?? theta, rope_parameters: object(parameters, kind, where) };
    return ropeFrequencies(parseRope(own, `${where}.${kind}`, { theta, headWidth }), headWidth);
  };
  return { full_attention: frequencies("full_attention"), sliding_attention: frequencies("sliding_attention") };
}
