/** Damaged and hostile files give an HpdError, whatever they say. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import type { ByteSource } from "../../src/formats/byte-source.ts";
import { unpickle } from "../../src/formats/pickle.ts";
import { encodeSafetensors, openSafetensors } from "../../src/formats/safetensors.ts";
import type { TensorFile } from "../../src/formats/tensor-file.ts";
import { openTorchCheckpoint } from "../../src/formats/torch-checkpoint.ts";
import { memorySource } from "./memory-source.ts";

const gold = (file: string) => new Uint8Array(readFileSync(new URL(`../gold/formats/${file}`, import.meta.url)));
const formats: [string, (source: ByteSource) => Promise<TensorFile>, Uint8Array][] = [
  ["safetensors", openSafetensors, gold("dtypes.safetensors")],
  ["torch", openTorchCheckpoint, gold("strided.bin")],
];

/** Reads everything; whether the file was sound. */
async function survives(open: (source: ByteSource) => Promise<TensorFile>, bytes: Uint8Array): Promise<boolean> {
  try {
    const file = await open(memorySource(bytes));
    for (const name of file.tensors.keys()) await file.read(name);
    return true;
  } catch (error) {
    if (!(error instanceof HpdError) || !["corrupt_file", "unsupported"].includes(error.code)) throw error;
    return false;
  }
}

test.each(formats)("%s: random bytes, flips, truncations", async (_, open, sound) => {
  expect(await survives(open, sound)).toBe(true);
  for (let length = 0; length < sound.length; length++)
    expect(await survives(open, sound.slice(0, length))).toBe(false);
  const flip = fc.record({ at: fc.nat(sound.length - 1), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
      const bytes = sound.slice();
      for (const { at, value } of flips) bytes[at] = value;
      await survives(open, bytes);
    }),
    { seed: 1, numRuns: 1500 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => void (await survives(open, bytes))),
    {
      seed: 2,
      numRuns: 500,
    },
  );
});

function withHeader(header: string): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const entry = (shape: unknown, offsets: unknown) => `{"a":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`;
test.each([
  entry("[2]", "[0,7]"),
  entry("[-2]", "[0,8]"),
  entry("[9007199254740993]", "[0,8]"),
  entry("[4294967296,4294967296,0]", "[0,8]"),
  entry("[2]", "[4,12]"),
  entry("[2]", "[0,1e300]"),
  entry("[1]", "[0,4]"),
  '{"__metadata__":{"a":1}}',
  `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  "[]",
  "null",
  '{"a":null}',
])("safetensors header %#", async (header) => {
  expect(await survives(openSafetensors, withHeader(header))).toBe(false);
});

test("safetensors: save then load is the identity", async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.float32Array()), async (arrays) => {
      const tensors = new Map(
        Object.entries(arrays).map(([name, data]) => [name, { dtype: "float32" as const, shape: [data.length], data }]),
      );
      tensors.delete("__metadata__");
      const file = await openSafetensors(memorySource(encodeSafetensors(tensors)));
      expect(file.tensors.size).toBe(tensors.size);
      for (const [name, tensor] of tensors) expect(await file.read(name)).toEqual(tensor);
    }),
    { seed: 3, numRuns: 200 },
  );
});

test("pickle: hostile opcodes", () => {
  const refuse = () => {
    throw new HpdError("unsupported", "refused");
  };
  const rules = { globals: new Map<string, unknown>(), persistent: refuse };
  const hostile = [
    [0x8d, 255, 255, 255, 255, 255, 255, 255, 127],
    [0x8b, 255, 255, 255, 255],
    [0x95, 255, 255, 255, 255, 255, 255, 255, 255],
    [0x58, 255, 255, 255, 255],
    [0x74],
    [0x28, 0x30],
    [0x5d, 0x71, 0, 0x68, 0, 0x61],
    [...new TextEncoder().encode("cbuiltins\neval\n")],
    new Array(100_000).fill(0x28),
    [0x6a, 255, 255, 255, 255],
  ];
  for (const codes of hostile) expect(() => unpickle("p", new Uint8Array(codes), rules)).toThrow(HpdError);
});
