/** Whatever the bytes are, reading them ends in an HpdError or in tensors of the size that their shapes say. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import type { ByteSource } from "../../src/formats/byte-source.ts";
import { opcodeHandlers } from "../../src/formats/pickle-opcodes.ts";
import { openSafetensors } from "../../src/formats/safetensors.ts";
import { openSharded } from "../../src/formats/sharded.ts";
import type { TensorFile } from "../../src/formats/tensor-file.ts";
import { openTorchCheckpoint } from "../../src/formats/torch-checkpoint.ts";
import { elementCount } from "../../src/tensor/tensor.ts";
import { buildZip, checkpointMembers, pickleOf } from "./build-checkpoint.ts";
import { recordedSource } from "./recorded-source.ts";

type Open = (source: ByteSource) => Promise<TensorFile>;
const formats: [string, Open, Uint8Array][] = [
  ["dtypes.safetensors", openSafetensors],
  ["strided.bin", openTorchCheckpoint],
  ["module-protocol-5.bin", openTorchCheckpoint],
].map(([name, open]) => {
  const file = readFileSync(new URL(`../gold/formats/${name}`, import.meta.url));
  return [name as string, open as Open, new Uint8Array(file)];
});

/** Whether the bytes were accepted. No read may ask for more than the file has. */
async function accepts(open: Open, bytes: Uint8Array): Promise<boolean> {
  const source = recordedSource("file", bytes);
  try {
    const file = await open(source);
    for (const [name, { dtype, shape }] of file.tensors) {
      const tensor = await file.read(name);
      expect(tensor).toMatchObject({ dtype, shape });
      expect(tensor.data.length).toBe(elementCount(shape));
    }
    return true;
  } catch (error) {
    if (error instanceof HpdError && (error.code === "corrupt_file" || error.code === "unsupported")) return false;
    throw error;
  } finally {
    expect(source.reads.every(([, length]) => length <= bytes.length)).toBe(true);
  }
}

const anyByte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));

describe.each(formats)("%s", (_, open, sound) => {
  test("is sound", async () => expect(await accepts(open, sound)).toBe(true));

  test("cut anywhere it is refused", async () => {
    for (let length = 0; length < sound.length; length++) {
      if (await accepts(open, sound.subarray(0, length))) expect.fail(`accepted when cut to ${length} bytes`);
    }
  });

  test("with more bytes it is refused", async () => {
    expect(await accepts(open, Uint8Array.of(...sound, 0))).toBe(false);
    expect(await accepts(open, Uint8Array.of(0, ...sound))).toBe(false);
  });

  test("with bytes replaced", async () => {
    const change = fc.tuple(fc.nat(sound.length - 1), anyByte);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = sound.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        await accepts(open, bytes);
      }),
      { seed: 2203, numRuns: 1000 },
    );
  });

  test("any bytes at all are refused", async () => {
    const isRefused = async (bytes: Uint8Array) => !(await accepts(open, bytes));
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), isRefused), { seed: 2203, numRuns: 300 });
  });
});

/** The bytes of `data.pkl`, where damage matters most and which the archive around it would hide from chance. */
describe("pickles", () => {
  const storages = { "0": new Uint8Array(32) };
  const readPickle = (pickle: Uint8Array) =>
    accepts(openTorchCheckpoint, buildZip(checkpointMembers(pickle, storages)));

  test("of random opcodes", async () => {
    const stop = 0x2e;
    const opcodes = [stop, ...Object.keys(opcodeHandlers).map(Number)];
    const anyOperations = fc.array(fc.oneof(fc.constantFrom(...opcodes), fc.nat(255)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(anyOperations, async (operations) => void (await readPickle(pickleOf(operations)))),
      { seed: 2203, numRuns: 1500 },
    );
  });

  test.each(["strided.bin", "module-protocol-5.bin"])(
    "of %s, with bytes replaced, left out or repeated",
    async (name) => {
      const archive = formats.find(([file]) => file === name)![2];
      // torch.save writes data.pkl first: from the opcode PROTO to the next header.
      const begin = archive.findIndex((byte, at) => byte === 0x80 && archive[at + 1]! <= 5);
      const end = Buffer.from(archive).indexOf("PK\x07\x08", begin, "latin1");
      const pickle = archive.subarray(begin, end);
      expect(pickle.at(-1)).toBe(0x2e);
      const span = fc.tuple(fc.nat(pickle.length), fc.nat(pickle.length), fc.array(anyByte, { maxLength: 4 }));
      await fc.assert(
        fc.asyncProperty(span, async ([from, to, bytes]) => {
          await readPickle(Uint8Array.of(...pickle.subarray(0, from), ...bytes, ...pickle.subarray(to)));
        }),
        { seed: 2203, numRuns: 500 },
      );
    },
  );
});

test("any JSON as the index of shards", async () => {
  const open = async (): Promise<TensorFile> => {
    throw new HpdError("not_found", "there is no shard");
  };
  const files = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.jsonValue()));
  const index = fc.oneof(
    fc.string(),
    fc.json(),
    files.map((weight_map) => JSON.stringify({ weight_map })),
  );
  await fc.assert(
    fc.asyncProperty(index, async (text) => {
      await openSharded(text, open).catch((error) => expect(error).toBeInstanceOf(HpdError));
    }),
    { seed: 2203, numRuns: 300 },
  );
});
