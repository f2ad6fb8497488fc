/**
 * Folds a StaticEmbedding and the projection behind it into one table: the mean of projected rows is the projected
 * mean, and a text without tokens is zeros either way.
 */
import { denseSettings } from "../../modules/dense.ts";
import type { Module } from "../../modules/module.ts";
import { Parameters } from "../../modules/parameters.ts";
import { buildStaticEmbedding } from "../../modules/static-embedding.ts";

const tableName = "embedding.weight";

/** @returns the modules unchanged unless they are exactly these two */
export function foldStatic(modules: readonly Module[]): readonly Module[] {
  const [table, dense, ...others] = modules;
  if (table?.type !== "StaticEmbedding" || dense?.type !== "Dense" || others.length > 0) return modules;
  if (!isProjection(dense)) return modules;
  const { file, folder } = table.parameters;
  const { shape, data } = table.parameters.tensor(tableName, [-1, -1]);
  const [rows, inputs] = shape as [number, number];
  const weight = dense.parameters.tensor("linear.weight", [-1, inputs]);
  const outputs = weight.shape[0]!;
  const folded = new Float32Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let output = 0; output < outputs; output++) {
      let sum = 0;
      for (let at = 0; at < inputs; at++) sum += data[row * inputs + at]! * weight.data[output * inputs + at]!;
      folded[row * outputs + output] = sum;
    }
  }
  const tensor = { dtype: "float32", shape: [rows, outputs], data: folded } as const;
  return [buildStaticEmbedding(new Parameters(file, folder, new Map([[tableName, tensor]])))];
}

/** Whether a Dense is a plain projection, without other settings such as another input. */
function isProjection(dense: Module): boolean {
  const { in_features: _, out_features: __, ...rest } = dense.configFiles()["config.json"]!;
  const entries = Object.entries(denseSettings.projection);
  return Object.keys(rest).length === entries.length && entries.every(([key, value]) => rest[key] === value);
}
