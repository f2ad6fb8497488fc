/** The positions of a student's parameters: in a numbered layer, below the layers, or above them. */
import { type Node, topologicalOrder } from "../../graph/node.ts";
import { type Features, inputFeatures } from "../../modules/features.ts";
import { type Module, requireFeature } from "../../modules/module.ts";
import type { Transformer } from "../../modules/transformer/transformer.ts";

/**
 * A layer, what is above all layers, or `embeddings`: all that layers take, such as tables, their norm, shared biases.
 */
export type LayerPosition = number | "embeddings" | "top";

/**
 * @returns the position of each parameter, by name; no numbers for a model without layers, or whose layers share
 *   weights
 */
export function layerPositions(modules: readonly Module[]): ReadonlyMap<string, LayerPosition> {
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

/** The prefix of a transformer's weights in its checkpoint, which transformers' own names don't have. */
export function prefixOf([first]: readonly Module[]): string {
  return first!.type === "Transformer" ? (first as Transformer).scope.prefix : "";
}

function patternOf([first]: readonly Module[]): RegExp | undefined {
  return first!.type === "Transformer" ? (first as Transformer).transformerConfig.family.layerPattern : undefined;
}

/** The names of the parameters that inputs of a layer's operations depend on. */
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
