/**
 * Works go through a queue one after the other, while workers and the server are killed at times by chance. Each has to end
 * with the bytes that one process alone gives.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { submitWork } from "../../../src/jobs/queue/submit.ts";
import { watchWork } from "../../../src/jobs/queue/watch.ts";
import type { ShardedWork } from "../../../src/jobs/sharded-work.ts";
import type { Random } from "../../../src/random.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";
import type { WorkerProcessSettings } from "./worker-process.ts";

export interface KillSettings {
  readonly random: Random;
  readonly rounds: number;
  readonly workers: number;
  /** Arguments of Node for a worker. */
  workerArguments(queue: string): readonly string[];
  /** Opens a work whose results go to a folder that is there. */
  open(round: number, folder: string): Promise<ShardedWork>;
  readonly folder: string;
  /** The most kills of a round. There is at least one. */
  readonly kills: number;
  /** Milliseconds between two kills, on average. */
  readonly apart: number;
  log(line: string): void;
}

export interface Kills {
  workers: number;
  servers: number;
}

/** @returns why there is no server, or the number of kills @throws where the bytes are others, or a worker says why it failed */
export async function runKills(settings: KillSettings): Promise<Kills | string> {
  const server = await startRedis(["--appendonly", "yes", "--appendfsync", "always"]);
  if (typeof server === "string") return server;
  const crew = new Crew(settings, server.url);
  const kills: Kills = { workers: 0, servers: 0 };
  try {
    for (let round = 0; round < settings.rounds; round++) {
      const before = { ...kills };
      await runRound({ ...settings, round }, server, crew, kills);
      settings.log(
        `round ${round}: ${kills.workers - before.workers} workers and ${kills.servers - before.servers} servers killed, ` +
          "all bytes equal",
      );
    }
    return kills;
  } finally {
    await crew.end();
    await server.stop();
  }
}

async function runRound(
  settings: KillSettings & { readonly round: number },
  server: RedisServer,
  crew: Crew,
  kills: Kills,
): Promise<void> {
  const { round, random } = settings;
  const alone = join(settings.folder, `${round}-alone`);
  const together = join(settings.folder, `${round}-together`);
  mkdirSync(alone);
  mkdirSync(together);
  await using expected = await settings.open(round, alone);
  for (let shard = 0; shard < expected.shards; shard++) await expected.run(shard);
  await using work = await settings.open(round, together);
  await submitWork(work, { queue: server.url });
  const done = new AbortController();
  const watching = watchWork(work, { queue: server.url, onWarning: settings.log }).finally(() => done.abort());
  const killing = (async () => {
    for (let left = 1 + random.nextInteger(settings.kills); left > 0; left--) {
      // The moments of independent events.
      await delay(-Math.log(1 - random.nextFloat()) * settings.apart);
      if (random.nextFloat() < 0.3) {
        await server.kill();
        await delay(random.nextFloat() * 1_500);
        await server.start();
        kills.servers++;
      } else {
        await crew.killOne(random);
        kills.workers++;
      }
      if (done.signal.aborted) return;
    }
  })();
  await Promise.race([watching, crew.failed]);
  await killing;
  const first = filesOf(alone);
  const names = [...first.keys()].join("\n");
  let second = new Map<string, Buffer>();
  // A worker that was taken for dead may still be at a shard that another one has done.
  for (const end = performance.now() + 60_000; performance.now() < end; await delay(500)) {
    // Whoever opens a work removes what killed workers left half-written.
    await (await settings.open(round, together)).dispose();
    second = filesOf(together);
    if ([...second.keys()].join("\n") === names) break;
  }
  if ([...second.keys()].join("\n") !== names) {
    throw new Error(`round ${round}: alone\n${names}\ntogether\n${[...second.keys()].join("\n")}`);
  }
  for (const [name, bytes] of first) {
    if (!bytes.equals(second.get(name)!)) throw new Error(`round ${round}: ${name} has other bytes`);
  }
}

/** The files of results, without those of fake work beside them. */
function filesOf(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const results = names.filter((name) => !/(^|\/)\.|^runs/.test(name) && statSync(join(folder, name)).isFile());
  return new Map(results.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Workers in processes of their own, of which there are always as many. */
class Crew {
  readonly failed: Promise<never>;
  readonly #start: () => ChildProcess;
  readonly #workers: ChildProcess[];
  #fail: (error: Error) => void = () => {};

  readonly #abandon = () => {
    for (const worker of this.#workers) worker.kill("SIGKILL");
  };

  constructor({ workers, workerArguments, log }: KillSettings, queue: string) {
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
    this.#start = () => {
      const child = spawn(process.execPath, workerArguments(queue), { stdio: ["ignore", "ignore", "pipe"] });
      let said = "";
      child.stderr!.setEncoding("utf8").on("data", (text) => {
        said = (said + text).slice(-4_000);
      });
      child.once("exit", (code) => {
        if (code !== null) this.#fail(new Error(`a worker ended by itself with code ${code}: ${said}`));
      });
      child.once("error", log);
      return child;
    };
    this.#workers = Array.from({ length: workers }, this.#start);
    process.once("exit", this.#abandon);
  }

  async killOne(random: Random): Promise<void> {
    const index = random.nextInteger(this.#workers.length);
    await kill(this.#workers[index]!);
    this.#workers[index] = this.#start();
  }

  async end(): Promise<void> {
    process.off("exit", this.#abandon);
    await Promise.all(this.#workers.map(kill));
  }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** Arguments of Node for a worker whose leases are short. @param encodes whether its works are real ones */
export function workerArguments(queue: string, encodes: boolean): string[] {
  const settings: WorkerProcessSettings = { queue, encodes, tuning: { lease: 1_500, deaths: 50, backoff: 100 } };
  const program = fileURLToPath(new URL("./worker-process.ts", import.meta.url));
  return ["--conditions=hpd-source", program, JSON.stringify(settings)];
}
