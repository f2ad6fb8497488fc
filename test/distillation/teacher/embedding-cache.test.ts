/** What the cache of embeddings keeps: through kills, damage, full disks and other processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { EmbeddingCache } from "../../../src/distillation/teacher/embedding-cache.ts";
import type { TeacherCachePrecision } from "../../../src/distillation/teacher/teacher-options.ts";
import { writeFully } from "../../../src/files/write-fully.ts";
import { Random } from "../../../src/random.ts";
import { dimension, embeddingOf, hashesOf } from "./made-up-embeddings.ts";

const root = await mkdtemp(join(tmpdir(), "hpd-cache-"));
afterAll(() => rm(root, { recursive: true }));
let folders = 0;
const newFolder = () => join(root, String(folders++));

async function withCache<T>(
  folder: string,
  use: (cache: EmbeddingCache, warnings: string[]) => Promise<T>,
  { size = dimension, precision = "float32" as TeacherCachePrecision } = {},
): Promise<T> {
  const warnings: string[] = [];
  const cache = await EmbeddingCache.open(folder, size, precision, (warning) => warnings.push(warning));
  try {
    return await use(cache, warnings);
  } finally {
    await cache.close();
  }
}

function rowsOf(texts: readonly string[]): Float32Array {
  return Float32Array.from(texts.flatMap((text) => [...embeddingOf(text)]));
}

/** The texts that are missing; every other one has to have its own embedding. */
async function missingOf(cache: EmbeddingCache, texts: readonly string[]): Promise<string[]> {
  const { embeddings, missing } = await cache.read(hashesOf(texts));
  for (const [place, text] of texts.entries()) {
    if (missing.includes(place)) continue;
    expect(embeddings.subarray(place * dimension, (place + 1) * dimension)).toEqual(embeddingOf(text));
  }
  return missing.map((place) => texts[place]!).sort();
}

