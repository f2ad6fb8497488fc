/** LanceDB in Google Cloud Storage, as a store like any other, against a server of the test's own. */
import { afterAll, expect, test, vi } from "vitest";
import { indexLocation } from "../../src/passage-index/location.ts";
import { startGcs } from "./gcs-server.ts";
import { describeStore } from "./store-contract.ts";
import { description, partOf } from "./store-data.ts";

const server = await startGcs("tests");
vi.stubEnv("STORAGE_EMULATOR_HOST", server.host);
// LanceDB would take it.
vi.stubEnv("BASE_URL", "/");
afterAll(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
});

let count = 0;
const newLocation = () => indexLocation(`gs://tests/some/index-${count++}`);

describeStore("Google Cloud Storage", async () => newLocation(), {
  otherProcesses: true,
  int8OfAnyLength: false,
  ownSearch: false,
});

test("of several writers at once, one has it, and what it writes is in the bucket", async () => {
  const location = indexLocation("gs://tests/turns/notes.index/");
  expect(location.name).toBe("gs://tests/turns/notes.index");
  await (await location.create(description)).dispose();
  const opened = await Promise.allSettled(Array.from({ length: 5 }, () => location.open("write")));
  const winners = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value!] : []));
  expect(winners.length).toBe(1);
  await winners[0]!.update({ parts: [partOf("a", 0, ["one"])], removed: [] });
  await winners[0]!.dispose();
  expect(server.names().some((name) => name.startsWith("tests/turns/notes.index/"))).toBe(true);
});

test("what isn't there and what isn't a location is refused", async () => {
  await expect(indexLocation("gs://nowhere/notes").create(description)).rejects.toThrow(/^gs:\/\/nowhere\/notes: /);
  for (const wrong of ["gs://", "gs://bucket", "gs://bucket/", "gs://bucket/a//b", "gs://bucket/../x"]) {
    expect(() => indexLocation(wrong)).toThrow(/gs:\/\/bucket\/path/);
  }
  expect(() => indexLocation("gs://key:secret@bucket/notes")).toThrow(/GOOGLE_APPLICATION_CREDENTIALS/);
  expect(() => indexLocation("az://container/notes")).toThrow(/got a text with az:/);
});
