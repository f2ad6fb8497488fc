/** A few kills of what keeps each kind of work; tools/kill runs hundreds, of all commands that train, too. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runScenario } from "./scenarios.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-kills-"));
afterAll(() => rm(scratch, { recursive: true }));

test.each([
  ["encode", 2],
  ["shards", 1],
  ["download", 1],
  ["distill", 1],
] as const)("%s", { timeout: 180_000 }, async (name, rounds) => {
  expect(await runScenario(name, { rounds, seed: 2, folder: join(scratch, name) })).toBeGreaterThan(0);
});
