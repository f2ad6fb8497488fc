import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import { type FolderFiles, requireReplaceable, writeFolder } from "../../src/files/write-folder.ts";

let parent: string;
let target: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "hpd-folder-"));
  target = join(parent, "model");
});
afterEach(() => rm(parent, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const files: FolderFiles = [
  ["config.json", bytes("new")],
  ["1_Pooling/config.json", bytes("pooling")],
];

async function contents(): Promise<Record<string, string>> {
  const entries = await readdir(parent, { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(found.sort().map(async (path) => [path.slice(parent.length + 1), await readFile(path, "utf8")])),
  );
}

const written = { "model/1_Pooling/config.json": "pooling", "model/config.json": "new" };

test("writes a folder where there is none, also below folders that aren't there, or an empty one", async () => {
  await writeFolder(target, files, false);
  expect(await contents()).toEqual(written);
  await rm(target, { recursive: true });
  await mkdir(target);
  await writeFolder(`${target}/`, files, false);
  expect(await contents()).toEqual(written);
  await writeFolder(join(target, "a/b"), [["x", bytes("1")]], false);
  expect(await contents()).toEqual({ ...written, "model/a/b/x": "1" });
});

test("a link to a folder stays, and the folder is replaced", async () => {
  await mkdir(join(parent, "far/models"), { recursive: true });
  await symlink("far/models", target);
  await writeFolder(target, [["config.json", bytes("old")]], false);
  await writeFolder(target, files, true);
  expect(await readlink(target)).toBe("far/models");
  expect(await contents()).toEqual({ "far/models/1_Pooling/config.json": "pooling", "far/models/config.json": "new" });
});

test.runIf(process.platform === "linux")("where a file system is mounted, no folder can be replaced", async () => {
  await expect(requireReplaceable("/proc/", true)).rejects.toThrow(
    "/proc/ can't be replaced as a whole, for a file system is mounted there: name a folder in it, such as /proc/model",
  );
});

test("leaves alone what is there, unless it is told to overwrite a model", async () => {
  await mkdir(target);
  await writeFile(join(target, "notes.txt"), "mine");
  await expect(writeFolder(target, files, false)).rejects.toThrow(/model isn't empty: name another, or replace it/);
  await expect(writeFolder(target, files, true)).rejects.toThrow(
    /isn't overwritten, for it holds no model \(notes\.txt\)/,
  );
  expect(await contents()).toEqual({ "model/notes.txt": "mine" });

  await writeFile(join(target, "config.json"), "old");
  await expect(writeFolder(target, files, false)).rejects.toMatchObject({ code: "invalid_argument" });
  await writeFolder(target, files, true);
  expect(await contents()).toEqual(written);
});

test("a file in its place, or in the place of a folder above it, is no folder", async () => {
  await writeFile(target, "a file");
  await expect(writeFolder(target, files, true)).rejects.toThrow(/model can't be written: .*ENOTDIR/);
  await expect(writeFolder(join(target, "below"), files, true)).rejects.toThrow(/can't be written/);
  expect(await contents()).toEqual({ model: "a file" });
});

test("nothing is there where making the files fails, and the old model stays", async () => {
  function* failing(): Generator<readonly [string, Uint8Array | readonly Uint8Array[]]> {
    yield* files;
    throw new HpdError("invalid_argument", "the weight x can't be saved");
  }
  await expect(writeFolder(target, failing(), false)).rejects.toThrow("the weight x can't be saved");
  expect(await readdir(parent)).toEqual([]);
  await writeFolder(target, [["config.json", bytes("old")]], false);
  await expect(writeFolder(target, failing(), true)).rejects.toThrow("the weight x can't be saved");
  expect(await contents()).toEqual({ "model/config.json": "old" });
});

test("what a killed process left behind does not hinder the next", async () => {
  await mkdir(`${target}.partial`);
  await writeFile(join(`${target}.partial`, "config.json"), "half");
  await writeFolder(target, files, false);
  expect(await contents()).toEqual(written);

  // Between the two renames.
  await mkdir(`${target}.partial.old`);
  await writeFile(join(`${target}.partial.old`, "config.json"), "replaced");
  await writeFolder(target, files, true);
  expect(await contents()).toEqual(written);
});

test("where a file can't be written whole, an error says so and nothing is left", async () => {
  const code = `
    process.on("SIGXFSZ", () => {});
    const { writeFolder } = await import(process.argv[1]);
    const files = [["config.json", new Uint8Array(10)], ["model.safetensors", new Uint8Array(1_000_000)]];
    await writeFolder(process.argv[2], files, false).catch((error) => console.log(error.name + ": " + error.message));
  `;
  // The shell's limit of 100 kB a file is the disk that is full.
  const source = new URL("../../src/files/write-folder.ts", import.meta.url).pathname;
  const command = `ulimit -f 100 && exec "$0" --input-type=module -e "$1" "$2" "$3"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", command, process.execPath, code, source, target], {
    encoding: "utf8",
  });
  expect(stdout, stderr).toMatch(/^HpdError: .*model can't be written to.*EFBIG/);
  expect(await readdir(parent)).toEqual([]);
});
