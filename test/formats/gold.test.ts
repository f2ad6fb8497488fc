/** Files that torch and safetensors wrote (tools/gold/formats.py) hold what they held in Python. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeSafetensors, openSafetensors } from "../../src/formats/safetensors.ts";
import { openTorchCheckpoint } from "../../src/formats/torch-checkpoint.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { recordedSource } from "./recorded-source.ts";

interface Gold {
  read: Record<string, Record<string, { dtype: DType; shape: number[]; values: number[] }>>;
  refused: Record<string, string>;
}

const folder = new URL("../gold/formats/", import.meta.url);
const open = (name: string) => {
  const source = recordedSource(name, new Uint8Array(readFileSync(new URL(name, folder))));
  return { source, opened: name.endsWith(".bin") ? openTorchCheckpoint(source) : openSafetensors(source) };
};
const gold: Gold = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8"));

/** The 16 bits of float16 and bfloat16 as numbers; test/tensor has the conversion itself. */
function numbers({ dtype, data }: Tensor): number[] {
  const widened = new DataView(new ArrayBuffer(4));
  return Array.from(data as ArrayLike<number | bigint>, (value) => {
    const element = Number(value);
    if (dtype === "bfloat16") {
      widened.setUint16(0, element);
      return widened.getFloat32(0);
    }
    if (dtype !== "float16") return element;
    const magnitude = element & 0x7c00 ? 2 ** (((element >> 10) & 31) - 15) : 2 ** -14;
    const fraction = (element & 0x3ff) / 1024 + (element & 0x7c00 ? 1 : 0);
    return (element & 0x8000 ? -1 : 1) * magnitude * fraction;
  });
}

describe.each(Object.entries(gold.read))("%s", (name, tensors) => {
  test("holds what it held in Python", async () => {
    const file = await open(name).opened;
    expect([...file.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
    for (const [key, { dtype, shape, values }] of Object.entries(tensors)) {
      expect(file.tensors.get(key), key).toMatchObject({ dtype, shape });
      const tensor = await file.read(key);
      expect({ dtype: tensor.dtype, shape: tensor.shape }, key).toEqual({ dtype, shape });
      expect(numbers(tensor), key).toEqual(values);
    }
  });

  test("one tensor reads no more than its own elements", async () => {
    const { source, opened } = open(name);
    const file = await opened;
    for (const [key, { dtype, shape }] of file.tensors) {
      source.reads.length = 0;
      const { data } = await file.read(key);
      expect(source.reads.length, key).toBeLessThanOrEqual(2);
      const [, length] = source.reads.at(-1) ?? [];
      // A strided view also reads what lies between its elements, at most the 24 elements of `base`.
      expect(length, `${key} ${dtype} [${shape}]`).toBeLessThanOrEqual(
        name.startsWith("strided") ? 96 : data.byteLength,
      );
    }
  });

  test("a name that it has not, and closing", async () => {
    const { source, opened } = open(name);
    const file = await opened;
    await expect(file.read("missing")).rejects.toMatchObject({ code: "not_found" });
    await file.close();
    expect(source.closed).toBe(true);
  });
});

test("a part of a shared storage is read alone", async () => {
  const { source, opened } = open("strided.bin");
  const file = await opened;
  await file.read("offset");
  expect(source.reads.at(-1)?.[1]).toBe(8 * 4);
  await file.read("element");
  expect(source.reads.at(-1)?.[1]).toBe(4);
  await file.read("repeated");
  expect(source.reads.at(-1)?.[1]).toBe(4);
});

test.each(Object.entries(gold.refused))("%s is refused, as %s", async (name, part) => {
  await expect(open(name).opened).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining(part),
  });
});

test("safetensors are written byte for byte as the reference writes them", async () => {
  const file = await open("dtypes.safetensors").opened;
  const names = [...file.tensors.keys()].reverse();
  const tensors = new Map(await Promise.all(names.map(async (name) => [name, await file.read(name)] as const)));
  const expected = new Uint8Array(readFileSync(new URL("dtypes.safetensors", folder)));
  expect(encodeSafetensors(tensors, { format: "pt" })).toEqual(expected);
});
