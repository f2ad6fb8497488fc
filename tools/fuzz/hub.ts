/**
 * Loads models from a hub that misbehaves by chance: see test/hub/fuzz-hub.ts for what must hold.
 *
 *     node --conditions hpd-source tools/fuzz/hub.ts --count 10000 --seed 1
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzzHub } from "../../test/hub/fuzz-hub.ts";

const { values } = parseArgs({
  options: { count: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
const atOnce = 100;
const home = await mkdtemp(join(tmpdir(), "hpd-fuzz-hub-"));
try {
  const first = Number(values.seed) * 1_000_000;
  const counts: Record<string, number> = {};
  for (let done = 0; done < Number(values.count); done += atOnce) {
    const seeds = Array.from({ length: atOnce }, (_, index) => first + done + index);
    for (const [outcome, count] of Object.entries(await fuzzHub(seeds, home))) {
      counts[outcome] = (counts[outcome] ?? 0) + count;
    }
  }
  console.log(counts);
} finally {
  await rm(home, { recursive: true, force: true });
}
