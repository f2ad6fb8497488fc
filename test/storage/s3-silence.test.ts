/** An object store that falls silent. Little time is waited here alone: on a busy machine every answer would be late. */
import { expect, test } from "vitest";
import { openOutputFolder, readWhole, writeFirst } from "../../src/storage/open-output-folder.ts";
import { s3Limits } from "../../src/storage/s3-client.ts";
import { startFakeS3 } from "./fake-s3.ts";

test("a server that never answers, or stops in the middle of an answer, is asked again", async () => {
  s3Limits.silence = 500;
  await using fake = await startFakeS3();
  Object.assign(process.env, fake.env);
  const folder = openOutputFolder("s3://tests/some/folder");
  let silences = 0;
  const faulty = (fault: "silent" | "stuck", method: string) => {
    let left = 2;
    fake.fault = (request) => {
      if (request.method !== method || left-- <= 0) return undefined;
      silences++;
      return fault;
    };
  };
  faulty("silent", "PUT");
  await writeFirst(folder, "a", new TextEncoder().encode("small"));
  for (const fault of ["silent", "stuck"] as const) {
    faulty(fault, "GET");
    expect(new TextDecoder().decode(await readWhole(folder, "a"))).toBe("small");
  }
  expect(silences).toBe(6);
});
