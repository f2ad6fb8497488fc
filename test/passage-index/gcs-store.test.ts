/** LanceDB in Google Cloud Storage, as a store like any other, against a server of the test's own. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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

test("a path may have the word bucket", async () => {
  const location = indexLocation("gs://tests/bucket/notes");
  await (await location.create(description)).dispose();
  expect((await location.open("read"))!.description).toEqual(description);
});

test("what isn't there and what isn't a location is refused", async () => {
  const missing = indexLocation("gs://nowhere/notes").create(description);
  const failing = createServer((_, answer) => answer.writeHead(400).end()).listen(0, "127.0.0.1");
  await once(failing, "listening");
  vi.stubEnv("STORAGE_EMULATOR_HOST", `127.0.0.1:${(failing.address() as AddressInfo).port}`);
  // Words of its path are not taken for the reason.
  const failed = indexLocation("gs://tests/credentials/403/notes").open("read");
  vi.stubEnv("STORAGE_EMULATOR_HOST", server.host);
  // LanceDB tries both for seven seconds.
  await Promise.all([
    expect(missing).rejects.toMatchObject({
      code: "not_found",
      message: "gs://nowhere/notes: there is no such bucket",
    }),
    expect(failed).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/\/notes: the object store couldn't be asked: Server returned .* 400 Bad Request/),
    }),
  ]);
  failing.close();
  for (const wrong of ["gs://", "gs://bucket", "gs://bucket/", "gs://bucket/a//b", "gs://bucket/../x"]) {
    expect(() => indexLocation(wrong)).toThrow(/gs:\/\/bucket\/path/);
  }
  expect(() => indexLocation("gs://key:secret@bucket/notes")).toThrow(/GOOGLE_APPLICATION_CREDENTIALS/);
  expect(() => indexLocation("az://container/notes")).toThrow(/got a text with az:/);
});
