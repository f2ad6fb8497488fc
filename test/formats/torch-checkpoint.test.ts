/** Checkpoints that torch.save would not write: damaged, hostile, or of other machines. */
import { describe, expect, test } from "vitest";
import { openTorchCheckpoint } from "../../src/formats/torch-checkpoint.ts";
import { buildZip, bytes, checkpointMembers, op, pickleOf } from "./build-checkpoint.ts";
import { recordedSource } from "./recorded-source.ts";

const { call, dict, global, integer, storage, tensor, text, tuple } = op;
const sixFloats = { "0": new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer) };
const open = (pickle: Uint8Array, storages: Record<string, Uint8Array> = sixFloats) =>
  openTorchCheckpoint(recordedSource("model.bin", buildZip(checkpointMembers(pickle, storages))));
const six = storage("FloatStorage", "0", 6);
const matrix = tensor(six, 0, [integer(2), integer(3)], [integer(3), integer(1)]);
const dictOf = (value: number[]) => pickleOf(dict(text("a"), value));

test("the smallest state dict, as the tests below build it", async () => {
  const file = await open(dictOf(matrix));
  expect(await file.read("a")).toEqual({ dtype: "float32", shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
});

test("a checkpoint without byteorder, of PyTorch before 2.1, and without the folder", async () => {
  const [pickle, , ...storages] = checkpointMembers(dictOf(matrix), sixFloats);
  const members = [pickle!, ...storages].map((member) => ({ ...member, name: member.name.slice("model/".length) }));
  const file = await openTorchCheckpoint(recordedSource("model.bin", buildZip(members)));
  expect((await file.read("a")).data.length).toBe(6);
});

describe("tensors that reach out of their storage", () => {
  const huge = 2n ** 53n - 1n;
  const axes = (...values: (number | bigint)[]) => values.map((value) => integer(value));
  test.each<[string, number[]]>([
    ["too many elements", tensor(six, 0, axes(7), axes(1))],
    ["an offset", tensor(six, 1, axes(6), axes(1))],
    ["a stride", tensor(six, 0, axes(2, 3), axes(4, 1))],
    ["an offset of an empty tensor", tensor(six, 7, axes(0), axes(1))],
    ["a size of 2^53 - 1", tensor(six, 0, axes(huge), axes(1))],
    ["a stride of 2^53 - 1", tensor(six, 0, axes(2), axes(huge))],
    ["sizes and strides of 2^53 - 1", tensor(six, 0, axes(huge, huge, huge), axes(huge, huge, huge))],
    ["a size beyond 2^53", tensor(six, 0, axes(2n ** 62n), axes(0))],
    ["a negative size", tensor(six, 0, axes(-1), axes(1))],
    ["a negative stride", tensor(six, 5, axes(6), axes(-1))],
    ["a negative offset", tensor(six, -1, axes(1), axes(1))],
    ["fewer strides than sizes", tensor(six, 0, axes(2, 3), axes(1))],
    ["65 axes", tensor(six, 0, axes(...Array(65).fill(1)), axes(...Array(65).fill(1)))],
    ["a fraction as size", tensor(six, 0, [[0x47, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]], axes(1))],
    ["text as size", tensor(six, 0, [text("1")], axes(1))],
    ["a longer storage", tensor(storage("FloatStorage", "0", 7), 0, axes(1), axes(1))],
    ["a storage of 2^61 elements", tensor(storage("FloatStorage", "0", 2n ** 61n), 0, axes(1), axes(1))],
    ["a wider type", tensor(storage("DoubleStorage", "0", 6), 0, axes(1), axes(1))],
    ["a missing storage", tensor(storage("FloatStorage", "1", 6), 0, axes(1), axes(1))],
    ["a storage of another path", tensor(storage("FloatStorage", "../data.pkl", 6), 0, axes(1), axes(1))],
    ["no storage", tensor(text("storage"), 0, axes(1), axes(1))],
  ])("%s", async (_, value) => {
    await expect(open(dictOf(value))).rejects.toMatchObject({ code: "corrupt_file" });
  });

  test("an expanded tensor far larger than the file", async () => {
    const opened = open(dictOf(tensor(six, 0, axes(2 ** 40), axes(0))));
    await expect(opened).rejects.toMatchObject({ code: "unsupported" });
  });

  test("many tensors that repeat an element, each of them small enough", async () => {
    const view = tensor(six, 0, axes(2 ** 20), axes(0));
    const entries = (count: number) => Array.from({ length: count }, (_, index) => [text(`${index}`), view]).flat();
    const opened = open(pickleOf(dict(...entries(5))));
    await expect(opened).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/its 5 tensors would take 20971520 bytes/),
    });
    expect((await open(pickleOf(dict(...entries(3))))).tensors.size).toBe(3);
  });

  test("many tensors of one storage, far larger together than the file", async () => {
    const million = { "0": new Uint8Array(2 ** 20) };
    const view = tensor(storage("ByteStorage", "0", 2 ** 20), 0, axes(2 ** 20), axes(1));
    const entries = (count: number) => Array.from({ length: count }, (_, index) => [text(`${index}`), view]).flat();
    await expect(open(pickleOf(dict(...entries(30))), million)).rejects.toMatchObject({ code: "unsupported" });
    // Tied weights.
    expect((await open(pickleOf(dict(...entries(2))), million)).tensors.size).toBe(2);
  });

  test("a shape that is appended to after it was checked stays as it was", async () => {
    const shape = [...[0x5d, 0x28], ...integer(6), 0x65, 0x71, 7]; // a list, kept as memo 7
    const append = [0x68, 7, ...integer(2 ** 40), 0x61]; // and appended to
    const rebuild = global("torch._utils", "_rebuild_tensor_v2");
    const value = call(rebuild, six, integer(0), shape, tuple(integer(1)), [0x89], [0x7d]);
    const file = await open(pickleOf(dict(text("a"), value, text("b"), [...append, 0x30].slice(0, -1)))).catch(
      (error) => error,
    );
    expect(file).toMatchObject({ code: "unsupported", message: expect.stringContaining('"b" is a list') });
    const hidden = await open(pickleOf(dict(text("a"), value), [0x7d, ...text("b"), ...append, 0x73, 0x62]));
    expect(hidden.tensors.get("a")?.shape).toEqual([6]);
  });
});

