/**
 * Work in shards over a queue: `npm run bench:queue`. What the coordination costs, by work that only sleeps, and what all of it
 * costs beside one process that encodes the same texts. See tools/bench/README.md.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { submitWork } from "../src/jobs/index.ts";
import { fakeWork } from "../test/jobs/queue/fake-work.ts";
import { type RedisServer, startRedis } from "../test/jobs/queue/redis-server.ts";
import type { WorkerProcessSettings } from "../test/jobs/queue/worker-process.ts";
import { sampleSentences } from "./sentences.ts";
import { median } from "./statistics.ts";

const root = join(import.meta.dirname, "..");
const { values: options } = parseArgs({
  options: {
    /** `coordination`, `encode`, or both by a comma. */
    only: { type: "string", default: "coordination,encode" },
    /** Numbers of workers of the simulation. */
    workers: { type: "string", default: "1,2,4,8,16" },
    /** Milliseconds that a shard of the simulation sleeps. */
    sleeps: { type: "string", default: "0,100" },
    /** Shards of the simulation for each worker. */
    shards: { type: "string", default: "200" },
    /** Texts that are encoded. */
    texts: { type: "string", default: "1000000" },
    model: { type: "string" },
    sts: { type: "string", default: join(process.env.HPD_DATA ?? join(root, "../shared/data"), "sts") },
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
  },
});
const numbers = (list: string) => list.split(",").map(Number);
const folder = mkdtempSync(join(tmpdir(), "hpd-bench-queue-"));
const children = new Set<ChildProcess>();

/** A process that is ended with this one. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], env });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Resolves when it says so on stderr. */
async function says(child: ChildProcess, what: string): Promise<void> {
  let said = "";
  child.stderr!.setEncoding("utf8");
  for await (const text of child.stderr!.iterator({ destroyOnReturn: false })) {
    said += text;
    if (said.includes(what)) {
      child.stderr!.resume();
      return;
    }
  }
  throw new Error(`a worker ended: ${said}`);
}

async function end(all: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    all.map(async (child) => {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }),
  );
}

/** Seconds of processor time that the server has taken. */
async function processorSeconds({ client }: RedisServer): Promise<number> {
  const info = await client.info("cpu");
  const seconds = (name: string) => Number(new RegExp(`^${name}:([0-9.]+)`, "m").exec(info)?.[1] ?? 0);
  return seconds("used_cpu_user") + seconds("used_cpu_sys");
}

interface Coordination {
  readonly workers: number;
  readonly sleeps: number;
  readonly shards: number;
  readonly perSecond: number;
  /** The share of the time in which the workers weren't asleep. */
  readonly overhead: number;
  /** Microseconds of the server's processor for a shard. */
  readonly serverMicroseconds: number;
}

async function coordination(server: RedisServer, workers: number, sleeps: number): Promise<Coordination> {
  const settings: WorkerProcessSettings = { queue: server.url };
  const program = fileURLToPath(new URL("../test/jobs/queue/worker-process.ts", import.meta.url));
  const all = Array.from({ length: workers }, () =>
    start(["--conditions=hpd-source", program, JSON.stringify(settings)]),
  );
  await Promise.all(all.map((child) => says(child, "waiting for shards")));
  const shards = Number(options.shards) * workers;
  const to = mkdtempSync(join(folder, "simulated-"));
  const work = fakeWork({ folder: to, shards, rows: 1, millisecondsPerRow: sleeps });
  const before = await processorSeconds(server);
  const began = performance.now();
  await submitWork(work, { queue: server.url });
  while ((await work.committed()).size < shards) await sleep(Math.max(20, sleeps / 4));
  const seconds = (performance.now() - began) / 1000;
  const processor = (await processorSeconds(server)) - before;
  await end(all);
  return {
    ...{ workers, sleeps, shards, perSecond: shards / seconds, serverMicroseconds: (1e6 * processor) / shards },
    overhead: 1 - (shards * sleeps) / 1000 / workers / seconds,
  };
}

