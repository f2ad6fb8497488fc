/**
 * Gathers rows of the embedding table by token id, before a run. The table is most of a small model; read here, from
 * the memory that all workers share, it exists once, where the runtime would keep a copy for each worker.
 */
import { HpdError } from "../errors.ts";
import { toFloat32 } from "../tensor/convert.ts";
import { dtypeArray } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Lookup, NamedTensors, SessionModel } from "./session.ts";

/** Adds the inputs of the model's lookups. @throws HpdError `runtime` for an id that has no row. */
export function lookUp({ weights, lookups }: SessionModel, inputs: NamedTensors): NamedTensors {
  const made = lookups.map((lookup) => [lookup.input, rowsOf(weights, lookup, inputs)] as const);
  return { ...inputs, ...Object.fromEntries(made) };
}

function rowsOf(weights: Uint8Array, lookup: Lookup, inputs: NamedTensors) {
  const { dtype, rows, width } = lookup;
  const { data: ids, shape } = inputs[lookup.ids]!;
  const at = (offset: number) => [weights.buffer as ArrayBuffer, weights.byteOffset + offset] as const;
  const table = new dtypeArray[dtype](...at(lookup.offset), rows * width);
  const scales = lookup.scales === undefined ? undefined : new Float32Array(...at(lookup.scales), rows);
  const data = new Float32Array(ids.length * width);
  for (let index = 0; index < ids.length; index++) {
    const row = Number(ids[index]);
    if (!(row >= 0 && row < rows)) throw new HpdError("runtime", `id ${row} has no row in a table of ${rows}`);
    if (scales !== undefined) {
      scaleRow(table as Int8Array, row * width, scales[row]!, data.subarray(index * width, (index + 1) * width));
      continue;
    }
    const stored = { dtype, shape: [width], data: table.subarray(row * width, (row + 1) * width) } as Tensor;
    data.set(toFloat32(stored), index * width);
  }
  return { dtype: "float32", shape: [...shape, width], data } as const;
}

/** Writes the row of an int8 table that starts at `start`, times its factor. */
function scaleRow(table: Int8Array, start: number, factor: number, row: Float32Array): void {
  for (let column = 0; column < row.length; column++) row[column] = table[start + column]! * factor;
}
