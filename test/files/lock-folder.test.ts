/** Whom a lock keeps out, and how it ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, expect, test } from "vitest";
import { lockFolder, requireUnlocked } from "../../src/files/lock-folder.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-lock-"));
afterAll(() => rm(scratch, { recursive: true }));

let folders = 0;
let folder: string;
beforeEach(() => {
  folder = join(scratch, `folder-${folders++}`);
});

/** A process that locks the folder and sleeps. */
async function holder(before: readonly string[] = []) {
  const module = fileURLToPath(new URL("../../src/files/lock-folder.ts", import.meta.url));
  const code = `
    import { lockFolder } from ${JSON.stringify(module)};
    await lockFolder(${JSON.stringify(folder)});
    console.log("locked");
    setInterval(() => {}, 1000);`;
  const [program, ...args] = [...before, process.execPath, "--input-type=module", "--eval", code];
  const child = spawn(program!, args, { detached: true });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "close").then(([code]) => Promise.reject(new Error(`the holder ended with ${code}`))),
  ]);
  return child;
}

test("the folder of a process that lives is refused, and taken as soon as it was killed", async () => {
  const child = await holder();
  const refusal = {
    name: "HpdError",
    code: "invalid_argument",
    message: expect.stringMatching(
      new RegExp(`is in use by process ${child.pid}: .*delete .*run-${child.pid}-\\d+\\.lock`),
    ),
  };
  await expect(requireUnlocked(folder)).rejects.toMatchObject(refusal);
  await expect(lockFolder(folder)).rejects.toMatchObject(refusal);
  child.kill("SIGKILL");
  await once(child, "close");
  const [left] = await readdir(folder);
  await using _lock = await lockFolder(folder);
  expect(await readdir(folder)).not.toContain(left);
  await expect(requireUnlocked(folder)).rejects.toThrow(`in use by process ${process.pid}`);
});

test("a folder that was made for it goes when nothing came into it", async () => {
  await (await lockFolder(folder))[Symbol.asyncDispose]();
  await expect(readdir(folder)).rejects.toMatchObject({ code: "ENOENT" });
  const lock = await lockFolder(folder);
  await writeFile(join(folder, "file"), "");
  await lock[Symbol.asyncDispose]();
  expect(await readdir(folder)).toEqual(["file"]);
  await rm(join(folder, "file"));
  await (await lockFolder(folder))[Symbol.asyncDispose]();
  expect(await readdir(folder)).toEqual([]);
});

test("of many that come at once, one gets it; let go, it is free", async () => {
  const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  const [got, ...more] = attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
  expect(more).toEqual([]);
  await got![Symbol.asyncDispose]();
  expect(await readdir(folder).catch(() => [])).toEqual([]);
  await using _lock = await lockFolder(folder);
});

test("where the number of a process that was killed is this one's, as in containers, the folder is free", async () => {
  await mkdir(folder);
  await writeFile(join(folder, `run-${process.pid}-1.lock`), "");
  await using _lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(/in use/);
  expect(await readdir(folder)).toHaveLength(1);
});

test("where the number of a process that was killed went to another program, the folder is free", async () => {
  const other = spawn("sleep", ["100"]);
  try {
    await mkdir(folder);
    await writeFile(join(folder, `run-${other.pid}-1.lock`), "");
    await using _lock = await lockFolder(folder);
    expect(await readdir(folder)).toHaveLength(1);
  } finally {
    other.kill();
    await once(other, "exit");
  }
});

test.runIf(process.platform === "linux")("a zombie is not at work", async () => {
  // The shell becomes a program that never asks after its children, as in a container without an init.
  const parent = await holder(["sh", "-c", '"$@" & exec sleep 100', "sh"]);
  try {
    const [name] = await readdir(folder);
    const pid = Number(/^run-(\d+)-/.exec(name!)![1]);
    await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${pid}`);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => readFile(`/proc/${pid}/stat`, "utf8")).toMatch(/\) Z /);
    await using _lock = await lockFolder(folder);
    expect(await readdir(folder)).not.toContain(name);
  } finally {
    process.kill(-parent.pid!);
    await once(parent, "exit");
  }
});
