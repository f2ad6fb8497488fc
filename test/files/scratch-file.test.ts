/** Data outside of memory, and what a killed process leaves of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ScratchFile } from "../../src/files/scratch-file.ts";
import { temporaryName } from "../../src/files/temporary-name.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-scratch-"));
afterAll(() => rm(folder, { recursive: true }));

test("has no name while it is used, and removes the file of a process that was killed before it had none", async () => {
  const ended = spawn("true");
  await once(ended, "close");
  const own = basename(temporaryName(join(folder, "data"), "scratch"));
  await writeFile(join(folder, own.replace(/-\d+-\d+-/, `-${ended.pid}-5-`)), "");
  await writeFile(join(folder, own), "");
  const file = await ScratchFile.create(folder);
  try {
    // The one of a process that runs stays.
    expect(await readdir(folder)).toEqual([own]);
    await file.append(Buffer.from("twelve bytes"));
    await file.flush();
    const found: string[] = [];
    await file.read([7, 0], (index) => [5, 6][index]!, (_, bytes) => found.push(bytes.toString())); // biome-ignore format: one read
    expect(found.toSorted()).toEqual(["bytes", "twelve"]);
  } finally {
    await file.close();
  }
});
