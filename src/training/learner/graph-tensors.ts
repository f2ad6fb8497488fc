/** The tensors that a student's graph computes with: what each is called as an input, and which of them are trained. */
import { HpdError } from "../../errors.ts";
import type { Node } from "../../graph/node.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Tuning } from "../tuning/tuning.ts";
import type { ProgramParameter, ProgramTable, ProgramTensor } from "./program.ts";

/** A parameter, or a table whose rows are gathered before a run. */
type TensorNode = Node<"parameter"> | Node<"lookup">;

export interface GraphTensors {
  readonly parameters: readonly ProgramParameter[];
  readonly tables: readonly ProgramTable[];
  readonly frozen: readonly ProgramTensor[];
  /** The nodes of `parameters`, then those of `tables`: what the loss is differentiated by. */
  readonly trainedNodes: readonly TensorNode[];
  /** The input's name, also for a node of another graph over the same tensor. */
  nameOf(node: TensorNode): string;
}

/**
 * @param nodes of the training graph
 * @throws HpdError `unsupported` where two nodes are one tensor: two uses of one node have their gradients summed, but
 *   two nodes would each be updated
 */
export function graphTensors(nodes: readonly Node[], tuning: Tuning): GraphTensors {
  const parameters = nodes.filter((node) => node.op === "parameter") as Node<"parameter">[];
  const tables = nodes.filter((node) => node.op === "lookup") as Node<"lookup">[];
  if (new Set(parameters.map(tensorOf)).size < parameters.length) {
    throw new HpdError("unsupported", "a student that uses a parameter in two places can't be trained yet");
  }
  const names = new Map<unknown, string>();
  for (const [index, node] of parameters.entries()) names.set(tensorOf(node), `parameter ${index}`);
  for (const [index, node] of tables.entries()) names.set(tensorOf(node), `rows ${index}`);
  const nameOf = (node: TensorNode) => names.get(tensorOf(node))!;

  const isTrained = ({ attributes }: TensorNode) => !tuning.frozen.has(attributes.name);
  const trained = parameters.filter(isTrained);
  const trainedTables = tables.filter(isTrained);
  const tensor = (node: TensorNode): ProgramTensor => ({
    name: node.attributes.name,
    input: nameOf(node),
    tensor: tensorOf(node),
  });
  const parameter = (node: TensorNode, index: number): ProgramParameter => {
    const { name } = node.attributes;
    const rate = tuning.rates.get(name) ?? 1;
    return { ...tensor(node), gradient: gradientOutput(index), decays: decays(name, tensorOf(node)), rate };
  };
  return {
    parameters: trained.map(parameter),
    tables: trainedTables.map((node, index) => ({ ...parameter(node, trained.length + index), ids: idsOf(node) })),
    frozen: [
      ...parameters.filter((node) => !isTrained(node)).map(tensor),
      ...tables.filter((node) => !isTrained(node)).map((node) => ({ ...tensor(node), ids: idsOf(node) })),
    ],
    trainedNodes: [...trained, ...trainedTables],
    nameOf,
  };
}

/** The output with the gradient by one of `trainedNodes`. */
export function gradientOutput(index: number): string {
  return `gradient ${index}`;
}

function tensorOf({ attributes }: TensorNode): Tensor<"float32"> {
  return ("tensor" in attributes ? attributes.tensor : attributes.table) as Tensor<"float32">;
}

function idsOf({ inputs: [ids] }: Node<"lookup">): string {
  return (ids as Node<"input">).attributes.name;
}

/**
 * Weight decay as in transformers: none for a bias, known by its name, which MPNet's table of relative positions has in
 * it too; and none for norms, the only other parameters of one dimension.
 */
function decays(name: string, { shape }: Tensor): boolean {
  return shape.length > 1 && !name.includes("bias");
}
