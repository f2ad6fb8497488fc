/**
 * A shallower transformer made of some layers of another, renumbered: the start of a student.
 */
import { HpdError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Parameters } from "../parameters.ts";
import { parseTransformerConfig } from "./config.ts";
import { buildTransformer, type Transformer } from "./transformer.ts";

/**
 * Selects layers.
 *
 * @param layers indices from 0, in the order of computation
 * @param name of the model, for messages
 * @throws HpdError `invalid_argument` for none, for one that isn't there, and for one twice; `unsupported` for a family
 *   of which these layers can't stand alone
 */
export function selectLayers(transformer: Transformer, layers: readonly number[], name: string): Transformer {
  const { parameters, transformerConfig } = transformer;
  const { family, parsed, json } = transformerConfig;
  const count = parsed.layers;
  const areLayers = layers.every((layer) => Number.isInteger(layer) && layer >= 0 && layer < count);
  if (layers.length === 0 || !areLayers || new Set(layers).size < layers.length) {
    throw new HpdError(
      "invalid_argument",
      `layers should be different numbers from 0 to ${count - 1}, for ${name} has ${count}; got [${layers.join(", ")}]`,
    );
  }
  if (family.layerPattern === undefined) {
    throw new HpdError(
      "unsupported",
      `${name}: no layers can be chosen from ${family.className}, because they share their weights`,
    );
  }
  const renamed = renameLayers(parameters.tensors, layers, family.layerPattern);
  const shallower = family.select?.(json, layers, name) ?? { ...json, [family.layersKey]: layers.length };
  const config = parseTransformerConfig(shallower, name);
  return buildTransformer(config, new Parameters(parameters.file, parameters.folder, renamed));
}

/** @param pattern finds the index of a layer in the name of a weight */
function renameLayers(
  tensors: ReadonlyMap<string, Tensor<"float32">>,
  layers: readonly number[],
  pattern: RegExp,
): Map<string, Tensor<"float32">> {
  const renamed = new Map<string, Tensor<"float32">>();
  for (const [oldName, tensor] of tensors) {
    const number = pattern.exec(oldName)?.[1];
    const index = number === undefined ? undefined : layers.indexOf(Number(number));
    if (index === -1) continue;
    const newName = oldName.replace(pattern, (part, old: string) => part.replace(old, String(index)));
    renamed.set(index === undefined ? oldName : newName, tensor);
  }
  return renamed;
}
