/** Work in steps: each item once, in order, and the event loop is served in between. */
import { expect, test } from "vitest";
import { Yielder } from "../../src/common/yielder.ts";

test("steps cover all items in order", async () => {
  for (const count of [0, 1, 1024, 5000]) {
    const visited: number[] = [];
    await new Yielder().inSteps(count, (start, end) => {
      for (let item = start; item < end; item++) visited.push(item);
    });
    expect(visited).toEqual(Array.from({ length: count }, (_, item) => item));
  }
});

test("between long steps timers run, and a signal stops the work", async () => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error("stopped")), 1);
  let last = 0;
  const work = new Yielder(abort.signal).inSteps(1_000_000, (_, end) => {
    last = end;
    for (const start = performance.now(); performance.now() - start < 25; );
  });
  await expect(work).rejects.toThrow("stopped");
  clearTimeout(timer);
  expect(last).toBeLessThan(1_000_000);
});
