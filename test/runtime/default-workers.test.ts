import { expect, test } from "vitest";
import { defaultWorkers } from "../../src/runtime/node/default-workers.ts";
import type { Lookup } from "../../src/runtime/session.ts";

const gigabyte = 2 ** 30;

/** What counts of a model, in GB: tables that all workers share, and the weights that each copies. */
function model({ table, layers }: { table: number; layers: number }) {
  const lookup: Lookup = {
    input: "rows",
    ids: "ids",
    dtype: "bfloat16",
    offset: 0,
    rows: table * 2 ** 19,
    width: 2 ** 10,
  };
  // Never read: so much memory need not be there.
  const weights = { length: (table + layers) * gigabyte } as Uint8Array;
  return { model: new Uint8Array(), weights, weightsLocation: "weights", lookups: table === 0 ? [] : [lookup] };
}

const qwen = { table: 0.3, layers: 1.64 };
const qwenInt8 = { table: 0.3, layers: 0.42 };

test.each([
  ["a small one: each core", { table: 0, layers: 0.05 }, 4, 8, 4],
  ["a small one: at most 8", { table: 0, layers: 0.05 }, 64, 8, 8],
  ["0.6 billion parameters in 8 GB", qwen, 8, 8, 1],
  ["in 16 GB", qwen, 8, 16, 2],
  ["in 64 GB", qwen, 8, 64, 8],
  ["in 8 bits in 8 GB", qwenInt8, 8, 8, 4],
  ["in 8 bits in 16 GB", qwenInt8, 8, 16, 8],
  ["one that doesn't fit at all", { table: 0, layers: 28 }, 8, 8, 1],
  ["nothing but a table", { table: 1, layers: 0 }, 8, 4, 8],
])("%s", (_, parts, cores, memory, expected) => {
  expect(defaultWorkers(model(parts), { cores, memory: memory * gigabyte })).toBe(expected);
});

test("this machine has at least one", () => {
  expect(defaultWorkers(model({ table: 0, layers: 0.01 }))).toBeGreaterThanOrEqual(1);
});
