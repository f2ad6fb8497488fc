/** The first inputs of the fuzzers of tools/fuzz: each is read, or refused with an HpdError. */
import { expect, test } from "vitest";
import { inputOf, problemOf } from "../tools/fuzz/run-input.ts";
import { targets } from "../tools/fuzz/targets/index.ts";

const seed = 1;
const inputs: Readonly<Record<string, number>> = {
  checkpoints: 5_000,
  models: 250,
  tokenizers: 1_500,
  rows: 500,
  parquet: 500,
  markdown: 150,
  "index-settings": 1_000,
};

test.each(targets)(
  "$name",
  async (target) => {
    for (let index = 0; index < inputs[target.name]!; index++) {
      const problem = await problemOf(inputOf(target, seed, index));
      if (problem !== undefined) expect.fail(`--seed ${seed} --at ${index}: ${problem}`);
    }
  },
  120_000,
);
