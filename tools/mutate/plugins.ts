/** What Stryker is told to load: a sample of the mutants, and survivors shown as they are found. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type CheckResult, CheckStatus } from "@stryker-mutator/api/check";
import type { Mutant, MutantResult } from "@stryker-mutator/api/core";
import { declareFactoryPlugin, PluginKind } from "@stryker-mutator/api/plugin";

const share = Number(process.env.MUTATED_SHARE ?? 1);
const seed = process.env.MUTATED_SEED ?? "1";

const pathOf = ({ fileName }: Mutant) => fileName.replace(/^.*?(?=src\/)/, "");

/** Follows from the seed and from what the mutant is, so that it stays in the sample while others come and go. */
function isInSample(mutant: Mutant): boolean {
  const { location, mutatorName, replacement } = mutant;
  const what = JSON.stringify([seed, pathOf(mutant), location, mutatorName, replacement]);
  return createHash("sha256").update(what).digest().readUInt32LE(0) / 2 ** 32 < share;
}

/** Reports what is outside the sample as compile errors, which don't count for the score. */
function check(mutants: Mutant[]): Promise<Record<string, CheckResult>> {
  const results = mutants.map((mutant): [string, CheckResult] => [
    mutant.id,
    isInSample(mutant)
      ? { status: CheckStatus.Passed }
      : { status: CheckStatus.CompileError, reason: "not in the sample" },
  ]);
  return Promise.resolve(Object.fromEntries(results));
}

let noticed = 0;

/** Survivors, and from time to time how many were none: a run that is stopped has that as its score. */
function show(result: Readonly<MutantResult>): void {
  if (result.status === "Killed" || result.status === "Timeout") {
    noticed++;
    if (noticed % 25 === 0) console.log(`${noticed} noticed so far`);
  }
  if (result.status !== "Survived" && result.status !== "NoCoverage") return;
  const { start, end } = result.location;
  const lines = readFileSync(pathOf(result), "utf8").split("\n");
  const original =
    start.line === end.line
      ? lines[start.line - 1]!.slice(start.column - 1, end.column - 1)
      : `${lines[start.line - 1]!.slice(start.column - 1)} ...`;
  const what = result.status === "Survived" ? "survived" : "not run ";
  console.log(`${what} ${pathOf(result)}:${start.line} ${result.mutatorName}: ${original} -> ${result.replacement}`);
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.Checker, "sample", () => ({
    init: () => Promise.resolve(),
    check,
    group: (mutants: Mutant[]) => Promise.resolve([mutants.map(({ id }) => id)]),
  })),
  declareFactoryPlugin(PluginKind.Reporter, "survivors", () => ({ onMutantTested: show })),
];