const named = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index}`);

test("what was added is read back, in any order, now and later", async () => {
  const block = fc.uniqueArray(fc.nat(50), { minLength: 1, maxLength: 8 });
  const blocks = fc.array(block, { maxLength: 6 });
  const wanted = fc.array(fc.nat(60), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(blocks, blocks, wanted, async (first, second, wanted) => {
      const folder = newFolder();
      const texts = wanted.map(String);
      for (const blocks of [first, second]) {
        await withCache(folder, async (cache) => {
          for (const block of blocks) {
            const texts = block.map(String);
            expect(await cache.append(hashesOf(texts), rowsOf(texts))).toEqual(rowsOf(texts));
          }
        });
      }
      const known = new Set([...first, ...second].flat());
      const missing = texts.filter((text) => !known.has(Number(text))).sort();
      await withCache(folder, async (cache) => expect(await missingOf(cache, texts)).toEqual(missing));
    }),
    { numRuns: 30 },
  );
});

test("float16 takes half the room, and gives now what it gives later", async () => {
  const folder = newFolder();
  const texts = named("text", 5);
  const use = { precision: "float16" as const };
  const stored = await withCache(folder, (cache) => cache.append(hashesOf(texts), rowsOf(texts)), use);
  const worst = rowsOf(texts).reduce((worst, value, i) => Math.max(worst, Math.abs(value - stored[i]!)), 0);
  expect(worst).toBeGreaterThan(0);
  expect(worst).toBeLessThanOrEqual(2 ** -12);
  await withCache(folder, async (cache) => expect((await cache.read(hashesOf(texts))).embeddings).toEqual(stored), use);
  const [name] = await readdir(folder);
  expect((await stat(join(folder, name!))).size).toBe(16 + 12 + 5 * (16 + 2 * dimension + 4));
});

test("nothing is written where nothing is added", async () => {
  const folder = newFolder();
  await withCache(folder, (cache) => cache.read(hashesOf(["a"])));
  expect(await readdir(folder)).toEqual([]);
});

describe("damage", () => {
  const texts = named("text", 6);

  async function segmentOf(folder: string): Promise<{ path: string; bytes: Buffer }> {
    await withCache(folder, async (cache) => {
      for (const part of [texts.slice(0, 3), texts.slice(3)]) await cache.append(hashesOf(part), rowsOf(part));
    });
    const path = join(folder, (await readdir(folder))[0]!);
    return { path, bytes: await readFile(path) };
  }

  test("a flipped bit anywhere costs embeddings but never gives a wrong one; made again, they stay", async () => {
    const folder = newFolder();
    const { path, bytes } = await segmentOf(folder);
    const rowsAt = 16 + 12 + 3 * 16;
    const random = new Random(1);
    // In each byte of the header and of what a block begins with, and here and there in all the rest.
    const places = Array.from({ length: rowsAt + 24 }, (_, place) =>
      place < rowsAt ? place : rowsAt + random.nextInteger(bytes.length - rowsAt),
    );
    for (const at of places) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << random.nextInteger(8);
      for (const name of await readdir(folder)) await rm(join(folder, name));
      await writeFile(path, damaged);
      await withCache(folder, async (cache, warnings) => {
        const missing = await missingOf(cache, texts);
        expect(missing.length).toBeGreaterThan(0);
        expect(warnings).toHaveLength(1);
        expect(warnings[0]).toContain(path);
        await cache.append(hashesOf(missing), rowsOf(missing));
        expect(await missingOf(cache, texts)).toEqual([]);
      });
      await withCache(folder, async (cache) => expect(await missingOf(cache, texts)).toEqual([]));
    }
  });

  test("a file that was cut anywhere has its whole blocks", async () => {
    const folder = newFolder();
    const { path, bytes } = await segmentOf(folder);
    const block = (bytes.length - 16) / 2;
    for (const length of [0, 7, 16, 20, 16 + block - 1, 16 + block, 16 + block + 11, bytes.length - 1]) {
      await writeFile(path, bytes);
      await truncate(path, length);
      await withCache(folder, async (cache, warnings) => {
        const missing = await missingOf(cache, texts);
        expect(missing).toEqual(length >= 16 + block ? texts.slice(3) : texts);
        expect(warnings).toEqual([]);
      });
    }
  });

  test("embeddings of another size are not taken", async () => {
    const folder = newFolder();
    await segmentOf(folder);
    const use = async (cache: EmbeddingCache, warnings: string[]) => {
      expect((await cache.read(hashesOf(texts))).missing).toHaveLength(6);
      expect(warnings[0]).toMatch(/its header is not that of such embeddings/);
    };
    await withCache(folder, use, { size: dimension / 2 });
    await withCache(folder, use, { precision: "float16" });
  });
});

/** Runs `append-embeddings.ts`; `onCount` hears how many embeddings are in the file. */
function appending(folder: string, name: string, blocks: number, onCount: (count: number) => void, prefix = "exec") {
  const script = fileURLToPath(new URL("append-embeddings.ts", import.meta.url));
  const command = `${prefix} "$0" --conditions hpd-source "$@"`;
  const child = spawn("sh", ["-c", command, process.execPath, script, folder, name, String(blocks)]);
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  child.stdout.on("data", (text) => onCount(Number(String(text).trim().split("\n").at(-1))));
  return { kill: () => child.kill("SIGKILL"), ended: once(child, "close").then(([code]) => ({ code, stderr })) };
}

test("killed while it writes, it has lost at most the block under way, and goes on", async () => {
  const folder = newFolder();
  const totals: number[] = [];
  for (const stopAt of [100, 700]) {
    let count = 0;
    const child = appending(folder, "text", 100_000, (told) => {
      count = told;
      if (told >= stopAt) child.kill();
    });
    await child.ended;
    const segments = (await readdir(folder)).sort();
    expect(segments).toHaveLength(totals.length + 1);
    totals.push(count);
    await withCache(folder, async (cache, warnings) => {
      expect(await missingOf(cache, named("text", Math.max(...totals)))).toEqual([]);
      expect(warnings).toEqual([]);
    });
  }
  // The same in the middle of a write, whenever the kill came: half of a last block is left.
  const last = join(folder, (await readdir(folder)).sort().at(-1)!);
  await truncate(last, (await stat(last)).size - 1000);
  await withCache(folder, async (cache, warnings) => {
    const missing = await missingOf(cache, named("text", totals.at(-1)!));
    expect(missing.length).toBeLessThanOrEqual(100);
    expect(warnings).toEqual([]);
    if (missing.length > 0) await cache.append(hashesOf(missing), rowsOf(missing));
    expect(await missingOf(cache, named("text", totals.at(-1)!))).toEqual([]);
  });
}, 60_000);

test("two processes may add to it at once", async () => {
  const folder = newFolder();
  const ours = named("b", 2000);
  await withCache(folder, async (cache) => {
    let last: Promise<unknown> = Promise.resolve();
    const append = () => {
      const block = ours.splice(0, 100);
      if (block.length > 0) last = last.then(() => cache.append(hashesOf(block), rowsOf(block)));
    };
    // Ours before the other process begins, whenever it tells of one of its own, and when it is over.
    append();
    expect(await appending(folder, "a", 20, append).ended).toEqual({ code: 0, stderr: "" });
    while (ours.length > 0) append();
    await last;
  });
  await withCache(folder, async (cache, warnings) => {
    expect(await missingOf(cache, [...named("a", 2000), ...named("b", 2000)])).toEqual([]);
    expect(warnings).toEqual([]);
  });
}, 60_000);

describe("no room", () => {
  test("an append that doesn't fit fails, and leaves whole blocks", async () => {
    const folder = newFolder();
    let count = 0;
    // 1 MB a file at most: 8 blocks of 122,012 bytes.
    const limit = "ulimit -f 2048; exec";
    const { code, stderr } = await appending(folder, "text", 100, (told) => (count = told), limit).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/HpdError: .*can't be written to/);
    expect(count).toBe(800);
    const [name] = await readdir(folder);
    expect((await stat(join(folder, name!))).size).toBe(16 + 8 * (12 + 100 * (16 + 4 * dimension + 4)));
    await withCache(folder, async (cache) => expect(await missingOf(cache, named("text", 800))).toEqual([]));
  }, 60_000);

  test("a full disk is told as such", async () => {
    const full = {
      write: async (_bytes: Uint8Array, offset: number, length: number) => {
        if (offset === 0) return { bytesWritten: length - 1 };
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      },
    };
    await expect(writeFully(full as never, new Uint8Array(10), 0, "/disk/file")).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^\/disk\/file can't be written to: the disk is full; free some space/),
    });
  });

  test("a folder that can't be used", async () => {
    const path = newFolder();
    await writeFile(path, "");
    await expect(withCache(path, async () => {})).rejects.toMatchObject({ code: "invalid_argument" });
  });
});
