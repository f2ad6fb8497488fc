/**
 * A sample of the mutants. Those outside it are left out before Stryker writes its switches and counters into the sources, which
 * make a loop over numbers many times slower: a tenth of the mutants makes tests nearly as quick as those of the sources.
 */
import { createHash } from "node:crypto";
import type { Mutant } from "@stryker-mutator/api/core";
import { pathOf } from "./plugins.ts";

export const outside = "outside the sample";

/** What is used of Stryker's collector, which its packages don't export. */
interface Collector {
  collect(...what: unknown[]): { ignoreReason?: string; toApiMutant(): Mutant };
}

/** Leaves mutants out of what Stryker will do in this process. */
export async function sampleMutants(share: number, seed: string): Promise<void> {
  const path = "node_modules/@stryker-mutator/instrumenter/dist/src/transformers/mutant-collector.js";
  const { MutantCollector } = await import(new URL(path, import.meta.url).href);
  const collector = MutantCollector.prototype as Collector;
  const { collect } = collector;
  collector.collect = function (...what) {
    const mutant = collect.apply(this, what);
    if (!isInSample(mutant.toApiMutant(), share, seed)) mutant.ignoreReason = outside;
    return mutant;
  };
}

/** Follows from the seed and from what the mutant is, so that it stays in the sample while others come and go. */
function isInSample(mutant: Mutant, share: number, seed: string): boolean {
  const { location, mutatorName, replacement } = mutant;
  const what = JSON.stringify([seed, pathOf(mutant), location, mutatorName, replacement]);
  return createHash("sha256").update(what).digest().readUInt32LE(0) / 2 ** 32 < share;
}
