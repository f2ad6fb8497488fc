/**
 * Changes the sources of a room in one place at a time and runs the room's tests: a change that none of them notices is
 * a survivor, to be read.
 *
 *     node tools/mutate/main.ts ROOM [--share 0.2] [--seed 1]
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { rooms } from "./rooms.ts";
import { outside, sampleMutants } from "./sample.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
process.chdir(`${here}/../..`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { share: { type: "string", default: "1" }, seed: { type: "string", default: "1" } },
});
const [name = ""] = positionals;
const room = rooms[name];
if (room === undefined) {
  console.error(`expected a room, one of ${Object.keys(rooms).join(", ")}, got ${JSON.stringify(name)}`);
  process.exit(2);
}
// The processes that Stryker starts read them.
Object.assign(process.env, {
  MUTATED_ROOM: name,
  ORT_DISABLE_TELEMETRY: "1",
});

await sampleMutants(Number(values.share), values.seed);

const reports = "tools/mutate/reports";
const results = await new Stryker({
  mutate: [...room.sources],
  // What an error says is tested where it matters; each of its words is a mutant of no interest.
  mutator: { excludedMutations: ["StringLiteral"] },
  testRunner: "vitest",
  vitest: { configFile: "tools/mutate/vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  // They need all tests of the room each.
  ignoreStatic: true,
  plugins: ["@stryker-mutator/vitest-runner", `${here}/plugins.ts`],
  concurrency: 1,
  // What loops for ever is mostly found by counting; a slow machine is no mutant's fault.
  dryRunTimeoutMinutes: 60,
  timeoutMS: 60_000,
  // TypeScript 7 has no interface for what Stryker would do to the configuration, and nothing here needs it.
  tsconfigFile: "none",
  disableTypeChecks: false,
  incremental: true,
  incrementalFile: `${reports}/${name}-${values.share}-${values.seed}.incremental.json`,
  tempDirName: "tools/mutate/.sandbox",
  reporters: ["json", "survivors"],
  jsonReporter: { fileName: `${reports}/${name}.json` },
  logLevel: "warn",
}).runMutationTest();

const sample = results.filter(({ statusReason }) => statusReason !== outside);
const count = (...statuses: string[]) => sample.filter(({ status }) => statuses.includes(status)).length;
const noticed = count("Killed", "Timeout");
const [survived, uncovered] = [count("Survived"), count("NoCoverage")];
console.log(`
${name}: ${((100 * noticed) / (noticed + survived + uncovered)).toFixed(1)} % of ${noticed + survived + uncovered} \
mutants noticed (${survived} survived, ${uncovered} in code that none of these tests runs), \
${count("Ignored")} texts and static ones, and ${results.length - sample.length} outside the sample left out`);
