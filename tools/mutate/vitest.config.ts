import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";
import { rooms } from "./rooms.ts";

/** The suite's own, for the tests of one room. */
export default mergeConfig(
  // Stryker runs tests in threads, which take no options of V8, and reads a file again in one of them.
  {
    ...base,
    test: { ...base.test, projects: undefined, include: [], execArgv: ["--conditions=hpd-source"], runner: undefined },
  },
  defineConfig({
    // Stryker has a limit of its own.
    test: {
      testTimeout: 600_000,
      hookTimeout: 600_000,
      include: [...(rooms[process.env.MUTATED_ROOM ?? ""]?.tests ?? [])],
    },
  }),
);
