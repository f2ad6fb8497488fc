import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { aloneTests } from "./test/alone-tests.ts";
import { isBuilt } from "./tools/build/built.ts";

// Every test file is a process that reads the sources as TypeScript, and so are the processes and workers that tests start:
// the first one compiles them for all others.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));

// Commands that tests start as processes are those that were built, if nothing has changed since.
process.env.HPD_TEST_DIST ??= isBuilt() ? "1" : "0";

/**
 * Files that take long for their size. Where nothing is known of earlier runs the largest files begin, and these would
 * run on alone at the end.
 */
const longest = new RegExp(
  `/test/(?:${[
    ...["docs/pages", "kill/kill", "jobs/queue/queue", "runtime/telemetry", "hub/hostile-hub", "fuzz", ".*growth"],
    ...["fine-tuning/(?:train|losses)", ".*distill", "encode/(?:config-keys|gold-models)", "training/learner/.*"],
    ...["passage-index/(?:build|kill|.*-store)", "evaluation/sts", "cli/serve"],
  ].join("|")})\\.test\\.ts$`,
);

/** @returns 0 for the files that begin. Those that share processes stand side by side, as a process takes the next one of its kind */
function turnOf({ moduleId, project }: TestSpecification): number {
  return (project.config.isolate ? 0 : 2) + (longest.test(moduleId) ? 0 : 1);
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => turnOf(a) - turnOf(b));
  }
}

export default defineConfig({
  test: {
    setupFiles: ["test/setup.ts"],
    runner: "test/runner.ts",
    // Node itself imports, as it does for users: Vite would transform every module again for every file. Nothing looks for `vi.mock`.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // The sources import #runtime and #hub by this condition; what is published has its own. What tests make is mostly forgotten
    // at once, so collecting it can wait: as V8 is set, every 64 MB of typed arrays begin a collection of the whole heap.
    execArgv: [
      ...["--conditions=hpd-source", "--max-semi-space-size=64", "--initial-heap-size=512"],
      "--external-memory-accounted-in-global-limit",
    ],
    sequence: { sequencer: LongestFirst },
    // They are for what hangs: a machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Some tests wait, for retries, leases and servers: another one has their core meanwhile.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    projects: [
      { extends: true, test: { name: "alone", include: aloneTests } },
      { extends: true, test: { name: "shared", include: ["test/**/*.test.ts"], exclude: aloneTests, isolate: false } },
    ],
  },
});