describe("not executed", () => {
  test.each([
    ["os", "system"],
    ["posix", "system"],
    ["builtins", "eval"],
    ["builtins", "getattr"],
    ["torch", "load"],
    ["torch._utils", "_rebuild_tensor"],
    ["torch.serialization", "load"],
    ["collections", "OrderedDict.fromkeys"],
    ["", "__proto__"],
    ["constructor", "constructor"],
  ])("%s.%s is refused by name, wherever it is", async (module, name) => {
    const evil = call(global(module, name), text("echo executed"));
    const refused = { code: "unsupported", message: expect.stringContaining(`${module}.${name}`) };
    const nested = dict(text("x"), tuple(tuple(evil)));
    await expect(open(dictOf(evil))).rejects.toMatchObject(refused);
    await expect(open(pickleOf(evil))).rejects.toMatchObject(refused);
    // In the attributes, whose value is not used.
    await expect(open(pickleOf(dict(text("a"), matrix), nested, [0x62]))).rejects.toMatchObject(refused);
    // By its name from the stack, as of protocol 4.
    const fromStack = [...text(module), ...text(name), 0x93, 0x29, 0x52];
    await expect(open(dictOf(fromStack))).rejects.toMatchObject(refused);
  });

  test.each<[string, number[]]>([
    ["a storage type", call(global("torch", "FloatStorage"), integer(1))],
    ["a text", call(text("eval"), text("1"))],
    ["a tensor", call(matrix, text("1"))],
    ["a function with no tuple of arguments", [...global("collections", "OrderedDict"), ...text("x"), 0x52]],
    ["a function with wrong arguments", call(global("torch._utils", "_rebuild_parameter"), text("x"))],
    ["an OrderedDict with arguments", call(global("collections", "OrderedDict"), tuple())],
    ["attributes of a tensor", [...matrix, 0x7d, 0x62]],
    ["a name that is a list", [...Array(5000).fill(0x5d), ...Array(4999).fill(0x61), ...text("x"), 0x93]],
    ["a persistent id that is no storage", [...text("storage"), 0x51]],
  ])("calling %s", async (_, value) => {
    await expect(open(dictOf(value))).rejects.toMatchObject({ code: "corrupt_file" });
  });
});

