/**
 * Kills the workers and the server of a queue, as often as is asked for: see test/jobs/queue/kill-scenario.ts for what must hold.
 *
 *     node --conditions hpd-source tools/queue/kill.ts --work encode --rounds 50 --seed 7
 *
 * `--work fake` is one without a model, in which only the queue is at work.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openEncodeWork, type ShardedWork, shardFormats } from "../../src/jobs/index.ts";
import { Random } from "../../src/random.ts";
import { fakeWork } from "../../test/jobs/queue/fake-work.ts";
import { runKills, workerArguments } from "../../test/jobs/queue/kill-scenario.ts";

const { values } = parseArgs({
  options: {
    work: { type: "string", default: "encode" },
    rounds: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "4" },
    shards: { type: "string", default: "12" },
    /** Texts of all shards, of real work. */
    texts: { type: "string", default: "1500" },
    /** The most kills of a round. */
    kills: { type: "string", default: "4" },
    /** Milliseconds between two kills, on average. */
    apart: { type: "string", default: "3000" },
  },
});
const shards = Number(values.shards);
const encodes = values.work === "encode";
const model = fileURLToPath(new URL("../../test/fixtures/models/bert", import.meta.url));
const words = "a man plays the guitar while it rains over the old harbour and nobody listens".split(" ");

// Else the server and the workers would go on.
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => process.exit(1));

const folder = await mkdtemp(join(tmpdir(), "hpd-queue-kill-"));
try {
  const start = performance.now();
  const kills = await runKills({
    ...{
      random: new Random(Number(values.seed)),
      rounds: Number(values.rounds),
      workers: Number(values.workers),
      folder,
    },
    workerArguments: (queue) => workerArguments(queue, encodes),
    open: encodes ? encode : fake,
    ...{ kills: Number(values.kills), apart: Number(values.apart) },
    log: (line) => console.log(line),
  });
  if (typeof kills === "string") throw new Error(kills);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${kills.workers} workers and ${kills.servers} servers killed in ${seconds} s, nothing lost`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function fake(round: number, to: string): Promise<ShardedWork> {
  return fakeWork({ folder: to, shards, rows: 20 + round, millisecondsPerRow: 20 });
}

async function encode(round: number, to: string): Promise<ShardedWork> {
  const input = join(folder, `${round}.jsonl`);
  const random = new Random(round);
  const rows = Array.from({ length: Number(values.texts) }, (_, id) => {
    const text = Array.from({ length: 1 + random.nextInteger(20) }, () => words[random.nextInteger(words.length)]);
    return `${JSON.stringify({ id, text: text.join(" ") })}\n`;
  });
  // Written once: its time is part of what the work is.
  await writeFile(input, rows.join(""), { flag: "wx" }).catch(() => {});
  const outputFormat = shardFormats[round % shardFormats.length]!;
  return openEncodeWork({ inputs: [input], output: to, shards, model, outputFormat }, { workers: 1 });
}
