/** The first inputs of the fuzzers of tools/fuzz: each is read, or refused with an HpdError. */
import { expect, test } from "vitest";
import { inputOf, problemOf } from "../tools/fuzz/run-input.ts";
import { targets } from "../tools/fuzz/targets/index.ts";

const seed = 1;
const inputs: Readonly<Record<string, number>> = {
  checkpoints: 20_000,
  models: 1_000,
  tokenizers: 5_000,
  rows: 2_000,
  parquet: 2_000,
  markdown: 500,
  "index-settings": 3_000,
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
