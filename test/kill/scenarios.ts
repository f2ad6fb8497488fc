/**
 * Commands that are killed at times by chance, and what must hold whenever that is: what stood there stays or is
 * replaced whole, the next run ends as if nothing had been, and nothing is left behind then. With few rounds for `npm
 * test`; tools/kill/kill.ts runs many.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Random } from "../../src/random.ts";
import { outcomeOf, startHpd } from "../cli/hpd-process.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";
import { startHub } from "../hub/hub-server.ts";

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  /** For all files; it is there and empty. */
  readonly folder: string;
  /** Told of each round. */
  readonly log?: (line: string) => void;
}

/** @returns how many were killed before they were done */
type Scenario = (options: KillOptions) => Promise<number>;

interface Run {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** When to kill it; told whether it is over. */
  readonly until?: (isOver: () => boolean) => Promise<unknown>;
  readonly signal?: NodeJS.Signals;
}

/** @throws where it fails by itself */
async function run({ args, env, until, signal = "SIGKILL" }: Run) {
  const child = startHpd(args, { env: { ...process.env, ...env } });
  const outcome = outcomeOf(child);
  let isOver = false;
  outcome.finally(() => {
    isOver = true;
  });
  await Promise.race([outcome, until?.(() => isOver).then(() => child.kill(signal))]);
  const { code, stdout, stderr } = await outcome;
  assert(isOver);
  const isKilled = code !== 0;
  const codes = { SIGKILL: null, SIGTERM: 143, SIGHUP: 129, SIGINT: 130 };
  if (isKilled) {
    // A signal before the first line of ours has the system's effect.
    const expected = until === undefined ? [0] : [codes[signal as keyof typeof codes], null];
    assert(expected.includes(code), `${args.join(" ")} ended with ${code}: ${stderr}`);
  }
  return { isKilled, code, stdout };
}

async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  return [await work, performance.now() - start];
}

/** Waits until something else is seen than now, or all is over. */
async function changeOf(see: () => readonly unknown[], isOver: () => boolean): Promise<void> {
  const before = see().join();
  while (see().join() === before && !isOver()) await delay(2);
}

/** `hpd encode --output` over an old file. */
const encode: Scenario = async ({ rounds, seed, folder, log }) => {
  const random = new Random(seed);
  const input = join(folder, "texts.txt");
  const output = join(folder, "out.npy");
  await writeFile(input, madeUpSentences(2000, 1).join("\n"));
  const args = ["encode", input, "--model", fixture("bert"), "--output", output, "--quiet"];
  const [, duration] = await timed(run({ args }));
  const whole = await readFile(output);
  const old = Buffer.from("old");
  let kills = 0;
  for (let round = 0; round < rounds; round++) {
    await writeFile(output, old);
    const signal = (["SIGKILL", "SIGTERM", "SIGKILL", "SIGHUP"] as const)[round % 4]!;
    const before = partials(folder);
    // The first of each while it writes.
    const until = async (isOver: () => boolean) => {
      if (round % 4 > 1) return delay(random.nextFloat() * duration * 1.1);
      await changeOf(() => [...readdirSync(folder), statSync(output).size], isOver);
      await delay((random.nextFloat() * duration) / 10);
    };
    const { isKilled, code } = await run({ args, until, signal });
    if (isKilled) kills++;
    const content = await readFile(output);
    assert(content.equals(isKilled ? old : whole) || content.equals(whole), "neither the old file nor the new one");
    const left = partials(folder);
    // A signal that can be seen leaves nothing of its own; whatever comes far enough removes what others left.
    const own = left.filter((name) => !before.includes(name));
    assert(left.length <= 1 && (code === null || own.length === 0), `${left} are left of ${signal}, ${before} before`);
    log?.(`encode ${round}: ${signal}, ${isKilled ? "killed" : "done"}, ${left.length} partial files`);
  }
  await run({ args });
  assert((await readFile(output)).equals(whole));
  assert.deepEqual(readdirSync(folder).sort(), ["out.npy", "texts.txt"]);
  return kills;
};

