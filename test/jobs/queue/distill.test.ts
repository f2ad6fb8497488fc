/** Embeddings of teachers through a queue: workers in processes of their own, one of which is killed at work. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { submitWork } from "../../../src/jobs/queue/submit.ts";
import { watchWork } from "../../../src/jobs/queue/watch.ts";
import { type DistillOptions, distill, openTeacherWork } from "../../../src/train.ts";
import { describeServer } from "../../describe-server.ts";
import { fixture } from "../../encode/model-folder.ts";
import { workerArguments } from "./kill-scenario.ts";
import { startRedis } from "./redis-server.ts";

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

await describeServer("Redis", startRedis, (server) => {
  const workers: ChildProcess[] = [];
  afterEach(async () => {
    for (const worker of workers.splice(0)) await kill(worker);
  });

  test("a student taught by a queue, a worker of which is killed, has the weights of one taught alone", async () => {
    const scratch = await mkdtemp(join(tmpdir(), "hpd-queue-distill-"));
    const sentences = join(scratch, "sentences.txt");
    await writeFile(sentences, Array.from({ length: 6_000 }, (_, at) => `a man ${at} plays ${at % 7} dogs`).join("\n"));
    const options = (name: string): DistillOptions => ({
      teachers: [{ model: fixture("bert") }, { model: fixture("distilbert"), weight: 2 }],
      student: { model: fixture("hpd-tinybert-like"), layers: [0] },
      sentences: [{ path: sentences }],
      ...{ validation: 100, fitSentences: 2_000, dimension: 8, batchSize: 16, maxSteps: 5, warmupSteps: 2, threads: 1 },
      ...{ out: join(scratch, name), cacheFolder: join(scratch, `${name}-cache`) },
    });
    const output = join(scratch, "embeddings");
    {
      await using work = await openTeacherWork({ distill: options("queue"), shards: 6, output });
      await submitWork(work, { queue: server.url });
      const start = () => workers.push(spawn(process.execPath, workerArguments(server.url, true), { stdio: "ignore" }));
      start();
      // Half-written: the worker is in the middle of a shard.
      while (!(existsSync(output) && readdirSync(output).some((name) => name.endsWith(".partial")))) await delay(2);
      await kill(workers[0]!);
      const done = (await work.committed()).size;
      expect(done).toBeLessThan(6);
      start();
      start();
      await watchWork(work, { queue: server.url });
      expect((await work.committed()).size).toBe(6);
    }
    await distill(options("alone"));
    const events: string[] = [];
    await distill({
      ...options("queue"),
      teacherEmbeddings: output,
      onEvent: (event) => event.type === "prepare" && events.push(`${event.stage} ${event.done}`),
    });
    // Nothing was left to be made.
    expect(events.filter((event) => event.startsWith("fit"))).toEqual(["fit 3000", "fit 6000"]);
    const weights = (name: string) => readFileSync(join(scratch, name, "model.safetensors"));
    expect(weights("queue").equals(weights("alone"))).toBe(true);
    await rm(scratch, { recursive: true });
  });
});

async function kill(worker: ChildProcess): Promise<void> {
  worker.kill("SIGKILL");
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, "exit");
}
