/** Files written by torch and safetensors (tools/gold/formats.py) hold what Python says. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeSafetensors, openSafetensors } from "../../src/formats/safetensors.ts";
import { openSharded } from "../../src/formats/sharded.ts";
import { openTorchCheckpoint } from "../../src/formats/torch-checkpoint.ts";
import { toFloat32 } from "../../src/tensor/convert.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { memorySource } from "./memory-source.ts";

const folder = new URL("../gold/formats/", import.meta.url);
const gold = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));
type Expected = Record<string, { dtype: string; shape: number[]; values: number[] }>;
const { files } = JSON.parse(new TextDecoder().decode(gold("expected.json"))) as { files: Record<string, Expected> };

test.each(Object.entries(files))("%s", async (name, expected) => {
  const open = name.endsWith(".bin") ? openTorchCheckpoint : openSafetensors;
  const file = await open(memorySource(gold(name)));
  expect([...file.tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [key, { dtype, shape, values }] of Object.entries(expected)) {
    const tensor = await file.read(key);
    expect({ dtype: tensor.dtype, shape: tensor.shape }, key).toEqual({ dtype, shape });
    expect([...toFloat32(tensor)], key).toEqual(values.map(Math.fround));
  }
});

test("what is written is byte for byte what the reference writes", async () => {
  const file = await openSafetensors(memorySource(gold("dtypes.safetensors")));
  const tensors = new Map<string, Tensor>();
  for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
  expect(encodeSafetensors(tensors, { format: "pt" })).toEqual(gold("dtypes.safetensors"));
});

test.each([
  ["malicious.bin", /(posix|nt)\.system/],
  ["class.bin", /torch\.optim\.sgd\.SGD/],
  ["nested.bin", /state_dict/],
  ["legacy.bin", /Save it again/],
])("%s is refused", async (name, message) => {
  const opened = openTorchCheckpoint(memorySource(gold(name)));
  await expect(opened).rejects.toMatchObject({ code: "unsupported", message: expect.stringMatching(message) });
});

test("a view of a shared storage reads its own bytes only", async () => {
  const reads: number[] = [];
  const file = await openTorchCheckpoint(memorySource(gold("strided.bin"), reads));
  reads.length = 0;
  await file.read("offset");
  expect(reads.at(-1)).toBe(32);
  expect(reads.length).toBe(2);
});

test("shards: tensors come from their files; a missing one names both; no path leaves the folder", async () => {
  const open = async (file: string) => openSafetensors(memorySource(gold(file)));
  const index = (map: Record<string, string>) => JSON.stringify({ weight_map: map });
  const file = await openSharded(index({ scalar: "dtypes.safetensors" }), open);
  expect((await file.read("scalar")).data).toEqual(new Float32Array([2.5]));
  await expect(openSharded(index({ absent: "dtypes.safetensors" }), open)).rejects.toThrow(/absent.*dtypes/);
  for (const bad of ["../a", "a/b", "a\\b", "..", ""]) {
    await expect(openSharded(index({ a: bad }), open)).rejects.toMatchObject({ code: "corrupt_file" });
  }
});
