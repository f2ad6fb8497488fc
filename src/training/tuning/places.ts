/** Where the parameters of a student stand: in a numbered layer, before the layers, or after them. */
import { type Node, topologicalOrder } from "../../graph/node.ts";
import { type Features, inputFeatures } from "../../modules/features.ts";
import { type Module, requireFeature } from "../../modules/module.ts";
import type { Transformer } from "../../modules/transformer/transformer.ts";

/** `embeddings`: whatever the first layer computes with, such as the norm behind the tables, or biases of all layers. */
export type Place = number | "embeddings" | "top";

/** @returns of each parameter, by its name; no numbers for a model whose layers share their weights, or without layers */
export function placesOf(modules: readonly Module[]): ReadonlyMap<string, Place> {
  const features = modules.reduce<Features>((before, module) => module.build(before), inputFeatures());
  const order = topologicalOrder({ output: requireFeature("training", features, "sentence_embedding") });
  const names = order.flatMap(({ op, attributes }) => (op === "parameter" ? [attributes.name] : []));
  const pattern = patternOf(modules);
  const layerOf = (name: string): number | undefined => {
    const number = pattern?.exec(name)?.[1];
    return number === undefined ? undefined : Number(number);
  };
  const before = beforeLayers(order, layerOf);
  const isBefore = (name: string) => (pattern === undefined ? /embedding/i.test(name) : before.has(name));
  return new Map(names.map((name) => [name, layerOf(name) ?? (isBefore(name) ? "embeddings" : "top")]));
}

/** What stands before the names of a transformer's weights in its checkpoint, and not in transformers. */
export function prefixOf([first]: readonly Module[]): string {
  return first!.type === "Transformer" ? (first as Transformer).scope.prefix : "";
}

function patternOf([first]: readonly Module[]): RegExp | undefined {
  return first!.type === "Transformer" ? (first as Transformer).transformerConfig.family.layerPattern : undefined;
}

/** The names of the parameters that anything computes with which a layer's weights are then applied to. */
function beforeLayers(order: readonly Node[], layerOf: (name: string) => number | undefined): Set<string> {
  const nameOf = ({ op, attributes }: Node) => (op === "parameter" ? (attributes as { name: string }).name : undefined);
  const isOfLayer = (node: Node): boolean => layerOf(nameOf(node) ?? "") !== undefined;
  const feeding = new Set<Node>();
  for (const node of order.toReversed()) {
    if (!feeding.has(node) && !node.inputs.some(isOfLayer)) continue;
    for (const input of node.inputs) feeding.add(input);
  }
  return new Set([...feeding].flatMap((node) => nameOf(node) ?? []));
}
