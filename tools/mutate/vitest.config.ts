import { matchesGlob, relative } from "node:path";
import { defineConfig, mergeConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import base from "../../vitest.config.ts";
import { rooms } from "./rooms.ts";

const tests = [...(rooms[process.env.MUTATED_ROOM ?? ""]?.tests ?? [])];

class AsListed extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId, project }: TestSpecification) =>
      tests.findIndex((pattern) => matchesGlob(relative(project.config.root, moduleId), pattern));
    return Promise.resolve(files.toSorted((a, b) => placeOf(a) - placeOf(b)));
  }
}

/** The suite's own, for the tests of one room. */
export default mergeConfig(
  // Stryker runs tests in threads, which take no options of V8, and reads a file again in one of them.
  {
    ...base,
    test: { ...base.test, projects: undefined, include: [], execArgv: ["--conditions=hpd-source"], runner: undefined },
  },
  defineConfig({
    test: {
      // Stryker has a limit of its own.
      testTimeout: 600_000,
      hookTimeout: 600_000,
      include: tests,
      sequence: { sequencer: AsListed },
    },
  }),
);
