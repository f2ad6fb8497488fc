/**
 * Writes a state dict as `torch.save` does, so that `torch.load` reads it, with `weights_only` too; what is read here is
 * in torch-checkpoint.ts. Versions of sentence-transformers before 3 read a Dense from nothing else.
 * Source: `torch.serialization._save` of PyTorch 2.13, `pickle` of Python (protocol 2).
 */
import { HpdError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { encodeZip } from "./encode-zip.ts";

const storageOfType = { float32: "FloatStorage", float16: "HalfStorage" } as const;

/** @throws HpdError `invalid_argument` for 2 GiB and more: the sizes in it have 32 bits. */
export function encodeTorchCheckpoint(tensors: ReadonlyMap<string, Tensor<"float32"> | Tensor<"float16">>): Uint8Array {
  const entries: number[][] = [];
  const storages: [string, Uint8Array][] = [];
  let size = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const key = String(storages.length);
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
    const storage = tuple(
      text("storage"),
      global("torch", storageOfType[dtype]),
      text(key),
      text("cpu"),
      int(data.length),
    );
    entries.push(
      text(name),
      call(
        global("torch._utils", "_rebuild_tensor_v2"),
        [...storage, opcode.persistentId],
        int(0),
        tuple(...shape.map(int)),
        tuple(...strides.map(int)),
        [opcode.false],
        // The backward hooks, which there are none of.
        call(global("collections", "OrderedDict")),
      ),
    );
    storages.push([`archive/data/${key}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
    size += data.byteLength;
  }
  if (size >= 2 ** 31) {
    throw new HpdError("invalid_argument", `${size} bytes of weights are too many for one PyTorch checkpoint`);
  }
  const { protocol, emptyDict, mark, setItems, stop } = opcode;
  const pickle = Uint8Array.from([protocol, 2, emptyDict, mark, ...entries.flat(), setItems, stop]);
  return encodeZip(
    new Map([["archive/data.pkl", pickle], ...storages, ["archive/version", new TextEncoder().encode("3\n")]]),
  );
}

const opcode = {
  protocol: 0x80,
  emptyDict: 0x7d,
  mark: 0x28,
  setItems: 0x75,
  tuple: 0x74,
  global: 0x63,
  reduce: 0x52,
  persistentId: 0x51,
  text: 0x58,
  int: 0x4a,
  false: 0x89,
  stop: 0x2e,
} as const;

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [opcode.text, ...littleEndian(bytes.length), ...bytes];
}

function int(value: number): number[] {
  return [opcode.int, ...littleEndian(value)];
}

function littleEndian(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

function global(module: string, name: string): number[] {
  return [opcode.global, ...new TextEncoder().encode(`${module}\n${name}\n`)];
}

function tuple(...items: number[][]): number[] {
  return [opcode.mark, ...items.flat(), opcode.tuple];
}

function call(callable: number[], ...items: number[][]): number[] {
  return [...callable, ...tuple(...items), opcode.reduce];
}
