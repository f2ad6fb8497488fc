/** Read back here; by hand, `torch.load` and Python's `zipfile.testzip` read it too. */
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { encodeTorchCheckpoint } from "../../src/formats/encode-torch-checkpoint.ts";
import { encodeZip } from "../../src/formats/encode-zip.ts";
import { openTorchCheckpoint } from "../../src/formats/torch-checkpoint.ts";
import { openZip } from "../../src/formats/zip.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { recordedSource } from "./recorded-source.ts";

test("tensors of both types and of any rank come back, from shared memory too", async () => {
  const shared = new Float32Array(new SharedArrayBuffer(40), 16, 6);
  shared.set([0, -1, 2.5, 3e-38, Number.MAX_VALUE, 5]);
  const tensors = new Map<string, Tensor<"float32"> | Tensor<"float16">>([
    ["linear.weight", { dtype: "float32", shape: [2, 3], data: shared }],
    ["scalar", { dtype: "float16", shape: [], data: Uint16Array.of(0x3c00) }],
    ["empty", { dtype: "float32", shape: [0, 300, 70_000], data: new Float32Array(0) }],
    ["größe", { dtype: "float16", shape: [2, 1, 150], data: new Uint16Array(300).map((_, index) => index) }],
  ]);
  const file = await openTorchCheckpoint(recordedSource("model.bin", encodeTorchCheckpoint(tensors)));
  expect([...file.tensors.keys()]).toEqual([...tensors.keys()]);
  for (const [name, { dtype, shape, data }] of tensors) {
    expect(await file.read(name)).toEqual({ dtype, shape, data: data.slice() });
  }
});

test("a zip's members are where its directory says, with their checksums", async () => {
  const members = new Map([
    ["a/first", Uint8Array.from({ length: 1000 }, (_, index) => (index * index) % 251)],
    ["a/empty", new Uint8Array(0)],
    ["b", new TextEncoder().encode("123456789")],
  ]);
  const archive = encodeZip(members);
  const opened = await openZip(recordedSource("a.zip", archive));
  expect([...opened.keys()]).toEqual([...members.keys()]);
  for (const [name, data] of members) expect(await opened.get(name)!.read(0, data.length)).toEqual(data);
  const view = new DataView(archive.buffer);
  let at = 0;
  for (const [name, data] of members) {
    expect(view.getUint32(at + 14, true)).toBe(crc32(data));
    at += 30 + name.length + data.length;
  }
  for (const [name, data] of members) {
    expect(view.getUint32(at + 16, true)).toBe(crc32(data));
    at += 46 + name.length;
  }
  expect(at).toBe(archive.length - 22);
});

test("2 GiB and more are refused", () => {
  // Nothing touches it, so it takes no memory.
  const data = new Float32Array(2 ** 29);
  const weights = new Map([["a", { dtype: "float32", shape: [data.length], data }]] as const);
  expect(() => encodeTorchCheckpoint(weights)).toThrow(/2147483648 bytes of weights are too many/);
});
