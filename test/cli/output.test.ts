/** What commands write: byte for byte as numpy would, and to whatever stands under the name. */
import { execFileSync } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { openTextOutput } from "../../src/cli/output/text-output.ts";
import { PartialFile } from "../../src/files/partial-file.ts";
import { openArrayRows } from "../../src/jobs/outputs/array-rows.ts";
import { npy } from "../../src/jobs/outputs/npy.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-output-"));
afterAll(() => rm(folder, { recursive: true }));

const empty = { dimension: 3, dtype: "float32" } as const;

test(".npy is the file that numpy.save writes", async () => {
  const path = join(folder, "array.npy");
  const file = await PartialFile.create(path, { isSeekable: true });
  const writer = await openArrayRows(file, npy, empty);
  await writer.write(Float32Array.of(1, 2, 3));
  await writer.write(Float32Array.of(-0.5, 1e-8, 3e8));
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^array\.npy\..+\.partial$/)]);
  await writer.end();
  await file.finish();
  expect(await readdir(folder)).toEqual(["array.npy"]);
  const expected = await readFile(fileURLToPath(new URL("../fixtures/tables/array.npy", import.meta.url)));
  expect((await readFile(path)).equals(expected)).toBe(true);
});

test("a folder that is not there is refused by name", async () => {
  await expect(PartialFile.create(join(folder, "none/array.npy"))).rejects.toThrow(/none\/array\.npy can't be written/);
});

async function writeText(path: string, text: string): Promise<void> {
  const output = await openTextOutput(path);
  await output.write(text);
  await output.finish();
}

const partialsIn = async (path: string) => (await readdir(path)).filter((name) => name.endsWith(".partial"));

test("a folder in the place of the file is refused before anything is written", async () => {
  const path = join(folder, "folder");
  await mkdir(path);
  await expect(openTextOutput(path)).rejects.toMatchObject({
    code: "invalid_argument",
    message: `${path} can't be written: it is a folder`,
  });
  expect(await partialsIn(folder)).toEqual([]);
});

test("a link stays one, and what it leads to is written whole, whether or not it is there yet", async () => {
  const links = join(folder, "links");
  await mkdir(join(links, "far"), { recursive: true });
  await writeFile(join(links, "far/old.txt"), "old");
  for (const name of ["old", "new"]) {
    const link = join(links, name);
    await symlink(`far/${name}.txt`, link);
    const output = await openTextOutput(link);
    await output.write("written");
    expect(await partialsIn(join(links, "far"))).toEqual([expect.stringMatching(`^${name}\\.txt\\..+\\.partial$`)]);
    await output.finish();
    expect(await readlink(link)).toBe(`far/${name}.txt`);
    expect(await readFile(join(links, `far/${name}.txt`), "utf8")).toBe("written");
  }
  expect((await readdir(links)).sort()).toEqual(["far", "new", "old"]);
});

test("links that lead around in a circle are refused", async () => {
  await symlink("circle", join(folder, "circle"));
  await expect(openTextOutput(join(folder, "circle"))).rejects.toThrow(/circle can't be written: .*\(ELOOP\)$/);
});

// By a link, so that a mistake replaces only that.
test("a device is written to, and stays one", async () => {
  const link = join(folder, "null");
  await symlink("/dev/null", link);
  await writeText(link, "gone");
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  const aborted = await openTextOutput(link);
  await aborted.write("gone");
  await aborted.abort();
  expect(await readlink(link)).toBe("/dev/null");
});

test("a pipe is written to, and refused where its start would be written last", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(PartialFile.create(pipe, { isSeekable: true })).rejects.toThrow(
    /pipe can't be written: it is not a regular file/,
  );
  const [read] = await Promise.all([readFile(pipe, "utf8"), writeText(pipe, "through")]);
  expect(read).toBe("through");
  expect((await lstat(pipe)).isFIFO()).toBe(true);
});

test("a file that only its owner may read stays so", async () => {
  const path = join(folder, "private.txt");
  await writeFile(path, "old", { mode: 0o600 });
  await writeText(path, "new");
  expect((await lstat(path)).mode & 0o777).toBe(0o600);
});

test("a name as long as the file system has them", async () => {
  const path = join(folder, `${"é".repeat(125)}.txt`);
  await writeText(path, "long");
  expect(await readFile(path, "utf8")).toBe("long");
});
