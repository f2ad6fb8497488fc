/**
 * Writes a graph as ONNX operators, one operation after the other. What differs between inference and training is
 * passed in by `lower-inference.ts` and `lower-training.ts`; the rest is in `lower-operations.ts`.
 */
import type { LoweringContext } from "./lowering-context.ts";
import { type AnyNode, type Graph, type Node, topologicalOrder } from "./node.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

/** Emits an operation, given the names of its inputs' values. @returns the name of its value */
export type LowerNode = (context: LoweringContext, node: AnyNode, inputs: readonly string[]) => string;

/**
 * Emits what the outputs of the graph need, and names the outputs.
 *
 * @param finish maps the value of an output to the one that is emitted under its name. Default: the same
 */
export function lowerGraph(
  emit: OnnxEmitter,
  graph: Graph,
  lowerNode: LowerNode,
  finish: (output: string, node: Node, value: string) => string = (_, __, value) => value,
): void {
  const names = new Map<Node, string>();
  const nodes = topologicalOrder(graph);
  const withSequence = nodes.find((node) => node.op === "input" && node.shape.includes("sequence"))!;
  const sequence = (): string =>
    emit.once("sequence", () => {
      const shape = emit.op("Shape", [names.get(withSequence)!]);
      return emit.op("Gather", [shape, emit.int64s([withSequence.shape.indexOf("sequence")])]);
    });
  // Inputs first: any operation may need the length of a sequence.
  for (const node of nodes.toSorted((a, b) => Number(b.op === "input") - Number(a.op === "input"))) {
    const inputs = node.inputs.map((input) => names.get(input)!);
    names.set(node, lowerNode({ emit, sequence }, node, inputs));
  }
  for (const [name, node] of Object.entries(graph)) {
    emit.output({ name, dtype: node.dtype, shape: node.shape }, finish(name, node, names.get(node)!));
  }
}
