/** A few kills of workers and of the server; tools/queue/kill.ts goes on for as long as is asked for. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Random } from "../../../src/random.ts";
import { fakeWork } from "./fake-work.ts";
import { runKills, workerArguments } from "./kill-scenario.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-queue-kills-"));
afterAll(() => rm(folder, { recursive: true }));

test("workers and server are killed, and no byte is another", { timeout: 180_000 }, async (context) => {
  const kills = await runKills({
    ...{ random: new Random(3), rounds: 1, workers: 3, folder, kills: 4, apart: 1_000 },
    workerArguments: (queue) => workerArguments(queue, false),
    open: async (_, to) => fakeWork({ folder: to, shards: 8, rows: 20, millisecondsPerRow: 20 }),
    log: () => {},
  });
  if (typeof kills === "string") context.skip(`skipped: ${kills}`);
  else expect(kills.workers + kills.servers).toBeGreaterThan(0);
});
