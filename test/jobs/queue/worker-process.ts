/** A worker in a process of its own, for tests that kill it. Its settings are JSON, its first argument. */
import { runWorker, type WorkerTuning } from "../../../src/jobs/queue/worker.ts";
import { openFake } from "./fake-work.ts";

export interface WorkerProcessSettings {
  readonly queue: string;
  readonly exitWhenEmpty?: boolean;
  readonly drainTimeout?: number;
  /** Milliseconds that its clock is ahead. */
  readonly clockAhead?: number;
  readonly tuning?: WorkerTuning;
}

const { clockAhead = 0, tuning, ...settings } = JSON.parse(process.argv[2]!) as WorkerProcessSettings;
const now = Date.now;
Date.now = () => now() + clockAhead;

const controller = new AbortController();
process.on("SIGTERM", () => controller.abort());
const report = await runWorker(
  {
    ...{
      exitWhenEmpty: false,
      drainTimeout: 10_000,
      ...settings,
      concurrency: 1,
      open: openFake,
      signal: controller.signal,
    },
    log: (level, message) => console.error(`${level}: ${message}`),
  },
  tuning,
);
console.log(JSON.stringify(report));
