/** Addresses of queues, and servers that aren't there. */
import * as ioredis from "ioredis";
import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/jobs/queue/address.ts";
import { connect } from "../../../src/jobs/queue/connection.ts";
import { submitWork } from "../../../src/jobs/queue/submit.ts";
import { fakeWork } from "./fake-work.ts";

describe("an address", () => {
  test.each([
    ["redis://localhost", { name: "redis://localhost", host: "localhost", port: 6379, db: 0, isSecure: false }],
    ["redis://me:p%40ss@h:7000/3", { name: "redis://h:7000/3", port: 7000, db: 3, username: "me", password: "p@ss" }],
    [
      "rediss://:p@[::1]:1",
      { name: "rediss://[::1]:1", host: "::1", isSecure: true, username: undefined, password: "p" },
    ],
    ["redis://me@h/", { username: "me", password: "from outside" }],
  ])("%s", (url, expected) => {
    expect(parseAddress(url, "from outside")).toMatchObject({ ...expected, password: expect.anything() });
    if ("password" in expected) expect(parseAddress(url, "from outside").password).toBe(expected.password);
  });

  test.each(["localhost:6379", "http://h", "redis://", "redis://h/queue", "redis://h?tls=1", "redis://:a/b@h", ""])(
    "%s is refused",
    (url) => {
      expect(() => parseAddress(url)).toThrow(/^queue should be redis:\/\/HOST/);
    },
  );

  test("a message about one shows no password", () => {
    expect(() => parseAddress("redis://:se/cret@h")).toThrow(/got "redis:\/\/:\*\*\*@h"/);
  });
});

test("a server that isn't there is an error, after some tries", async () => {
  const address = parseAddress("redis://:secret@127.0.0.1:1");
  const connecting = connect(ioredis, address, () => {}, 300);
  await expect(connecting).rejects.toMatchObject({
    code: "network",
    message: expect.stringMatching(
      /^redis:\/\/127.0.0.1:1: connect ECONNREFUSED .*is a Redis or Valkey server running/,
    ),
  });
});

test("options that there are not are refused", async () => {
  const work = fakeWork({ folder: "/nowhere", shards: 1 });
  await expect(submitWork(work, { queue: "redis://h", retries: 3 } as never)).rejects.toThrow(
    'submitWork has no option "retries"',
  );
  await expect(submitWork(work, { queue: "redis://h", attempts: 0 })).rejects.toThrow(
    "attempts should be a positive integer",
  );
});
