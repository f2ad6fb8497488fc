/** What the reference refuses is refused, and what is written can be read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeSafetensors, openSafetensors } from "../../src/formats/safetensors.ts";
import { type DType, dtypeArray } from "../../src/tensor/dtype.ts";
import { elementCount, type Tensor } from "../../src/tensor/tensor.ts";
import { anyCharacter } from "../any-character.ts";
import { recordedSource } from "./recorded-source.ts";

function fileOf(header: string | Uint8Array, data: number, length?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const open = (bytes: Uint8Array) => openSafetensors(recordedSource("model.safetensors", bytes));
const entry = (shape: string, offsets: string, dtype = "F32") =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

describe("refused", () => {
  const huge = "9007199254740993";
  test.each<[string, string | Uint8Array, number]>([
    ["no JSON", "{", 0],
    ["no UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 0],
    ["a byte order mark", "\ufeff{}", 0],
    ["an array", "[]", 0],
    ["null", "null", 0],
    ["a null entry", '{"a":null}', 0],
    ["an entry without shape", '{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4],
    ["three offsets", `{"a":${entry("[1]", "[0,4,4]")}}`, 4],
    ["a fraction", `{"a":${entry("[1.5]", "[0,6]")}}`, 6],
    ["NaN, which is no JSON", `{"a":${entry("[NaN]", "[0,4]")}}`, 4],
    ["a negative size", `{"a":${entry("[-1]", "[0,4]")}}`, 4],
    ["negative sizes whose product fits", `{"a":${entry("[-1,-1]", "[0,4]")}}`, 4],
    ["a negative offset", `{"a":${entry("[1]", "[-4,0]")}}`, 0],
    ["offsets in the wrong order", `{"a":${entry("[1]", "[4,0]")}}`, 4],
    ["a size beyond 2^53", `{"a":${entry(`[${huge}]`, "[0,4]")}}`, 4],
    ["an offset beyond 2^53", `{"a":${entry("[1]", `[0,${huge}]`)}}`, 4],
    ["a product beyond 2^64", `{"a":${entry("[4294967296,4294967296]", "[0,0]")}}`, 0],
    ["a product that wraps around to fit", `{"a":${entry("[4611686018427387905]", "[0,4]")}}`, 4],
    ["offsets past the end", `{"a":${entry("[2]", "[0,8]")}}`, 4],
    ["bytes after the last tensor", `{"a":${entry("[1]", "[0,4]")}}`, 8],
    ["a hole", `{"a":${entry("[1]", "[0,4]")},"b":${entry("[1]", "[8,12]")}}`, 12],
    ["a hole before the first", `{"a":${entry("[1]", "[4,8]")}}`, 8],
    ["an overlap", `{"a":${entry("[2]", "[0,8]")},"b":${entry("[2]", "[4,12]")}}`, 12],
    ["the same bytes twice", `{"a":${entry("[1]", "[0,4]")},"b":${entry("[1]", "[0,4]")}}`, 4],
    ["a shape that needs other bytes", `{"a":${entry("[2]", "[0,4]")}}`, 4],
    ["metadata that is no object", '{"__metadata__":"x"}', 0],
    ["metadata with a number", '{"__metadata__":{"a":1}}', 0],
    ["deep nesting", `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, 0],
    ["a deep shape", `{"a":${entry(`${"[".repeat(50_000)}${"]".repeat(50_000)}`, "[0,4]")}}`, 4],
  ])("%s", async (_, header, data) => {
    await expect(open(fileOf(header, data))).rejects.toMatchObject({ code: "corrupt_file" });
  });

  test.each([[1n], [3n], [100_000_001n], [2n ** 53n], [2n ** 63n], [2n ** 64n - 1n]])(
    "a header of %s bytes",
    async (n) => {
      await expect(open(fileOf("{}", 0, n))).rejects.toMatchObject({ code: "corrupt_file" });
    },
  );

  test("a header over 100 MB, though the file has it, is not read", async () => {
    const source = recordedSource("model.safetensors", fileOf("", 0, 100_000_001n));
    await expect(openSafetensors({ ...source, size: 200_000_000 })).rejects.toMatchObject({ code: "corrupt_file" });
    expect(source.reads).toEqual([[0, 8]]);
  });

  test.each(["F8_E4M3", "U16", "f32", "toString", "__proto__"])("element type %s, by name", async (dtype) => {
    await expect(open(fileOf(`{"a":${entry("[1]", "[0,4]", dtype)}}`, 4))).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(dtype),
    });
  });

  test("a bool that is neither 0 nor 1", async () => {
    const bytes = fileOf(`{"a":${entry("[1]", "[0,1]", "BOOL")}}`, 1);
    bytes[bytes.length - 1] = 2;
    await expect((await open(bytes)).read("a")).rejects.toMatchObject({ code: "corrupt_file" });
  });
});

test("accepted: spaces after the header, no tensors, empty tensors, names of Object.prototype, unaligned bytes", async () => {
  expect((await open(fileOf("{}   ", 0))).tensors.size).toBe(0);
  const header = {
    "": { dtype: "U8", shape: [1], data_offsets: [0, 1] },
    constructor: { dtype: "F32", shape: [], data_offsets: [1, 5] },
    empty: { dtype: "F32", shape: [3, 0], data_offsets: [5, 5] },
  };
  const bytes = fileOf(JSON.stringify(header).replace("constructor", "__proto__"), 5);
  bytes.set(new Uint8Array(Float32Array.of(1.25).buffer), bytes.length - 4);
  const file = await open(bytes);
  expect([...file.tensors.keys()]).toEqual(["", "__proto__", "empty"]);
  expect(await file.read("__proto__")).toEqual({ dtype: "float32", shape: [], data: Float32Array.of(1.25) });
  expect(await file.read("empty")).toEqual({ dtype: "float32", shape: [3, 0], data: new Float32Array() });
});

const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...(Object.keys(dtypeArray) as DType[])), fc.array(fc.nat(3), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const length = elementCount(shape) * dtypeArray[dtype].BYTES_PER_ELEMENT;
    return fc
      .uint8Array({ minLength: length, maxLength: length, ...(dtype === "bool" && { max: 1 }) })
      .map((bytes) => ({
        dtype,
        shape,
        data: new dtypeArray[dtype](bytes.slice().buffer),
      }));
  });
const anyName = fc.string({ unit: anyCharacter }).filter((name) => name !== "__metadata__");

test("writing, then reading, is the identity", async () => {
  const anyTensors = fc.array(fc.tuple(anyName, anyTensor), { maxLength: 6 }).map((entries) => new Map(entries));
  await fc.assert(
    fc.asyncProperty(anyTensors, fc.option(fc.dictionary(fc.string(), fc.string())), async (tensors, metadata) => {
      const bytes = metadata === null ? encodeSafetensors(tensors) : encodeSafetensors(tensors, metadata);
      const file = await open(bytes);
      const read = new Map<string, Tensor>();
      for (const name of file.tensors.keys()) read.set(name, await file.read(name));
      // As bytes, because NaN has many.
      const asBytes = (map: Map<string, Tensor>) =>
        [...map]
          .map(([name, { dtype, shape, data }]) => ({
            name,
            dtype,
            shape,
            bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex"),
          }))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(asBytes(read)).toEqual(asBytes(tensors));
    }),
    { seed: 2203, numRuns: 300 },
  );
});

test("the header may name tensors in any order", async () => {
  const tensors = fc.uniqueArray(fc.tuple(anyName, anyTensor), { maxLength: 6, selector: ([name]) => name });
  const given = tensors.chain((entries) => fc.tuple(fc.constant(entries), fc.infiniteStream(fc.nat())));
  await fc.assert(
    fc.asyncProperty(given, async ([entries, keys]) => {
      const bytes = encodeSafetensors(new Map(entries));
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const named = Object.entries(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))));
      const ordered = named.map((each) => [keys.next().value, each] as const).toSorted(([a], [b]) => a - b);
      const header = ordered.map(([, [name, value]]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
      const data = bytes.subarray(8 + length);
      const other = fileOf(`{${header.join(",")}}`, data.length);
      other.set(data, other.length - data.length);
      const [file, expected] = [await open(other), await open(bytes)];
      expect(new Set(file.tensors.keys())).toEqual(new Set(entries.map(([name]) => name)));
      for (const [name] of entries) expect(await file.read(name)).toEqual(await expected.read(name));
    }),
    { seed: 2203 },
  );
});

test("what the format cannot hold is not written", () => {
  const data = Float32Array.of(1);
  const write = (name: string, shape: number[]) => () =>
    encodeSafetensors(new Map([[name, { dtype: "float32", shape, data }]]));
  const refused = expect.objectContaining({ code: "invalid_argument" });
  expect(write("__metadata__", [1])).toThrow(refused);
  expect(write("a\ud800", [1])).toThrow(refused);
  expect(write("a", [2])).toThrow(refused);
});
