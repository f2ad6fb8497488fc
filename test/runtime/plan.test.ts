import { expect, test } from "vitest";
import { planOf } from "../../src/runtime/node/plan.ts";
import type { Lookup, SessionModel } from "../../src/runtime/session.ts";

const megabyte = 2 ** 20;

/** What counts of a model, in MB: tables that all sessions share, and the weights that each copies. */
interface Parts {
  readonly table?: number;
  readonly layers: number;
  /** What half precision grows by in a session. */
  readonly widening?: number;
}

function model({ table = 0, layers, widening = 0 }: Parts): SessionModel {
  const lookup: Lookup = {
    input: "rows",
    ids: "ids",
    dtype: "bfloat16",
    offset: 0,
    rows: table * 2 ** 9,
    width: 2 ** 10,
  };
  // Never read: so much memory need not be there.
  const weights = { length: (table + layers) * megabyte } as Uint8Array;
  return {
    model: new Uint8Array(),
    weights,
    weightsLocation: "weights",
    lookups: table === 0 ? [] : [lookup],
    widening: widening * megabyte,
  };
}

const miniLm = { table: 45, layers: 41 };
const small = { table: 45, layers: 82 };
const base = { table: 90, layers: 324 };
const baseInt8 = { table: 90, layers: 82 };
const qwen = { table: 300, layers: 1_680 };

test.each([
  ["a small one: a session for each core", miniLm, 4, 8, "4 x 1"],
  ["at most 8", miniLm, 64, 64, "8 x 1"],
  ["on one core", miniLm, 1, 8, "1 x 1"],
  ["where their copies would fill half of the memory", miniLm, 8, 0.5, "2 x 4"],
  ["a middling one on two cores", small, 2, 8, "2 x 1"],
  ["on four: copies fill at most half a gigabyte", small, 4, 16, "4 x 1"],
  ["on eight", small, 8, 16, "4 x 2"],
  ["a base model: one", base, 2, 16, "1 x 2"],
  ["however many cores and however much memory", base, 64, 512, "1 x 8"],
  ["stored in half precision: as large", { table: 45, layers: 162, widening: 162 }, 64, 512, "1 x 8"],
  ["in 8 bits, as a middling one", baseInt8, 8, 16, "4 x 2"],
  ["0.6 billion parameters", qwen, 8, 8, "1 x 8"],
  ["one that doesn't fit at all", { layers: 28_000 }, 8, 8, "1 x 8"],
  ["nothing but a table", { table: 1_000, layers: 0 }, 8, 4, "8 x 1"],
])("%s: sessions x threads", (_, parts, cores, memory, expected) => {
  const { sessions, threads } = planOf(model(parts), undefined, { cores, memory: memory * 2 ** 30 });
  expect(`${sessions} x ${threads}`).toBe(expected);
});

test.each([
  [miniLm, 1, 2, "1 x 1"],
  [miniLm, 3, 2, "3 x 1"],
  [miniLm, 12, 2, "8 x 1"],
  [miniLm, 12, 16, "6 x 2"],
  [small, 7, 8, "3 x 2"],
  [small, 7, 2, "4 x 1"],
  [base, 1, 2, "1 x 1"],
  [base, 8, 8, "1 x 8"],
  [base, 8, 2, "1 x 2"],
])(
  "%o with %i workers on %i cores: no session has more threads than there are cores",
  (parts, workers, cores, expected) => {
    const { sessions, threads } = planOf(model(parts), workers, { cores, memory: 16 * 2 ** 30 });
    expect(`${sessions} x ${threads}`).toBe(expected);
  },
);

test("this machine has at least one thread", () => {
  const { sessions, threads } = planOf(model({ layers: 10 }));
  expect(sessions * threads).toBeGreaterThanOrEqual(1);
});
