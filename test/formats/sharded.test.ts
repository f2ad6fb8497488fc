import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeSafetensors, openSafetensors } from "../../src/formats/safetensors.ts";
import { openSharded } from "../../src/formats/sharded.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { type RecordedSource, recordedSource } from "./recorded-source.ts";

const one = (value: number) => tensor("float32", [1], Float32Array.of(value));
const files: Record<string, Uint8Array> = {
  first: encodeSafetensors(new Map([["a", one(1)]])),
  second: encodeSafetensors(
    new Map([
      ["b", one(2)],
      ["unlisted", one(3)],
    ]),
  ),
  broken: new Uint8Array(3),
};
const indexOf = (weight_map: unknown) => JSON.stringify({ metadata: { total_size: 8 }, weight_map });

function opener() {
  const opened: RecordedSource[] = [];
  const open = (file: string) => {
    const source = recordedSource(file, files[file]!);
    opened.push(source);
    return openSafetensors(source);
  };
  return { opened, open };
}

test("tensors in the order of the index, each from its shard, which is opened once", async () => {
  const { opened, open } = opener();
  const file = await openSharded(indexOf({ b: "second", a: "first", unlisted: "second" }), open);
  expect([...file.tensors]).toMatchObject([
    ["b", { dtype: "float32", shape: [1] }],
    ["a", { shape: [1] }],
    ["unlisted", { shape: [1] }],
  ]);
  expect(await file.read("a")).toEqual(one(1));
  expect(await file.read("b")).toEqual(one(2));
  await expect(file.read("c")).rejects.toMatchObject({ code: "not_found", message: expect.stringContaining("c") });
  expect(opened.map(({ name }) => name)).toEqual(["second", "first"]);
  await file.close();
  expect(opened.every(({ closed }) => closed)).toBe(true);
});

test("a tensor that the index doesn't name is not there", async () => {
  const file = await openSharded(indexOf({ b: "second" }), opener().open);
  await expect(file.read("unlisted")).rejects.toMatchObject({ code: "not_found" });
});

test.each([
  ["a tensor that its shard lacks", { a: "first", c: "second" }, { code: "invalid_model", message: /c.*second/ }],
  ["a broken shard", { a: "first", b: "broken" }, { code: "corrupt_file", message: /broken/ }],
])("%s is refused, and what was open is closed", async (_, map, { code, message }) => {
  const { opened, open } = opener();
  const refused = { code, message: expect.stringMatching(message) };
  await expect(openSharded(indexOf(map), open)).rejects.toMatchObject(refused);
  expect(opened.find(({ name }) => name === "first")?.closed).toBe(true);
});

describe("an index", () => {
  test.each([
    "../first",
    "/first",
    "a/first",
    "..\\first",
    "C:first",
    "..",
    ".",
    "",
    "a\0",
    "https://example.com/a",
    1,
    null,
    ["first"],
  ])("with the file %j is refused before anything is opened", async (name) => {
    const { opened, open } = opener();
    await expect(openSharded(indexOf({ a: name }), open)).rejects.toMatchObject({ code: "corrupt_file" });
    expect(opened).toEqual([]);
  });

  test.each(["", "{", "null", "1", "[]", "{}", indexOf(null), indexOf([]), indexOf("first")])("%s", async (index) => {
    await expect(openSharded(index, opener().open)).rejects.toMatchObject({ code: "corrupt_file" });
  });
});

test("the shards of a model folder", async () => {
  const folder = new URL("../fixtures/models/xlm-roberta/", import.meta.url);
  const file = await openSharded(readFileSync(new URL("model.safetensors.index.json", folder), "utf8"), async (name) =>
    openSafetensors(recordedSource(name, new Uint8Array(readFileSync(new URL(name, folder))))),
  );
  let count = 0;
  for (const [name, { shape }] of file.tensors) {
    const read = await file.read(name);
    expect(read.shape).toEqual(shape);
    count += read.data.length;
  }
  // What the index says under `total_parameters`.
  expect(count).toBe(9024);
});
