/**
 * A shallower transformer out of some layers of another: their weights under new numbers, all else as it is. What a
 * student starts from.
 */
import { HpdError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Parameters } from "../parameters.ts";
import { buildTransformer, type Transformer } from "./transformer.ts";

/**
 * @param layers counted from 0, in the order in which they are to compute
 * @param name of the model, for messages
 * @throws HpdError `invalid_argument` for none, for one that isn't there, and for one twice
 */
export function selectLayers(transformer: Transformer, layers: readonly number[], name: string): Transformer {
  const { parameters, prefix, json, transformerConfig } = transformer;
  const { architecture, layers: count } = transformerConfig;
  const areLayers = layers.every((layer) => Number.isInteger(layer) && layer >= 0 && layer < count);
  if (layers.length === 0 || !areLayers || new Set(layers).size < layers.length) {
    throw new HpdError(
      "invalid_argument",
      `layers should be different numbers from 0 to ${count - 1}, for ${name} has ${count}; got [${layers.join(", ")}]`,
    );
  }
  const { family } = architecture;
  if (family !== undefined) {
    const renamed = renameLayers(parameters.tensors, layers, family.layerPattern, name, family.className);
    const shallower = family.select?.(json, layers, name) ?? { ...json, [family.layersKey]: layers.length };
    return buildTransformer(shallower, name, new Parameters(parameters.file, parameters.folder, renamed));
  }
  /** Of the weights of all layers; those that are left out have none. */
  const newNames = new Map<string, string | undefined>();
  for (let layer = 0; layer < count; layer++) {
    const index = layers.indexOf(layer);
    const names = index === -1 ? [] : Object.values(architecture.layer(index));
    for (const [at, oldName] of Object.values(architecture.layer(layer)).entries()) {
      for (const part of ["weight", "bias"]) {
        newNames.set(`${prefix}${oldName}.${part}`, index === -1 ? undefined : `${prefix}${names[at]}.${part}`);
      }
    }
  }
  const tensors = new Map<string, Tensor<"float32">>();
  for (const [oldName, tensor] of parameters.tensors) {
    const newName = newNames.has(oldName) ? newNames.get(oldName) : oldName;
    if (newName !== undefined) tensors.set(newName, tensor);
  }
  return buildTransformer(
    { ...json, [architecture.keys.layers]: layers.length },
    name,
    new Parameters(parameters.file, parameters.folder, tensors),
  );
}

/** @param pattern finds the number of a layer in the name of a weight; undefined where layers share their weights */
function renameLayers(
  tensors: ReadonlyMap<string, Tensor<"float32">>,
  layers: readonly number[],
  pattern: RegExp | undefined,
  name: string,
  className: string,
): Map<string, Tensor<"float32">> {
  if (pattern === undefined) {
    throw new HpdError(
      "unsupported",
      `${name}: some layers of a ${className} can't be chosen, because they share their weights`,
    );
  }
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