/** Two processes that write the same shards at once, again and again until all are there. */
const shards: Scenario = async ({ rounds, seed, folder, log }) => {
  const random = new Random(seed);
  const input = join(folder, "texts.txt");
  await writeFile(input, madeUpSentences(1000, 1).join("\n"));
  const argsOf = (output: string) => [
    ...["encode", input, "--shards", "3", "--output", output, "--model", fixture("bert"), "--quiet"],
  ];
  const contentsOf = (output: string) =>
    readdirSync(output)
      .sort()
      .map((name) => [name, readFileSync(join(output, name)).toString("hex")]);
  const [, duration] = await timed(run({ args: argsOf(join(folder, "once")) }));
  const expected = contentsOf(join(folder, "once"));
  let kills = 0;
  for (let round = 0; round < rounds; round++) {
    const output = join(folder, `round-${round}`);
    const whole = () => run({ args: argsOf(output) });
    const killed = async () => {
      // First while one of both writes, then anywhere. Two take longer than one: in the end each has the time that it needs.
      for (let longest = 0; ; longest += 3 * duration) {
        const until = async (isOver: () => boolean) => {
          if (longest === 0) await changeOf(() => (existsSync(output) ? partials(output) : []), isOver);
          await delay(random.nextFloat() * (longest || duration / 20));
        };
        const { isKilled } = await run({ args: argsOf(output), until });
        if (!isKilled) return;
        kills++;
      }
    };
    // The second one isn't killed now and then: it must not be disturbed.
    await Promise.all([killed(), round % 2 === 0 ? whole() : killed()]);
    await whole();
    assert.deepEqual(contentsOf(output), expected);
    log?.(`shards ${round}: ${kills} kills until now`);
  }
  return kills;
};

function partials(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".partial"));
}

/** Two processes that download one model at once, from a slow hub that cuts connections. */
const download: Scenario = async ({ rounds, seed, folder, log }) => {
  const random = new Random(seed);
  const source = fixture("bert");
  const names = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(source.length + 1));
  const hub = await startHub({
    "org/model": Object.fromEntries(names.map((name) => [name, readFileSync(join(source, name))])),
  });
  let resumed = 0;
  hub.onBody = (request, response, path, content) => {
    if (path !== "model.safetensors") return false;
    const start = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
    if (start > 0) resumed++;
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": content.length - start,
      ...(start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    let at = start;
    const timer = setInterval(() => {
      if (at > start && random.nextInteger(40) === 0) response.destroy();
      else if (at >= content.length) response.end();
      else {
        response.write(content.subarray(at, at + 1024));
        at += 1024;
      }
    }, 10);
    response.on("close", () => clearInterval(timer));
    return true;
  };
  try {
    const args = ["info", "org/model", "--json"];
    const envOf = (home: string) => ({ HF_HOME: home, HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: "" });
    const [{ stdout: expected }, duration] = await timed(run({ args, env: envOf(join(folder, "reference")) }));
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      const home = join(folder, `home-${round}`);
      const lives = 1 + random.nextInteger(4);
      for (let life = 0; life < lives; life++) {
        // The second one isn't killed now and then: it must not be disturbed.
        const waits = [random.nextFloat() / 2, random.nextFloat() * 1.3].map((part) => part * duration);
        const untils = waits.map((wait, second) => async (isOver: () => boolean) => {
          // The first one while it downloads, at first.
          if (life === 0 && second === 0) await changeOf(() => leftIn(home), isOver);
          await delay(wait);
        });
        const outcomes = await Promise.all(untils.map((until) => run({ args, env: envOf(home), until })));
        for (const { isKilled, stdout } of outcomes) {
          if (isKilled) kills++;
          else assert.equal(stdout, expected);
        }
      }
      const before = leftIn(home);
      assert.equal((await run({ args, env: envOf(home) })).stdout, expected);
      assert.deepEqual(leftIn(home), []);
      log?.(`download ${round}: ${lives} lives, then ${before.length} files left, resumed ${resumed} times so far`);
      await rm(home, { recursive: true });
    }
    return kills;
  } finally {
    await hub.close();
  }
};

function leftIn(home: string): string[] {
  if (!existsSync(home)) return [];
  return readdirSync(home, { recursive: true })
    .map(String)
    .filter((name) => /\.(incomplete|partial|tmp)$/.test(name));
}

/** `hpd distill --resume`, with the embeddings of the teacher */
const distill: Scenario = async (options) => {
  const sentences = join(options.folder, "sentences.txt");
  await writeFile(sentences, madeUpSentences(150, 1).join("\n"));
  return killTraining("distill", options, {
    teacher: fixture("bert"),
    student: fixture("hpd-tinybert-like"),
    layers: "0",
    dim: "8",
    sentences,
    "learning-rate": "5e-3",
    "cache-dir": join(options.folder, "cache"),
  });
};

/** `hpd train --resume` */
const train: Scenario = async (options) => {
  const data = join(options.folder, "triplets.jsonl");
  const texts = madeUpSentences(900, 1);
  const rows = Array.from({ length: 300 }, (_, row) => ({
    anchor: texts[3 * row],
    positive: texts[3 * row + 1],
    negative: texts[3 * row + 2],
  }));
  await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return killTraining("train", options, { model: fixture("bert"), data, "learning-rate": "1e-3" });
};

