import { expect, test } from "vitest";
import { TopK } from "../../src/search/top-k.ts";

test("a score that equals the floor is kept, in float32 as well", () => {
  for (const floor of [0, 0.7, 0.1, -0.7, 1e-20]) {
    expect(Math.fround(floor)).toBeGreaterThan(new TopK(1, 2, floor).threshold(0));
  }
});

test("a score clearly below the floor may be left out", () => {
  for (const floor of [0, 0.7, -0.7]) expect(floor - 1e-3).toBeLessThan(new TopK(1, 2, floor).threshold(0));
});
