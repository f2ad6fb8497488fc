/**
 * Kills commands at times by chance, for as many rounds as are asked for: see test/kill/scenarios.ts for what must hold.
 *
 *     node --conditions hpd-source tools/kill/kill.ts --rounds 100 --seed 7 [--scenario encode|shards|download|distill|train]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runScenario, scenarioNames } from "../../test/kill/scenarios.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    scenario: { type: "string" },
  },
});
const folder = await mkdtemp(join(tmpdir(), "hpd-kill-"));
try {
  for (const name of scenarioNames.filter((known) => values.scenario === undefined || values.scenario === known)) {
    const start = performance.now();
    const kills = await runScenario(name, {
      rounds: Number(values.rounds),
      seed: Number(values.seed),
      folder: join(folder, name),
      log: (line) => console.log(line),
    });
    console.log(`${name}: ${kills} kills in ${((performance.now() - start) / 1000).toFixed(0)} s, nothing lost`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
