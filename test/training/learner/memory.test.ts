/** How many threads a student of some size leaves room for, and what of it decays. */
import { expect, test } from "vitest";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { allocate, threadsThatFit } from "../../../src/training/learner/memory.ts";
import { buildProgram } from "../../../src/training/learner/program.ts";
import { weightedLoss } from "../../../src/training/losses/weighted-loss.ts";
import { createStudent } from "../../../src/training/student/create-student.ts";
import { fixture } from "../../encode/model-folder.ts";

/** The memory is laid out by shapes alone. */
const weights = (millions: number) => ({
  name: "",
  input: "",
  gradient: "",
  tensor: { dtype: "float32", shape: [1000, 1000 * millions], data: new Float32Array(0) } satisfies Tensor,
});

test.each([
  ["MiniLM-L6", 11, 12, 45],
  ["BERT-base", 86, 24, 4],
  ["XLM-R-base", 86, 192, 1],
  ["BERT-large, for which there is no room at all", 304, 31, 1],
])("%s", (_name, dense, table, threads) => {
  const tables = [{ ...weights(table), ids: "input_ids" }];
  expect(threadsThatFit({ parameters: [weights(dense)], tables })).toBe(threads);
});

test("biases, by their names as in transformers, and LayerNorm don't decay; all else does", async () => {
  const student = await createStudent({ model: fixture("mpnet"), dimension: 8, seed: 1 });
  const program = buildProgram(student.modules, [{ loss: weightedLoss({ mse: 1 }), columns: 1 }], 0);
  const { parameters, decaying } = allocate(program, 1);
  const nameOf = new Map(program.parameters.map(({ input, name }) => [input, name]));
  const spared = parameters.filter(({ offset }) => offset >= decaying).map(({ input }) => nameOf.get(input)!);
  expect(spared).toContain("encoder.relative_attention_bias.weight");
  expect(spared.toSorted()).toEqual([...nameOf.values()].filter((name) => /bias|LayerNorm/.test(name)).toSorted());
});
