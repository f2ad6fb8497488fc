/** Folders in an object store: what is written appears whole, once, and whatever the server does meanwhile. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { listFiles } from "../../src/storage/list-files.ts";
import { openOutputFolder, readWhole, writeFirst } from "../../src/storage/open-output-folder.ts";
import { startS3 } from "../passage-index/s3-server.ts";
import { type FakeS3, startFakeS3 } from "./fake-s3.ts";

const program = process.env.HPD_WEED;
const before = { ...process.env };
let fake: FakeS3;
let stop: () => Promise<void>;
let count = 0;
const newFolder = () => openOutputFolder(`s3://tests/some/folder-${count++}`);
const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (read: Uint8Array | undefined) => new TextDecoder().decode(read);

beforeAll(async () => {
  fake = await startFakeS3();
  if (program === undefined) {
    Object.assign(process.env, fake.env);
    stop = async () => {};
  } else {
    const server = await startS3(program);
    await server.createBucket("tests");
    Object.assign(process.env, server.env);
    stop = () => server.stop();
  }
}, 60_000);
afterEach(() => {
  fake.fault = () => undefined;
});
afterAll(async () => {
  process.env = before;
  await fake[Symbol.asyncDispose]();
  await stop();
});

test("the first one has the name, also of many at once", async () => {
  const folder = newFolder();
  expect(await writeFirst(folder, "a", bytes("one"))).toBe(true);
  expect(await writeFirst(folder, "a", bytes("two"))).toBe(false);
  expect(textOf(await readWhole(folder, "a"))).toBe("one");
  const all = Array.from({ length: 6 }, (_, index) => index);
  const isFirst = await Promise.all(all.map((each) => writeFirst(folder, "b", bytes(`number ${each}`))));
  expect(isFirst.filter(Boolean).length).toBe(1);
  expect(textOf(await readWhole(folder, "b"))).toBe(`number ${isFirst.indexOf(true)}`);
  expect(await readWhole(folder, "none")).toBeUndefined();
});

test("a large file comes in parts, its beginning last, and leaves nothing where it is not the first", async () => {
  const folder = newFolder();
  const blocks = Array.from({ length: 6 }, (_, index) => Buffer.alloc(3_500_000, index + 1));
  const write = async () => {
    const file = await folder.create("large");
    await file.append(new Uint8Array(10));
    for (const block of blocks) await file.append(block);
    await file.overwriteStart(bytes("beginning!"));
    expect([...(await folder.list()).keys()].includes("large")).toBe(isThere);
    return file.finishFirst();
  };
  let isThere = false;
  expect(await write()).toBe(true);
  const whole = Buffer.concat([bytes("beginning!"), ...blocks]);
  expect(Buffer.from((await readWhole(folder, "large"))!).equals(whole)).toBe(true);
  isThere = true;
  expect(await write()).toBe(false);
  expect(await folder.list()).toEqual(new Map([["large", whole.length]]));
  expect(fake.uploads.size).toBe(0);
});

test("one that is given up leaves nothing", async () => {
  const folder = newFolder();
  const file = await folder.create("given-up");
  for (let part = 0; part < 3; part++) await file.append(Buffer.alloc(9_000_000));
  await file.abort();
  expect(await folder.list()).toEqual(new Map());
  expect(fake.uploads.size).toBe(0);
});

test("objects below a prefix in the order of their names, without hidden ones, page after page", async () => {
  const folder = openOutputFolder("s3://tests/input");
  const below = openOutputFolder("s3://tests/input/b");
  for (const name of ["c.txt", "a.txt", "notes.md", "_SUCCESS", ".hidden.txt"])
    await writeFirst(folder, name, bytes(name));
  for (const name of ["2.txt", "1.txt"]) await writeFirst(below, name, bytes(name));
  const files = await listFiles(["s3://tests/input/"], { accepts: (name) => name.endsWith(".txt") });
  expect(files.map(({ name, size }) => [name, size])).toEqual([
    ["a.txt", 5],
    ["b/1.txt", 5],
    ["b/2.txt", 5],
    ["c.txt", 5],
  ]);
  const [one] = await listFiles(["s3://tests/input/b/1.txt"], { accepts: () => false });
  expect([one!.name, one!.version]).toEqual(["1.txt", files[1]!.version]);
  const reader = await one!.open();
  expect(textOf(await reader.read(1, 4))).toBe(".tx");
});

describe.runIf(program === undefined)("a server that", () => {
  test("is throttling, cuts connections and loses answers", { timeout: 60_000 }, async () => {
    const folder = newFolder();
    const faults = ["SlowDown", "cut", "lost", undefined] as const;
    fake.fault = ({ count: request }) => faults[request % 4];
    const content = Buffer.concat(Array.from({ length: 3 }, (_, index) => Buffer.alloc(8_400_000, index)));
    const file = await folder.create("large");
    for (let at = 0; at < content.length; at += 1_000_000) await file.append(content.subarray(at, at + 1_000_000));
    // Whether it was the first one can't be known where the answer that says so is lost.
    await file.finishFirst();
    expect(Buffer.from((await readWhole(folder, "large"))!).equals(content)).toBe(true);
    await writeFirst(folder, "small", bytes("small"));
    expect(textOf(await readWhole(folder, "small"))).toBe("small");
  });

  test("is throttling one part: the object is completed when that has arrived", { timeout: 60_000 }, async () => {
    const folder = newFolder();
    let refused = 0;
    fake.fault = ({ path }) => (path.includes("partNumber=2&") && refused++ < 4 ? "SlowDown" : undefined);
    const file = await folder.create("large");
    const parts = Array.from({ length: 3 }, (_, index) => Buffer.alloc(index === 2 ? 5_000_000 : 9_000_000, index));
    for (const part of parts) await file.append(part);
    expect(await file.finishFirst()).toBe(true);
    expect(refused).toBe(5);
    expect(Buffer.from((await readWhole(folder, "large"))!).equals(Buffer.concat(parts))).toBe(true);
  });

  test("refuses access, or has no conditional writes", async () => {
    const folder = newFolder();
    fake.fault = () => "AccessDenied";
    const refused = { code: "unauthorized", message: expect.stringContaining("s3:PutObject") };
    await expect(writeFirst(folder, "a", bytes("a"))).rejects.toMatchObject(refused);
    await expect(folder.list()).rejects.toMatchObject({ code: "unauthorized" });
    fake.fault = ({ method }) => (method === "PUT" ? "NotImplemented" : undefined);
    await expect(writeFirst(folder, "a", bytes("a"))).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("no conditional writes"),
    });
  });

  test("holds another object by now", async () => {
    fake.objects.set("tests/changing.txt", Buffer.from("before"));
    const [file] = await listFiles(["s3://tests/changing.txt"], { accepts: () => true });
    fake.objects.set("tests/changing.txt", Buffer.from("behind"));
    const reader = await file!.open();
    await expect(reader.read(0, 6)).rejects.toMatchObject({ message: expect.stringContaining("has changed since") });
  });

  test("keeps parts of uploads that nobody finishes", async () => {
    const folder = newFolder();
    fake.uploads.set("old", { path: `${folder.name.slice(5)}/x`, parts: new Map() });
    await folder.sweep();
    expect(fake.uploads.size).toBe(0);
  });
});

test.each([
  ["s3://", /expected s3:\/\/bucket\/path/],
  ["s3://bucket/a/../b", /expected s3/],
  ["s3://key:secret@bucket/a", /credentials are taken from the environment/],
  ["ftp://host/a", /expected a path, https:\/\/ or s3:\/\//],
])("%s is refused", (location, message) => {
  expect(() => openOutputFolder(location)).toThrow(message);
});
