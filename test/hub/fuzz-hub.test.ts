/** A few cases of the fuzzed hub; tools/fuzz/hub.ts runs any number. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fuzzHub } from "./fuzz-hub.ts";

test("whatever a hub does, loading ends with the model or an HpdError", { timeout: 120_000 }, async () => {
  const home = await mkdtemp(join(tmpdir(), "hpd-fuzz-hub-"));
  const seeds = Array.from({ length: 30 }, (_, seed) => seed);
  const counts = await fuzzHub(seeds, home);
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(30);
  await rm(home, { recursive: true });
});