/** `hpd train --resume` with two datasets, a batch of each in every update. */
const trainSeveral: Scenario = async (options) => {
  const texts = madeUpSentences(600, 2);
  const write = async (name: string, rows: readonly object[]) => {
    const path = join(options.folder, name);
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    return path;
  };
  const pairs = Array.from({ length: 200 }, (_, row) => ({ anchor: texts[row], positive: texts[200 + row] }));
  const scored = Array.from({ length: 150 }, (_, row) => ({
    sentence1: texts[400 + row],
    sentence2: texts[row],
    score: (row % 6) / 5,
  }));
  const recipe = join(options.folder, "recipe.json");
  const datasets = [
    { data: await write("pairs.jsonl", pairs) },
    { data: await write("scored.jsonl", scored), loss: "cosent", batchSize: 6 },
  ];
  await writeFile(recipe, JSON.stringify({ datasets, sampling: "round-robin", accumulationSteps: 2 }));
  return killTraining("train", options, { model: fixture("bert"), recipe, "learning-rate": "1e-3" });
};

/** A run that goes on after each kill and Ctrl-C, also after one when its model is in its place already. */
async function killTraining(
  command: "distill" | "train",
  { rounds, seed, folder, log }: KillOptions,
  own: Readonly<Record<string, string>>,
): Promise<number> {
  const random = new Random(seed);
  const settings = {
    ...own,
    valid: "50",
    epochs: "2",
    "batch-size": "8",
    warmup: "5",
    "validation-steps": "8",
    "checkpoint-minutes": "0",
    threads: "1",
  };
  const argsFor = (out: string): string[] => [
    command,
    ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    ...["--out", out, "--resume", "--quiet"],
  ];
  const weightsOf = (out: string) => readFileSync(join(out, "model.safetensors"));
  const reference = join(folder, "reference");
  const [, duration] = await timed(run({ args: argsFor(reference) }));
  const expected = weightsOf(reference);
  let kills = 0;
  for (let round = 0; round < rounds; round++) {
    const out = join(folder, `model-${round}`);
    // While it trains, then anywhere, and in the end about when its model takes its place.
    const lives = 2 + random.nextInteger(3);
    for (let life = 0; life < lives; life++) {
      const until = async (isOver: () => boolean) => {
        if (life === 0) await changeOf(() => [existsSync(join(`${out}.training`, "checkpoints"))], isOver);
        if (life < lives - 1) return delay((random.nextFloat() * duration) / (life === 0 ? 4 : 1));
        if (!existsSync(out)) await changeOf(() => [existsSync(out)], isOver);
        await delay(random.nextFloat() * 60);
      };
      const signal = life === 1 && life < lives - 1 ? "SIGINT" : "SIGKILL";
      const { isKilled } = await run({ args: argsFor(out), until, signal });
      if (isKilled) kills++;
      if (existsSync(out)) assert(weightsOf(out).equals(expected));
    }
    await run({ args: argsFor(out) });
    assert(weightsOf(out).equals(expected));
    assert.deepEqual(readdirSync(`${out}.training`).sort(), [
      "done.json",
      "metrics.jsonl",
      "recipe.json",
      "report.html",
    ]);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith(`model-${round}`)),
      [`model-${round}`, `model-${round}.training`],
    );
    log?.(`${command} ${round}: ${lives} lives, ${kills} kills so far`);
    rmSync(out, { recursive: true });
    rmSync(`${out}.training`, { recursive: true });
  }
  return kills;
}

/** `hpd train --resume` of a cross-encoder, which is paired with documents drawn for each batch. */
const trainCrossEncoder: Scenario = async (options) => {
  const data = join(options.folder, "pairs.jsonl");
  const texts = madeUpSentences(400, 3);
  const rows = Array.from({ length: 200 }, (_, row) => ({ query: texts[row], positive: texts[200 + row] }));
  await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const model = fileURLToPath(new URL("../fixtures/cross-encoders/bert-1", import.meta.url));
  const loss = { loss: "multiple-negatives-ranking", "num-negatives": "2" };
  return killTraining("train", options, { model, data, ...loss, "learning-rate": "1e-3" });
};

const all = { encode, shards, download, distill, train, trainSeveral, trainCrossEncoder };

export type ScenarioName = keyof typeof all;

export const scenarioNames = Object.keys(all) as readonly ScenarioName[];

/** @returns how many were killed before they were done */
export async function runScenario(name: ScenarioName, options: KillOptions): Promise<number> {
  await mkdir(options.folder, { recursive: true });
  return await all[name](options);
}
