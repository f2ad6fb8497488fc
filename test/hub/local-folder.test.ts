import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { openModel } from "../../src/hub/node.ts";

let folder: string;

/** A folder with as many files as a link may bring. */
const crowded = mkdtempSync(join(tmpdir(), "hpd-crowded-"));
for (let index = 0; index < 1000; index++) writeFileSync(join(crowded, `${index}`), "");
afterAll(() => rmSync(crowded, { recursive: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hpd-local-"));
  mkdirSync(join(folder, "1_Pooling"));
  mkdirSync(join(folder, ".git"));
  writeFileSync(join(folder, ".git", "config"), "");
  writeFileSync(join(folder, "1_Pooling", "config.json"), "{}");
  writeFileSync(join(folder, "config.json"), "0123456789");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a local folder", () => {
  test("lists files, sorted, without .git and without folders behind links", async () => {
    symlinkSync(join(folder, "config.json"), join(folder, "linked.json"));
    symlinkSync(folder, join(folder, "around"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const model = await openModel(folder);
    expect(model.name).toBe(folder);
    expect(model.files).toEqual(["1_Pooling/config.json", "config.json", "linked.json"]);
    await expect(model.open("pipe")).rejects.toMatchObject({ code: "not_found" });
  });

  test("has the files of a module whose folder is a link, and none that go round or are too many", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "hpd-elsewhere-"));
    try {
      mkdirSync(join(elsewhere, "2_Dense", "deeper"), { recursive: true });
      writeFileSync(join(elsewhere, "2_Dense", "deeper", "config.json"), "{}");
      writeFileSync(join(elsewhere, "2_Dense", "config.json"), "[1]");
      symlinkSync(join(elsewhere, "2_Dense"), join(folder, "2_Dense"));
      symlinkSync("/", join(folder, "root"));
      symlinkSync(dirname(folder), join(folder, "above"));
      symlinkSync(join(folder, "self"), join(folder, "self"));
      writeFileSync(join(crowded, "1000"), "");
      symlinkSync(crowded, join(folder, "crowded"));
      const model = await openModel(folder);
      // "self" is there by name, as every link to what is missing.
      expect(model.files).toEqual(["1_Pooling/config.json", "2_Dense/config.json", "config.json", "self"]);
      const source = await model.open("2_Dense/config.json");
      expect(Buffer.from(await source.read(0, 3)).toString()).toBe("[1]");
      await source.close();
    } finally {
      rmSync(elsewhere, { recursive: true });
      rmSync(join(crowded, "1000"));
    }
  });

  test("reads exactly the range that is asked for", async () => {
    const source = await (await openModel(folder)).open("config.json");
    expect(source.size).toBe(10);
    expect(Buffer.from(await source.read(2, 3)).toString()).toBe("234");
    expect(Buffer.from(await source.read(0, 10)).toString()).toBe("0123456789");
    expect(await source.read(10, 0)).toHaveLength(0);
    await source.close();
    await expect(source.read(0, 1)).rejects.toThrow();
  });

  test.each([
    [0, 11],
    [10, 1],
    [-1, 2],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
    [2 ** 53, 1],
    [0, Number.MAX_SAFE_INTEGER],
  ])("refuses %d + %d", async (offset, length) => {
    const source = await (await openModel(folder)).open("config.json");
    await expect(source.read(offset, length)).rejects.toMatchObject({ code: "corrupt_file" });
    await source.close();
  });

  test("says so where a file shrinks while it is open", async () => {
    const source = await (await openModel(folder)).open("config.json");
    truncateSync(join(folder, "config.json"), 4);
    await expect(source.read(0, 10)).rejects.toMatchObject({ code: "corrupt_file" });
    await source.close();
  });

  test.each(["../config.json", "/etc/passwd", "1_Pooling\\config.json", "1_Pooling/../config.json", ""])(
    "refuses to open %j",
    async (file) => {
      await expect((await openModel(folder)).open(file)).rejects.toMatchObject({ code: "invalid_argument" });
    },
  );

  test("names what is there when a file is not", async () => {
    symlinkSync(join(folder, "gone"), join(folder, "dangling.json"));
    const model = await openModel(folder);
    await expect(model.open("vocab.txt")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/no file vocab\.txt.*1_Pooling\/config\.json, config\.json/),
    });
    await expect(model.open("dangling.json")).rejects.toMatchObject({ code: "not_found" });
  });

  test("stops where a folder holds far more than a model", async () => {
    for (let link = 0; link < 10; link++) symlinkSync(crowded, join(folder, `${link}`));
    await expect(openModel(folder)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/10000 files/),
    });
  });
});

describe("what is neither a folder nor a hub id", () => {
  test("an empty text", async () => {
    await expect(openModel("")).rejects.toMatchObject({
      code: "invalid_argument",
      message: "a model should be a folder or a hub id, got an empty text",
    });
  });

  test("a file", async () => {
    await expect(openModel(join(folder, "config.json"))).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^a model should be a folder or a hub id, got .*config\.json, a file$/),
    });
  });

  test.each(["./no-such-model", "../no-such-model", "/no/such/model", "a/b/c", "a b"])("%j", async (name) => {
    await expect(openModel(name)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(
        /^a model should be a folder or a hub id, got ".*": there is no folder .* a hub id is name or/,
      ),
    });
  });

  test("a path with a zero byte", async () => {
    await expect(openModel("a\0b")).rejects.toMatchObject({ code: "invalid_argument" });
  });
});
