/** Folders are made where that is possible, and elsewhere it is said why not: nothing waits for ever. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder, requireWritable } from "../../src/files/make-folder.ts";
import { abandonedName } from "../../src/files/temporary-name.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hpd-make-folder-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

test("folders are made with those that they lie in, and the outermost new one is told", async () => {
  expect(await makeFolder(join(folder, "a/b/c"))).toBe(join(folder, "a"));
  expect(await makeFolder(join(folder, "a/b/d"))).toBe(join(folder, "a/b/d"));
  expect(await makeFolder(join(folder, "a/b"))).toBeUndefined();
  expect(readdirSync(join(folder, "a/b"))).toEqual(["c", "d"]);
});

test("many at once make the same folders", async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => makeFolder(join(folder, "x/y/z"))));
  expect(existsSync(join(folder, "x/y/z"))).toBe(true);
  expect(made.filter((first) => first === join(folder, "x"))).toHaveLength(1);
});

test("a link to a folder is a folder", async () => {
  mkdirSync(join(folder, "real"));
  symlinkSync(join(folder, "real"), join(folder, "link"));
  await makeFolder(join(folder, "link/inner"));
  expect(readdirSync(join(folder, "real"))).toEqual(["inner"]);
});

test.each(["nowhere", "nowhere/inner", "nowhere/inner/most"])(
  "under a link that leads nowhere none is made: %s",
  async (path) => {
    symlinkSync(join(folder, "missing"), join(folder, "nowhere"));
    await expect(makeFolder(join(folder, path))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(requireWritable(join(folder, path, "model"))).rejects.toThrow(
      /can't be written: something else is there/,
    );
  },
);

test.runIf(existsSync("/proc/self"))("the system's own folders hold none", async () => {
  await expect(makeFolder("/proc/x")).rejects.toThrow("no folder can be made in /proc");
  await expect(makeFolder("/proc/self/x/y")).rejects.toThrow("no folder can be made in /proc/self");
});

test("below a file none is made", async () => {
  writeFileSync(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file/inner"))).rejects.toMatchObject({ code: "ENOTDIR" });
  await expect(requireWritable(join(folder, "file/inner"))).rejects.toMatchObject({ code: "invalid_argument" });
});

test("a place that can be written is left as it was, and what a killed process tried it with is removed", async () => {
  await requireWritable(join(folder, "new/parent/model"));
  expect(readdirSync(folder)).toEqual([]);
  mkdirSync(join(folder, "parent/model"), { recursive: true });
  mkdirSync(abandonedName(join(folder, "parent/model"), "partial"));
  await requireWritable(join(folder, "parent/model"));
  expect(readdirSync(join(folder, "parent"))).toEqual(["model"]);
});

test.runIf(existsSync("/proc/self/task"))("of a link the place counts where it leads", async () => {
  symlinkSync("/proc/self/task", join(folder, "link"));
  await expect(requireWritable(join(folder, "link"))).rejects.toThrow(/link can't be written/);
});
