/** How the numbers of a student are laid out: what decays, and students that one WebAssembly memory has no room for. */
import { expect, test } from "vitest";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { buildProgram } from "../../../src/training/learner/build-program.ts";
import { makeBlocks } from "../../../src/training/learner/dense-block.ts";
import { allocate } from "../../../src/training/learner/memory.ts";
import { weightedLoss } from "../../../src/training/losses/weighted-loss.ts";
import { createStudent } from "../../../src/training/student/create-student.ts";
import { fixture } from "../../encode/model-folder.ts";

const weight = (name: string, size: number, decays = true) => ({
  name,
  input: `input ${name}`,
  gradient: `gradient ${name}`,
  decays,
  rate: 1,
  tensor: { dtype: "float32", shape: [size], data: new Float32Array(size).fill(size) } satisfies Tensor,
});

test("biases, by their names as in transformers, and LayerNorm don't decay; all else does", async () => {
  const student = await createStudent({ model: fixture("mpnet"), dimension: 8, seed: 1 });
  const program = buildProgram({
    modules: student.modules,
    objectives: [{ loss: weightedLoss({ mse: 1 }), columns: 1 }],
    dropout: 0,
  });
  const { blocks, tables } = await allocate(program, 1);
  const [{ parameters, regions }] = blocks as [(typeof blocks)[number]];
  expect(blocks.length).toBe(1);
  expect(regions.map(({ decays }) => decays)).toEqual([true, false]);
  expect(tables.map(({ name, decays }) => [name, decays])).toEqual([["embeddings.word_embeddings.weight", true]]);
  const spared = parameters.filter(({ offset }) => offset >= regions[0]!.end).map(({ name }) => name);
  expect(spared).toContain("encoder.relative_attention_bias.weight");
  const all = program.parameters.map(({ name }) => name);
  expect(spared.toSorted()).toEqual(all.filter((name) => /bias|LayerNorm/.test(name)).toSorted());
});

test("what one memory has no room for lies in several, each parameter whole, with its gradient of each thread", async () => {
  const parameters = [weight("a", 100), weight("b", 30), weight("c", 10, false), weight("d", 60), weight("e", 16)];
  // Room for 128 numbers with two moments and two gradients.
  const blocks = await makeBlocks(parameters, 2, 5 * 128);
  expect(blocks.map(({ parameters }) => parameters.map(({ name, offset }) => [name, offset]))).toEqual([
    [["a", 0]],
    [
      ["b", 0],
      ["d", 32],
      ["e", 96],
      ["c", 112],
    ],
  ]);
  expect(blocks[1]!.regions).toEqual([
    { start: 0, end: 112, decays: true, rate: 1 },
    { start: 112, end: 128, decays: false, rate: 1 },
  ]);
  for (const { memory, moments, gradients, parameters: placed } of blocks) {
    const arrays = [moments.parameters, moments.first, moments.second, ...gradients];
    for (const [index, array] of arrays.entries()) {
      expect(array.buffer).toBe(memory.buffer);
      expect(array.byteOffset).toBe(4 * index * array.length);
    }
    for (const { offset, size } of placed) {
      expect([...moments.parameters.subarray(offset, offset + size)]).toEqual(new Array(size).fill(size));
    }
  }
  await expect(makeBlocks(parameters, 3, 5 * 128)).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/the weight a of shape \[100\].* fewer threads/),
  });
});
