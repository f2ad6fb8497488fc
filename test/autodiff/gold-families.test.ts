/**
 * What a training step computes of each family against PyTorch: the loss of five texts of very different length, and its
 * gradients by all parameters of the checkpoint. See tools/gold/family-gradients.py.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Tensor as OrtTensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { openModel } from "#hub";
import { batchInputs } from "../../src/encode/batch-inputs.ts";
import { loadModules, onlyPipeline } from "../../src/modules/load-modules.ts";
import type { Module } from "../../src/modules/module.ts";
import { createNativeSession } from "../../src/runtime/node/native-session.ts";
import { runSession } from "../../src/runtime/run-session.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { buildProgram } from "../../src/training/learner/build-program.ts";
import { type ProgramTable, perRowInput, sumInput } from "../../src/training/learner/program.ts";
import { mse } from "../../src/training/losses/mse.ts";
import { fixture } from "../encode/model-folder.ts";
import { floats, sumsOf } from "./gold-gradients.ts";

interface GoldModel {
  model: string;
  ids: number[][];
  padId: number;
  targets: number[][];
  loss: number;
  gradients: Record<string, GoldGradient>;
}

/** Float32 of float64 in base64: all numbers, or of many their sums with the signs of each mask. */
type GoldGradient = { norm: number; float32Error: number } & ({ whole: string } | { sums: string });

/** Of the length of a gradient; or four times what PyTorch's own float32 is off, if that is more. */
const tolerance = 1e-5;

/** It moves all scores of a query alike, so its gradient is zero, but for noise: compared with that of the weight. */
const biasOfKeys = /\b(key|key_proj|pos_key_proj|layer_norm_k)\.bias$/;

const bytes = readFileSync(new URL("../gold/autodiff/families.json.gz", import.meta.url));
const gold = JSON.parse(String(gunzipSync(bytes))) as { masks: number[]; models: GoldModel[] };

test.each(gold.models)("$model", async (model) => {
  const { loss, gradients } = await gradientsOf(model);
  expect(Math.abs(loss / model.loss - 1)).toBeLessThan(tolerance);
  expect([...gradients.keys()].toSorted()).toEqual(Object.keys(model.gradients).toSorted());
  const scaleOf = (name: string) =>
    model.gradients[biasOfKeys.test(name) ? name.replace("bias", "weight") : name]!.norm;
  const errors = [...gradients].map(([name, values]) => {
    const wanted = model.gradients[name]!;
    const [actual, expected] =
      "whole" in wanted ? [values, floats(wanted.whole)] : [sumsOf(values, gold.masks), floats(wanted.sums)];
    expect(actual.length, name).toBe(expected.length);
    return [name, largestDifference(actual, expected) / scaleOf(name), wanted.float32Error] as const;
  });
  expect(errors.filter(([, error, float32Error]) => !(error < Math.max(tolerance, 4 * float32Error)))).toEqual([]);
});

async function gradientsOf({ model, ids, padId, targets }: GoldModel) {
  const loaded = await loadModules(await openModel(fixture(model)), undefined, () => {});
  const { modules } = onlyPipeline(loaded, model, "the test");
  const program = buildProgram({ modules, objectives: [{ loss: mse(), columns: 1 }], dropout: 0 });
  const batch = batchInputs(
    ids.map((row) => Int32Array.from(row)),
    padId,
    0,
  );
  const inputs: Record<string, Tensor> = {
    "loss target": {
      dtype: "float32",
      shape: [targets.length, targets[0]!.length],
      data: Float32Array.from(targets.flat()),
    },
    [perRowInput]: { dtype: "float32", shape: [], data: Float32Array.of(1 / targets.length) },
  };
  for (const name of program.inputs) inputs[name] = batch[name]!;
  for (const { input, gradient, tensor } of program.parameters) {
    inputs[input] = tensor;
    inputs[sumInput(gradient)] = { ...tensor, data: new Float32Array(tensor.data.length) };
  }
  for (const table of program.tables) inputs[table.input] = rowsOf(table, batch[table.ids]!);
  const session = await createNativeSession(program.train, {});
  try {
    const result = await runSession(OrtTensor, session, inputs);
    const gradients = new Map<string, Float32Array>();
    for (const { name, gradient } of program.parameters) gradients.set(name, result[gradient]!.data as Float32Array);
    for (const table of program.tables) {
      const rows = result[table.gradient]!.data as Float32Array;
      gradients.set(nameOf(table, modules), scattered(table, rows, batch[table.ids]!));
    }
    return { loss: Number(result.loss!.data[0]), gradients };
  } finally {
    await session.release();
  }
}

function nameOf({ tensor }: ProgramTable, modules: readonly Module[]): string {
  const tensors = modules.flatMap(({ parameters }) => [...parameters.tensors]);
  return tensors.find(([, other]) => other === tensor)![0];
}

/** The rows that are read before a run. */
function rowsOf({ tensor: { shape, data } }: ProgramTable, ids: Tensor): Tensor {
  const width = shape[1]!;
  const rows = new Float32Array(ids.data.length * width);
  for (const [index, id] of (ids.data as Int32Array).entries()) {
    rows.set(data.subarray(id * width, (id + 1) * width), index * width);
  }
  return { dtype: "float32", shape: [...ids.shape, width], data: rows };
}

/** The gradient by a table from that by the rows that were read. */
function scattered({ tensor: { shape, data } }: ProgramTable, rows: Float32Array, ids: Tensor): Float32Array {
  const width = shape[1]!;
  const sums = new Float32Array(data.length);
  for (const [index, value] of rows.entries()) {
    sums[Number(ids.data[Math.floor(index / width)]) * width + (index % width)]! += value;
  }
  return sums;
}

function largestDifference(actual: ArrayLike<number>, expected: Float32Array): number {
  return expected.reduce((most, value, index) => {
    const difference = Math.abs(actual[index]! - value);
    return difference <= most ? most : difference;
  }, 0);
}
