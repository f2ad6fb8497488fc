import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Every test file is a process that reads the sources as TypeScript, and so are the processes and workers that tests start:
// the first one compiles them for all others.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));

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

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification) => longest.test(moduleId);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/equal-bytes.ts"],
    // Node itself imports, as it does for users: Vite would transform every module again for every file.
    experimental: { viteModuleRunner: false },
    // The sources import #runtime and #hub by this condition; what is published has its own.
    execArgv: ["--conditions=hpd-source"],
    sequence: { sequencer: LongestFirst },
    // They are for what hangs: a machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Some tests wait, for retries, leases and servers: another one has their core meanwhile.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
  },
});
