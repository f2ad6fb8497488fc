import { defineConfig } from "vitest/config";

// The sources import #runtime and #hub by this condition; what is published has its own.
const conditions = ["hpd-source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // All cores: by default one is left over, which is half of two.
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000, maxWorkers: "100%" },
});
