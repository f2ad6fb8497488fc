/** LanceDB in an object store, as a store like any other, and what is different there. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leaseTimes } from "../../src/passage-index/lance/lease.ts";
import { objectLocation } from "../../src/passage-index/lance/object-location.ts";
import type { IndexLocation } from "../../src/passage-index/store.ts";
import { type S3Server, startS3 } from "./s3-server.ts";
import { describeStore } from "./store-contract.ts";
import { description, partOf } from "./store-data.ts";

const program = process.env.HPD_WEED;
const before = { ...process.env };
let server: S3Server;
let count = 0;
const newLocation = () => objectLocation(`s3://tests/some/index-${count++}`);

describe.runIf(program !== undefined)("an object store", () => {
  beforeAll(async () => {
    server = await startS3(program!);
    await server.createBucket("tests");
    Object.assign(process.env, server.env);
  }, 60_000);
  afterAll(async () => {
    process.env = before;
    await server?.stop();
  });

  describeStore("S3", async () => newLocation(), { otherProcesses: true, int8OfAnyLength: false, ownSearch: false });

  test("a lease that ended is another's, and its writer doesn't write any more", async () => {
    const location = newLocation();
    const { length } = leaseTimes;
    let first: Awaited<ReturnType<IndexLocation["create"]>>;
    try {
      leaseTimes.length = 1;
      first = await location.create(description);
    } finally {
      leaseTimes.length = length;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    await using second = (await location.open("write"))!;
    const update = { parts: [partOf("a", 0, ["one"])], removed: [] };
    await expect(first.update(update)).rejects.toMatchObject({ code: "invalid_argument" });
    await first.dispose();
    // Its end is not the end of the other's.
    await expect(location.open("write")).rejects.toThrow(/another process writes/);
    await second.update(update);
    expect(await second.count()).toBe(1);
  });

  test("of several writers at once, one has it", async () => {
    const location = newLocation();
    await (await location.create(description)).dispose();
    const opened = await Promise.allSettled(Array.from({ length: 5 }, () => location.open("write")));
    const winners = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value!] : []));
    expect(winners.length).toBe(1);
    await winners[0]!.dispose();
    await (await location.open("write"))!.dispose();
  });

  test("a bucket that isn't there, and credentials that are wrong", async () => {
    await expect(objectLocation("s3://nowhere/notes").create(description)).rejects.toMatchObject({
      code: "not_found",
      message: "s3://nowhere/notes: there is no such bucket",
    });
    const key = process.env.AWS_SECRET_ACCESS_KEY;
    process.env.AWS_SECRET_ACCESS_KEY = "wrong";
    await expect(objectLocation("s3://tests/other").open("read")).rejects.toMatchObject({ code: "unauthorized" });
    process.env.AWS_SECRET_ACCESS_KEY = key;
  });
});

test.each(["s3://", "s3://bucket", "s3://bucket/", "s3://bucket/a//b", "s3://bucket/../x", "s3://bucket/a?region=b"])(
  "%s is refused",
  (location) => {
    expect(() => objectLocation(location)).toThrow(/s3:\/\/bucket\/path/);
  },
);

test("a secret in a location is not shown", () => {
  expect(() => objectLocation("s3://key:secret@bucket/notes")).toThrow(/from the environment/);
  expect(() => objectLocation("s3://key:secret@bucket/notes")).not.toThrow(/secret/);
  expect(objectLocation("s3://bucket/notes.index/").name).toBe("s3://bucket/notes.index");
});
