/** What `hpd encode` writes, byte for byte as numpy would. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { openArrayFile } from "../../src/cli/output/array-file.ts";
import { npy } from "../../src/cli/output/npy.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-output-"));
afterAll(() => rm(folder, { recursive: true }));

test(".npy is the file that numpy.save writes", async () => {
  const path = join(folder, "array.npy");
  const writer = await openArrayFile(path, npy);
  await writer.write(Float32Array.of(1, 2, 3));
  await writer.write(Float32Array.of(-0.5, 1e-8, 3e8));
  expect(await readdir(folder)).toEqual([`array.npy.${process.pid}.partial`]);
  await writer.finish({ dimension: 3, dtype: "float32" });
  expect(await readdir(folder)).toEqual(["array.npy"]);
  const expected = await readFile(fileURLToPath(new URL("../fixtures/tables/array.npy", import.meta.url)));
  expect((await readFile(path)).equals(expected)).toBe(true);
});

test("a folder that is not there is refused by name", async () => {
  await expect(openArrayFile(join(folder, "none/array.npy"), npy)).rejects.toThrow(/none\/array\.npy can't be written/);
});
