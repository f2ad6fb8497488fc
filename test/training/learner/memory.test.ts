/** How many threads a student of some size leaves room for. */
import { expect, test } from "vitest";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { threadsThatFit } from "../../../src/training/learner/memory.ts";

/** The memory is laid out by shapes alone. */
const weights = (millions: number) => ({
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
