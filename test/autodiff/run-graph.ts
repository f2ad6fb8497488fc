/** Runs a decomposed graph in ONNX Runtime, as training does. */
import { createSession } from "#runtime";
import { compileForTraining } from "../../src/graph/lower-training.ts";
import { type Graph, type Node, topologicalOrder } from "../../src/graph/node.ts";
import type { NamedTensors } from "../../src/runtime/session.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** @param tensorOf a leaf, which is given to the run. Parameters have their own. */
export async function runGraph(
  graph: Graph,
  tensorOf: (leaf: Node<"input"> | Node<"lookup">) => Tensor,
): Promise<NamedTensors> {
  const names = new Map<Node, string>();
  const nameOf = (node: Node) => names.get(node)!;
  const inputs: Record<string, Tensor> = {};
  for (const node of topologicalOrder(graph)) {
    if (node.op !== "input" && node.op !== "parameter" && node.op !== "lookup") continue;
    const name = node.op === "input" ? node.attributes.name : `${node.op} ${names.size}`;
    names.set(node, name);
    const tensor = node.op === "parameter" ? node.attributes.tensor : tensorOf(node);
    // The session takes the buffer with it.
    inputs[name] = { ...tensor, data: tensor.data.slice() } as Tensor;
  }
  const model = compileForTraining(graph, nameOf);
  const weights = new Uint8Array(new ArrayBuffer(0));
  const session = await createSession({ model, weights, weightsLocation: "weights", lookups: [] }, { workers: 1 });
  try {
    return await session.run(inputs);
  } finally {
    await session.dispose();
  }
}
