/** A worker in a process of its own, for tests that kill it. Its settings are JSON, its first argument. */
import { openWork } from "../../../src/jobs/open-work.ts";
import type { OpenWork } from "../../../src/jobs/queue/open-works.ts";
import { runWorker } from "../../../src/jobs/queue/worker.ts";
import type { WorkerTuning } from "../../../src/jobs/queue/worker-settings.ts";
import { openFake } from "./fake-work.ts";

export interface WorkerProcessSettings {
  readonly queue: string;
  readonly exitWhenEmpty?: boolean;
  readonly drainTimeout?: number;
  readonly stallTimeout?: number;
  /** Milliseconds that its clock is ahead. */
  readonly clockAhead?: number;
  /** Whether its works are real ones. */
  readonly encodes?: boolean;
  readonly tuning?: WorkerTuning;
}

const settings = JSON.parse(process.argv[2]!) as WorkerProcessSettings;
const { queue, exitWhenEmpty = false, drainTimeout = 10_000, clockAhead = 0, encodes = false } = settings;
const { stallTimeout = 3_600_000 } = settings;
const now = Date.now;
Date.now = () => now() + clockAhead;

const controller = new AbortController();
process.on("SIGTERM", () => controller.abort());
const openReal: OpenWork = (description, signal) => openWork(description, { workers: 1, signal });
const log = (level: string, message: string) => console.error(`${level}: ${message}`);
const report = await runWorker(
  {
    ...{ queue, exitWhenEmpty, drainTimeout, stallTimeout, concurrency: 1, signal: controller.signal, log },
    open: encodes ? openReal : openFake,
  },
  settings.tuning,
);
console.log(JSON.stringify(report));
