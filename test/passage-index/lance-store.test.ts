/** LanceDB, as a store like any other. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { lanceLocation } from "../../src/passage-index/lance/location.ts";
import { describeStore } from "./store-contract.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-lance-"));
afterAll(() => rm(scratch, { recursive: true }));

let folders = 0;
describeStore("LanceDB", async () => lanceLocation(join(scratch, `index-${folders++}`)), {
  otherProcesses: true,
  int8OfAnyLength: false,
  ownSearch: true,
});
