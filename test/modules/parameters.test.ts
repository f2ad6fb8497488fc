/** Weights out of a checkpoint: nothing is read of one that doesn't fit. */
import { expect, test } from "vitest";
import { encodeSafetensors, openSafetensors } from "../../src/formats/safetensors.ts";
import { type Parameters, readParameters } from "../../src/modules/parameters.ts";
import { recordedSource } from "../formats/recorded-source.ts";

const bytes = encodeSafetensors(
  new Map([
    ["LayerNorm.gamma", { dtype: "float32", shape: [4], data: Float32Array.of(1, 2, 3, 4) }],
    ["weight", { dtype: "float32", shape: [2, 4], data: new Float32Array(8) }],
    ["unused", { dtype: "float32", shape: [1000], data: new Float32Array(1000) }],
  ]),
);

async function read(build: (parameters: Parameters) => void) {
  const source = recordedSource("model.safetensors", bytes);
  const opened = await openSafetensors(source);
  const before = source.reads.length;
  const parameters = await readParameters({ file: source.name, ...opened }, "", build).catch((error: Error) => error);
  return { parameters, reads: source.reads.slice(before) };
}

test("what is asked for is read, under the name that it is asked by", async () => {
  const { parameters, reads } = await read((asked) => {
    asked.tensor("LayerNorm.weight", [4]);
    asked.get("weight", [-1, 4]);
  });
  expect(reads.map(([, length]) => length)).toEqual([16, 32]);
  expect((parameters as Parameters).tensor("LayerNorm.weight", [4]).data).toEqual(Float32Array.of(1, 2, 3, 4));
});

test("nothing is read where a shape is another or a weight is missing", async () => {
  const asked: [string, number[], RegExp][] = [
    ["weight", [4, 2], /^model\.safetensors: the weight weight should have shape \[4,2\], got \[2,4\]$/],
    ["bias", [4], /^model\.safetensors: the weight bias of shape \[4\] is missing$/],
  ];
  for (const [name, shape, message] of asked) {
    const { parameters, reads } = await read((asked) => {
      asked.tensor("LayerNorm.weight", [4]);
      asked.tensor(name, shape);
    });
    expect(parameters).toMatchObject({ code: "invalid_model", message: expect.stringMatching(message) });
    expect(reads).toEqual([]);
  }
});
