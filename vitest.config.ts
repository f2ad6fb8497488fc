import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The sources import #runtime and #hub by this condition; what is published has its own.
const conditions = ["hpd-source", "node"];

// Processes and workers that tests start read the sources as TypeScript: the first one compiles them for all others.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // All cores: by default one is left over, which is half of two.
  test: { include: ["test/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000, maxWorkers: "100%" },
});
