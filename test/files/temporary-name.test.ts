/** Whose a temporary file is, and when it is nobody's. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { isRunning, lookWithPs, ownIdentity } from "../../src/files/process-identity.ts";
import { replaceFile, replaceFileSync } from "../../src/files/replace-file.ts";
import {
  abandonedFiles,
  abandonedName,
  isFor,
  removeAbandoned,
  temporaryName,
} from "../../src/files/temporary-name.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-temporary-"));
afterAll(() => rm(scratch, { recursive: true }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, "folder-"));
});

async function touch(name: string): Promise<string> {
  await writeFile(join(folder, name), "");
  return join(folder, name);
}

/** A temporary name of another process. */
function nameOf(base: string, pid: number, start: number | string, host?: string): string {
  const own = basename(temporaryName(join(folder, base), "partial"));
  const [, before, rest] = /^(.+\.)[0-9a-f]{4}-\d+-\d+(-.+)$/.exec(own)!;
  return `${before}${host ?? /\.([0-9a-f]{4})-\d+-\d+-/.exec(own)![1]}-${pid}-${start}${rest}`;
}

test("of this process it is not abandoned; of one that ended it is, and of one whose number is another's now", async () => {
  const ended = spawn("true");
  await once(ended, "close");
  const own = basename(temporaryName(join(folder, "x"), "partial"));
  await touch(own);
  const gone = await touch(nameOf("x", ended.pid!, 5));
  const reused = await touch(nameOf("x", process.pid, ownIdentity().start + 1));
  const other = await touch(nameOf("y", ended.pid!, 5));
  for (const name of ["x", "x.partial", `x.${process.pid}.partial`, "x.tmp", "x.0000-1-1-00000000.other"])
    await touch(name);
  expect((await abandonedFiles(folder, "partial")).sort()).toEqual([gone, other, reused].sort());
  await removeAbandoned(join(folder, "x"), "partial");
  expect(await abandonedFiles(folder, "partial")).toEqual([other]);
  expect(await readdir(folder)).toContain(own);
});

test("of another machine it is abandoned when nothing was written for a day", async () => {
  const path = await touch(nameOf("x", 1, 1, "zzzz".replaceAll("z", "0")));
  expect(await abandonedFiles(folder, "partial")).toEqual([]);
  await utimes(path, new Date(), new Date(Date.now() - 25 * 3600 * 1000));
  expect(await abandonedFiles(folder, "partial")).toEqual([path]);
});

test("one that is handed over is abandoned at once", async () => {
  const path = await touch(basename(abandonedName(join(folder, "x"), "partial")));
  expect(await abandonedFiles(folder, "partial")).toEqual([path]);
  expect(isFor(join(folder, "x"), path)).toBe(true);
  expect(isFor(join(folder, "y"), path)).toBe(false);
});

test("names differ, and fit where the file's own is the longest that there is", () => {
  const long = join(folder, "é".repeat(127));
  const names = Array.from({ length: 100 }, () => basename(temporaryName(long, "partial")));
  expect(new Set(names).size).toBe(100);
  for (const name of names) {
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(isFor(long, name)).toBe(true);
  }
});

test("a file is replaced whole, and a link in its place is not followed", async () => {
  const target = await touch("target");
  const path = join(folder, "link");
  await symlink(target, path);
  await replaceFile(path, [Buffer.from("a"), Buffer.from("b")]);
  replaceFileSync(join(folder, "sync"), "c");
  expect((await readdir(folder)).sort()).toEqual(["link", "sync", "target"]);
  await expect(replaceFile(join(folder, "none", "x"), [])).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(
      /none\/x can't be written: the folder that it should be in doesn't exist \(ENOENT\)$/,
    ),
  });
  expect(() => replaceFileSync(join(folder, "none", "x"), "")).toThrow(
    /can't be written: the folder that it should be in doesn't exist \(ENOENT\)$/,
  );
});

test.skipIf(process.platform === "win32")("ps says when a process started, and which is a zombie", async () => {
  const child = spawn("sleep", ["100"]);
  try {
    const { start, isZombie } = lookWithPs(child.pid!)!;
    expect(isZombie).toBe(false);
    expect(Math.abs(start - Date.now() / 1000)).toBeLessThan(60);
    expect(isRunning({ pid: child.pid!, start: 1 })).toBe(false);
  } finally {
    child.kill();
    await once(child, "exit");
  }
});
