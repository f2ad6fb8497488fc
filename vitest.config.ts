import { defineConfig } from "vitest/config";

// The sources import #runtime and #hub by this condition; what is published has its own.
const conditions = ["hpd-source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000 },
});