describe("pickles", () => {
  test.each<[string, number[], string]>([
    ["BINUNICODE8 of 2^63 bytes", [0x8d, ...bytes(8, 2n ** 63n)], "corrupt_file"],
    ["BINUNICODE of 4 GB", [0x58, 255, 255, 255, 255], "corrupt_file"],
    ["BINBYTES8 of 2^40 bytes", [0x8e, ...bytes(8, 2n ** 40n)], "corrupt_file"],
    ["BINBYTES of 4 GB", [0x42, 255, 255, 255, 255], "corrupt_file"],
    ["FRAME of 2^60 bytes", [0x95, ...bytes(8, 2n ** 60n)], "corrupt_file"],
    ["LONG1 of 255 bytes", [0x8a, 255, ...Array(255).fill(1)], "unsupported"],
    ["LONG4 of 2 GB", [0x8b, 255, 255, 255, 127], "unsupported"],
    ["protocol 6", [0x80, 6], "unsupported"],
    ["INST, of protocol 0", [0x28, 0x69, 0x6f, 0x73, 0x0a, 0x78, 0x0a], "unsupported"],
    ["NEWOBJ", [...global("collections", "OrderedDict"), 0x29, 0x81], "unsupported"],
    ["EXT1", [0x82, 1], "unsupported"],
    ["a name without an end", [0x63, 0x61, 0x61], "corrupt_file"],
    ["text that is not UTF-8", [0x58, 1, 0, 0, 0, 0xff], "corrupt_file"],
    ["memo that is not set", [0x6a, 255, 255, 255, 255], "corrupt_file"],
    ["memo of an empty stack", [0x71, 0], "corrupt_file"],
    ["TUPLE without a mark", [0x74], "corrupt_file"],
    ["TUPLE3 of two", [0x4e, 0x4e, 0x87], "corrupt_file"],
    ["items taken from before the mark", [0x4e, 0x4e, 0x28, 0x86], "corrupt_file"],
    ["SETITEMS of a list", [0x5d, 0x28, 0x4e, 0x4e, 0x75], "corrupt_file"],
    ["SETITEMS of one", [0x7d, 0x28, 0x4e, 0x75], "corrupt_file"],
    ["APPEND to a dict", [0x7d, 0x4e, 0x61], "corrupt_file"],
    ["100,000 marks", Array(100_000).fill(0x28), "corrupt_file"],
    ["100,000 dicts", Array(100_000).fill(0x7d), "corrupt_file"],
    ["a list in itself", [0x5d, 0x71, 0, 0x68, 0, 0x61], "unsupported"],
    ["a dict in itself", [0x7d, 0x71, 0, ...text("a"), 0x68, 0, 0x73], "unsupported"],
    // Each holds the one before ten times: 10^300 elements for whoever walks them.
    [
      "tuples of tuples",
      [
        0x29,
        ...Array(300)
          .fill([0x71, 0, 0x28, ...Array(10).fill([0x68, 0]).flat(), 0x74])
          .flat(),
      ],
      "unsupported",
    ],
    ["a tuple 100,000 deep", [0x29, ...Array(100_000).fill(0x85)], "unsupported"],
  ])("%s", async (_, operations, code) => {
    await expect(open(pickleOf(operations))).rejects.toMatchObject({ code });
  });

  test("a name that another tensor then takes, and memo at 2^32 - 1", async () => {
    const again = [...dict(text("a"), [0x4e], text("a"), matrix), 0x72, 255, 255, 255, 255, 0x6a, 255, 255, 255, 255];
    expect((await open(pickleOf(again))).tensors.size).toBe(1);
  });
});

test.each<[string, Uint8Array, string, RegExp]>([
  [
    "the format before 1.6",
    Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46),
    "unsupported",
    /before 1\.6.*Save/,
  ],
  ["an empty file", new Uint8Array(), "corrupt_file", /model\.bin/],
  ["another zip", buildZip([{ name: "word/document.xml", data: new Uint8Array(3) }]), "corrupt_file", /data\.pkl/],
  ["an empty zip", buildZip([]), "corrupt_file", /data\.pkl/],
])("%s", async (_, file, code, message) => {
  const opened = openTorchCheckpoint(recordedSource("model.bin", file));
  await expect(opened).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test("big-endian", async () => {
  const [pickle, byteorder, ...storages] = checkpointMembers(dictOf(matrix), sixFloats);
  const members = [pickle!, { ...byteorder!, data: new TextEncoder().encode("big") }, ...storages];
  const opened = openTorchCheckpoint(recordedSource("model.bin", buildZip(members)));
  await expect(opened).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining('"big"') });
});

test("a pickle of 2 MB is not read", async () => {
  const zip = buildZip([{ name: "m/data.pkl", data: new Uint8Array() }]);
  const source = recordedSource("model.bin", zip);
  const grown = 2 * 2 ** 20;
  // The archive with 2 MB of zeros between the member's header and the directory.
  const directory = zip.length - 22 - 56;
  const bytesOf = zip.slice();
  const view = new DataView(bytesOf.buffer);
  for (const at of [directory + 20, directory + 24]) view.setUint32(at, grown, true);
  view.setUint32(zip.length - 6, directory + grown, true);
  const large = {
    ...source,
    size: zip.length + grown,
    read: async (offset: number, length: number) => {
      expect(length).toBeLessThan(70_000);
      const result = new Uint8Array(length);
      for (let index = 0; index < length; index++) {
        const at = offset + index;
        result[index] = at < directory ? bytesOf[at]! : at < directory + grown ? 0 : bytesOf[at - grown]!;
      }
      return result;
    },
  };
  await expect(openTorchCheckpoint(large)).rejects.toMatchObject({ code: "unsupported" });
});
