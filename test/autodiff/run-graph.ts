/** Runs a decomposed graph in ONNX Runtime, in this thread: to start a worker takes longer than most of these runs. */
import { Tensor as OrtTensor } from "onnxruntime-node";
import { compileForTraining } from "../../src/graph/lower-training.ts";
import { type Graph, type Node, topologicalOrder } from "../../src/graph/node.ts";
import { createNativeSession } from "../../src/runtime/node/native-session.ts";
import { runSession } from "../../src/runtime/run-session.ts";
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
    inputs[name] = node.op === "parameter" ? node.attributes.tensor : tensorOf(node);
  }
  const session = await createNativeSession(compileForTraining(graph, nameOf), {});
  try {
    return await runSession(OrtTensor, session, inputs);
  } finally {
    await session.release();
  }
}
