/** Workers without work end, which gives their memory back, and start again when there is work: nothing is lost. */
import type { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { WorkerPool } from "../../src/runtime/node/worker-pool.ts";
import { ids, tinyModel, watchWorkers } from "./tiny-model.ts";

afterEach(() => void vi.restoreAllMocks());

const twoWorkers = () => ({ sessions: 2, threads: 1 });

/** Workers that haven't ended. */
const living = (workers: Iterable<Worker>) => [...workers].filter(({ threadId }) => threadId !== -1).length;

const row = async (pool: WorkerPool, id: number) => [...(await pool.run(ids(id))).rows!.data];

test("all but one end soon, also when the one was there long before", async () => {
  const workers = watchWorkers();
  const pool = await WorkerPool.create(tinyModel(), twoWorkers, { others: 200, last: 60_000 });
  while (workers.size < 2) await Promise.all(Array.from({ length: 20 }, () => row(pool, 0)));
  expect(living(workers)).toBe(2);
  await vi.waitFor(() => expect(living(workers)).toBe(1), { timeout: 5_000 });
  expect(await row(pool, 1)).toEqual([3, 4]);
  expect(workers.size).toBe(2);
  await pool.dispose();
});

test("the last one ends too, and the next run starts one", async () => {
  const workers = watchWorkers();
  const pool = await WorkerPool.create(tinyModel(), twoWorkers, { others: 10, last: 100 });
  await vi.waitFor(() => expect(workers.size).toBe(1));
  await vi.waitFor(() => expect(living(workers)).toBe(0), { timeout: 5_000 });
  expect(await row(pool, 2)).toEqual([5, 6]);
  expect(living(workers)).toBe(1);
  await pool.dispose();
  expect(living(workers)).toBe(0);
});

test("runs that come at any time while workers end are answered, each with its own", async () => {
  const pool = await WorkerPool.create(tinyModel(), twoWorkers, { others: 1, last: 2 });
  for (let round = 0; round < 30; round++) {
    const wanted = Array.from({ length: 1 + (round % 5) }, (_, index) => (round + index) % 4);
    const rows = await Promise.all(wanted.map((id) => row(pool, id)));
    expect(rows).toEqual(wanted.map((id) => [2 * id + 1, 2 * id + 2]));
    await new Promise((resolve) => setTimeout(resolve, (7 * round) % 6));
  }
  await pool.dispose();
});

test("dispose while workers end waits for them", async () => {
  const workers = watchWorkers();
  const pool = await WorkerPool.create(tinyModel(), twoWorkers, { others: 1, last: 1 });
  await row(pool, 0);
  await new Promise((resolve) => setTimeout(resolve, 3));
  await pool.dispose();
  expect(living(workers)).toBe(0);
  await expect(row(pool, 0)).rejects.toMatchObject({ code: "disposed" });
});

test("where the runtime can't start again, the run that needed it says so", async () => {
  const model = await tinyModel();
  const pool = await WorkerPool.create(model, twoWorkers, { others: 1, last: 1 });
  Object.assign(model, { model: Uint8Array.of(1, 2, 3) });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await expect(row(pool, 0)).rejects.toMatchObject({
    code: "runtime",
    message: expect.stringMatching(/did not start/),
  });
  await pool.dispose();
});
