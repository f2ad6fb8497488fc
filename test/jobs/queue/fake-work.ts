/** Work without a model: each shard is a file of lines that follow from its number, which takes its name when it is whole. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RunShardOptions, ShardedWork, ShardResult, WorkDescription } from "../../../src/jobs/sharded-work.ts";

export interface FakeSettings {
  readonly folder: string;
  readonly shards: number;
  /** Of every shard. */
  readonly rows?: number;
  readonly millisecondsPerRow?: number;
  /** Milliseconds that each shard keeps the thread busy. */
  readonly blocks?: number;
  /** Whether it does so only when it is run first. */
  readonly blocksFirst?: boolean;
  /** Shards that fail always. */
  readonly poison?: readonly number[];
  /** Shards that fail once. */
  readonly flaky?: readonly number[];
  /** Shards that stand still when they are run first, until they are stopped. */
  readonly stalls?: readonly number[];
  /** Shards that stand still when they are run first, and don't end when they are stopped. */
  readonly hangs?: readonly number[];
  /** Shards that end the process. */
  readonly deadly?: readonly number[];
  /** Something else of the description. */
  readonly note?: string;
  /** Instead of one that follows from all settings. */
  readonly fingerprint?: string;
}

export function fakeWork(settings: FakeSettings): ShardedWork {
  const description = { kind: "encode", ...settings } as const;
  return {
    description,
    fingerprint: settings.fingerprint ?? createHash("sha256").update(JSON.stringify(settings)).digest("hex"),
    shards: settings.shards,
    async committed() {
      const names = await readdir(settings.folder);
      return new Set(names.flatMap((name) => /^shard-(\d+)$/.exec(name)?.[1] ?? []).map(Number));
    },
    run: (shard, options) => runFake(settings, shard, options),
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

export async function openFake(description: WorkDescription): Promise<ShardedWork> {
  const { kind, ...settings } = description;
  return fakeWork(settings as unknown as FakeSettings);
}

async function runFake(settings: FakeSettings, shard: number, options: RunShardOptions = {}): Promise<ShardResult> {
  const { folder, rows = 3, millisecondsPerRow = 0, blocks = 0, blocksFirst = false } = settings;
  const { poison = [], flaky = [], stalls = [], hangs = [], deadly = [] } = settings;
  const { signal, onProgress } = options;
  const path = join(folder, `shard-${shard}`);
  if (existsSync(path)) return { rows, seconds: 0, wasCommitted: true };
  await mkdir(join(folder, "runs"), { recursive: true });
  await appendFile(join(folder, "runs", String(shard)), `${process.pid}\n`);
  if (deadly.includes(shard)) process.kill(process.pid, "SIGKILL");
  if (poison.includes(shard) || (flaky.includes(shard) && (await runsOf(folder, shard)) === 1)) {
    throw new Error(`no such file: https://me:secret@host/${shard}.txt`);
  }
  const isFirst = (await runsOf(folder, shard)) === 1;
  if (isFirst && stalls.includes(shard)) await delay(2 ** 30, undefined, { signal });
  if (isFirst && hangs.includes(shard)) await new Promise(() => {});
  const end = performance.now() + (isFirst || !blocksFirst ? blocks : 0);
  while (performance.now() < end);
  let text = "";
  for (let row = 0; row < rows; row++) {
    if (millisecondsPerRow > 0) await delay(millisecondsPerRow, undefined, { signal });
    text += `${createHash("sha256").update(`${shard} ${row}`).digest("hex")}\n`;
    onProgress?.(row + 1);
  }
  const temporary = join(folder, `.${shard}-${process.pid}-${Math.random()}`);
  await writeFile(temporary, text);
  await rename(temporary, path);
  return { rows, seconds: (rows * millisecondsPerRow) / 1000, wasCommitted: false };
}

/** How often a shard was begun. */
export async function runsOf(folder: string, shard: number): Promise<number> {
  const text = await readFile(join(folder, "runs", String(shard)), "utf8").catch(() => "");
  return text.split("\n").length - 1;
}