/** Seconds for a plain file, for all shards in one process, and for two workers over the queue. */
interface Encoding {
  readonly file: number;
  readonly alone: number;
  readonly queue: number;
}

async function encoding(server: RedisServer, input: string, round: number): Promise<Encoding> {
  const main = join(root, "dist/cli/main.js");
  const model = options.model === undefined ? [] : ["--model", options.model];
  const shards = (to: string) => [main, "encode", input, "--shards", "16", "--output", to, ...model];
  const seconds = async (run: () => Promise<void>) => {
    const began = performance.now();
    await run();
    return (performance.now() - began) / 1000;
  };
  const run = async (args: readonly string[]) => {
    const child = start(args);
    let said = "";
    child.stderr!.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`it ended with ${code}: ${said}`);
  };
  const to = (name: string) => join(folder, `${round}-${name}`);
  const file = await seconds(() => run([main, "encode", input, "--output", `${to("file")}.parquet`, ...model]));
  const alone = await seconds(() => run(shards(to("alone"))));
  const workers = [0, 1].map(() => start([main, "work", "--queue", server.url, "--workers", "1", "--log", "text"]));
  await Promise.all(workers.map((child) => says(child, "waiting for shards")));
  const queue = await seconds(() => run([...shards(to("queue")), "--queue", server.url]));
  await end(workers);
  for (const name of ["file.parquet", "alone", "queue"]) rmSync(to(name), { recursive: true, force: true });
  return { file, alone, queue };
}

/** As many texts as are asked for: a number makes each its own. */
function writeTexts(path: string, count: number): void {
  const sentences = sampleSentences(options.sts, 10_000);
  const lines = Array.from({ length: count }, (_, at) => {
    const sentence = sentences[at % sentences.length]!;
    return at < sentences.length ? sentence : `${sentence} ${Math.floor(at / sentences.length)}`;
  });
  writeFileSync(path, `${lines.join("\n")}\n`);
}

const server = await startRedis(["--appendonly", "yes", "--appendfsync", "always"]);
if (typeof server === "string") throw new Error(server);
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => process.exit(1));
const report: { coordination: Coordination[]; encoding: Encoding[] } = { coordination: [], encoding: [] };

if (options.only.includes("coordination")) {
  console.log("workers  sleep ms  shards/s  overhead  server µs/shard  workers until the server is busy");
  for (const sleeps of numbers(options.sleeps)) {
    for (const workers of numbers(options.workers)) {
      const one = await coordination(server, workers, sleeps);
      report.coordination.push(one);
      const cells = [String(workers), String(sleeps), one.perSecond.toFixed(0), `${(100 * one.overhead).toFixed(1)} %`];
      const limit = ((1e6 / one.serverMicroseconds) * workers) / one.perSecond;
      const widths = [7, 8, 8, 8, 15, 32];
      const all = [...cells, one.serverMicroseconds.toFixed(0), limit.toFixed(0)];
      console.log(all.map((cell, index) => cell.padStart(widths[index]!)).join("  "));
    }
  }
}
if (options.only.includes("encode")) {
  mkdirSync(folder, { recursive: true });
  const input = join(folder, "texts.txt");
  writeTexts(input, Number(options.texts));
  for (let round = 0; round < Number(options.rounds); round++) {
    const one = await encoding(server, input, round);
    report.encoding.push(one);
    console.log(
      `round ${round}: one file ${one.file.toFixed(1)} s, shards alone ${one.alone.toFixed(1)} s, queue ${one.queue.toFixed(1)} s`,
    );
  }
  const middle = (name: keyof Encoding) => median(report.encoding.map((each) => each[name]));
  for (const name of ["alone", "queue"] as const) {
    const more = 100 * (middle(name) / middle("file") - 1);
    console.log(`${name}: ${middle(name).toFixed(1)} s, ${more.toFixed(1)} % more than one file`);
  }
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
await server.stop();
process.exit(0);
