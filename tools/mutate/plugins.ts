/** What Stryker is told to load: survivors are shown as they are found. */
import { readFileSync } from "node:fs";
import type { Mutant, MutantResult } from "@stryker-mutator/api/core";
import { declareFactoryPlugin, PluginKind } from "@stryker-mutator/api/plugin";

/** The path of a mutant's file from the root of the repository. */
export const pathOf = ({ fileName }: Mutant) => fileName.replace(/^.*?(?=src\/)/, "");

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
  declareFactoryPlugin(PluginKind.Reporter, "survivors", () => ({ onMutantTested: show })),
];
