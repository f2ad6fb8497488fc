/**
 * Loads models from a hub that misbehaves by chance: see test/hub/fuzz-hub.ts for what must hold.
 *
 *     node --conditions hpd-source tools/fuzz/hub.ts --cases 10000 --seed 1
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzzHub } from "../../test/hub/fuzz-hub.ts";

const { values } = parseArgs({
  options: { cases: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
const home = await mkdtemp(join(tmpdir(), "hpd-fuzz-hub-"));
try {
  const first = Number(values.seed) * 1_000_000;
  const seeds = Array.from({ length: Number(values.cases) }, (_, index) => first + index);
  console.log(await fuzzHub(seeds, home, 100));
} finally {
  await rm(home, { recursive: true, force: true });
}
