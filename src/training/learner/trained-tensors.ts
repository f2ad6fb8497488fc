/** A learner's tensors by the names of a student's parameters: for checkpoints, and to be saved as a model. */
import { elementsOf } from "../../tensor/lazy-tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { AdamWOptions, Moments } from "../optimizer/adamw.ts";
import { rowAt } from "../optimizer/skipped-steps.ts";
import { viewOf } from "./dense-block.ts";
import type { LearnerState } from "./learner.ts";
import type { LossLayer } from "./loss-layer.ts";
import type { SharedMemory, SharedTable } from "./memory.ts";
import { requireSameTensors } from "./require-same-tensors.ts";
import { skippedStepsOf } from "./skipped-steps-of.ts";

type FloatTensor = Tensor<"float32">;

/** The state for a checkpoint: views of the memory. */
export function stateOf(
  memory: SharedMemory,
  layers: readonly LossLayer[],
  learningRates: readonly number[],
): LearnerState {
  const tensors = new Map<string, FloatTensor>();
  for (const kind of ["parameters", "first", "second"] as const) {
    for (const [name, tensor] of trained(memory, kind)) tensors.set(`${kind}/${name}`, tensor);
  }
  for (const { name, seen } of memory.tables) tensors.set(`seen/${name}`, vector(seen));
  for (const layer of layers) for (const [name, tensor] of layer.state) tensors.set(name, tensor);
  tensors.set("learning rates", vector(learningRates));
  return { step: learningRates.length, tensors };
}

/**
 * Copies a state into the memory and the layers, tensor by tensor.
 *
 * @returns its learning rates
 * @throws HpdError `invalid_model` for other names or shapes: then nothing is changed
 */
export async function restoreState(
  memory: SharedMemory,
  layers: readonly LossLayer[],
  state: LearnerState,
): Promise<number[]> {
  requireSameTensors(stateOf(memory, layers, []), state);
  const dataOf = async (name: string) => (await elementsOf(state.tensors.get(name)!)).data;
  for (const kind of ["parameters", "first", "second"] as const) {
    for (const [name, { data }] of trained(memory, kind)) data.set(await dataOf(`${kind}/${name}`));
  }
  for (const { name, seen } of memory.tables) seen.set(await dataOf(`seen/${name}`));
  for (const layer of layers) await layer.restore(state);
  return [...(await dataOf("learning rates"))];
}

/**
 * All parameters after these steps, frozen ones included: views of dense ones, and copies of tables, all rows up to
 * date.
 */
export function parametersOf(
  memory: SharedMemory,
  optimizer: AdamWOptions,
  learningRates: readonly number[],
): ReadonlyMap<string, FloatTensor> {
  const tables = memory.tables.map((table) => [table.name, caughtUp(table, optimizer, learningRates)] as const);
  const frozen = memory.frozen.map(({ name, tensor }) => [name, tensor] as const);
  return new Map([...trained({ ...memory, tables: [] }, "parameters"), ...tables, ...frozen]);
}

function caughtUp(table: SharedTable, optimizer: AdamWOptions, learningRates: readonly number[]): FloatTensor {
  const { shape, width, moments, seen } = table;
  const skipped = skippedStepsOf(optimizer, table, learningRates);
  const data = new Float32Array(moments.parameters.length);
  for (const row of seen.keys()) {
    skipped.read(moments, rowAt(row, width, seen), data.subarray(row * width, (row + 1) * width));
  }
  return { dtype: "float32", shape, data };
}

function trained({ blocks, tables }: SharedMemory, kind: keyof Moments): (readonly [string, FloatTensor])[] {
  return [
    ...blocks.flatMap(({ moments, parameters }) =>
      parameters.map((placed) => [placed.name, viewOf(moments[kind], placed)] as const),
    ),
    ...tables.map(({ name, shape, moments }) => [name, { dtype: "float32", shape, data: moments[kind] }] as const),
  ];
}

function vector(numbers: ArrayLike<number>): FloatTensor {
  return { dtype: "float32", shape: [numbers.length], data: Float32Array.from(numbers) };
}
