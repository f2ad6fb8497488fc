/**
 * Opens what torch.save writes of a state dict since PyTorch 1.6: a zip archive with `data.pkl` and one record a
 * storage. Nothing in the pickle is executed. Entries that are no tensors (a number, a string, None) are left out;
 * attributes such as `_metadata` are dropped.
 * Source: torch/serialization.py and torch/_utils.py.
 * Limits: little-endian, dense tensors; a state dict inside another dict is refused.
 */
import { HpdError } from "../errors.ts";
import { bytesPerElement, type DType, dtypeArray } from "../tensor/dtype.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { ByteSource } from "./byte-source.ts";
import { readPickle } from "./pickle.ts";
import { isSizes } from "./sizes.ts";
import { isContiguous, rowMajor, spannedElements } from "./strided.ts";
import type { TensorFile } from "./tensor-file.ts";
import { locateZipEntry, readZipDirectory } from "./zip.ts";

const storageDtypes: ReadonlyMap<string, DType> = new Map([
  ["torch.DoubleStorage", "float64"],
  ["torch.FloatStorage", "float32"],
  ["torch.HalfStorage", "float16"],
  ["torch.BFloat16Storage", "bfloat16"],
  ["torch.LongStorage", "int64"],
  ["torch.IntStorage", "int32"],
  ["torch.ShortStorage", "int16"],
  ["torch.CharStorage", "int8"],
  ["torch.ByteStorage", "uint8"],
  ["torch.BoolStorage", "bool"],
]);
const functions = ["collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"];
const largestPickle = 1 << 26;
/** A view that repeats elements may be larger than its file, but not beyond this many bytes. */
const largestExpansion = 1 << 26;

class Global {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

class Storage {
  readonly dtype: DType;
  readonly key: string;
  readonly length: number;
  constructor(dtype: DType, key: string, length: number) {
    this.dtype = dtype;
    this.key = key;
    this.length = length;
  }
}

class View {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
  get dtype(): DType {
    return this.storage.dtype;
  }
}

/** @throws HpdError `corrupt_file`; `unsupported` for an old format, a forbidden global or what is no state dict. */
export async function openTorchCheckpoint(source: ByteSource): Promise<TensorFile> {
  if (source.size > 0 && (await source.read(0, 1))[0] === 0x80) {
    throw new HpdError(
      "unsupported",
      `${source.name} is in PyTorch's format from before 1.6; load it with torch and torch.save it again`,
    );
  }
  const entries = await readZipDirectory(source);
  const pickles = [...entries.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    throw new HpdError("corrupt_file", `${source.name} should have one data.pkl, it has ${pickles.length}`);
  }
  const root = pickle.slice(0, -"data.pkl".length);

  async function readEntry(name: string, limit: number): Promise<Uint8Array | undefined> {
    const entry = entries.get(name);
    if (entry === undefined) return undefined;
    if (entry.size > limit) throw new HpdError("corrupt_file", `${source.name}: ${name} has ${entry.size} bytes`);
    return source.read(await locateZipEntry(source, name, entry), entry.size);
  }
  const byteOrder = new TextDecoder().decode((await readEntry(`${root}byteorder`, 16)) ?? new Uint8Array()).trim();
  if (byteOrder !== "" && byteOrder !== "little") {
    throw new HpdError("unsupported", `${source.name} has byte order ${byteOrder}; only little is read`);
  }
  const bytes = (await readEntry(pickle, largestPickle)) as Uint8Array;
  const views = parseStateDict(source.name, bytes);
  for (const [name, { storage }] of views) {
    const expected = storage.length * bytesPerElement(storage.dtype);
    const size = entries.get(`${root}data/${storage.key}`)?.size;
    if (size !== expected) {
      const found = size === undefined ? "it is missing" : `it has ${size}`;
      throw new HpdError("corrupt_file", `${source.name}: the data of ${name} should have ${expected} bytes, ${found}`);
    }
  }
  return {
    tensors: views,
    async read(name) {
      const view = views.get(name);
      if (view === undefined) throw new HpdError("not_found", `${source.name} has no tensor ${name}`);
      const { dtype, shape, strides, offset } = view;
      const record = `${root}data/${view.storage.key}`;
      const entry = entries.get(record);
      if (entry === undefined) throw new HpdError("corrupt_file", `${source.name} has no ${record}`);
      const width = bytesPerElement(dtype);
      const span = spannedElements(shape, strides);
      const begin = (await locateZipEntry(source, record, entry)) + offset * width;
      const bytes = await source.read(begin, span * width);
      const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
      const spanned = new dtypeArray[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, span);
      const data = isContiguous(shape, strides) ? spanned : rowMajor(spanned, shape, strides);
      return { dtype, shape, data } as Tensor;
    },
    close: () => source.close(),
  };
}

function parseStateDict(name: string, bytes: Uint8Array): Map<string, View> {
  const top = readPickle(name, bytes, {
    global(module, global) {
      const full = `${module}.${global}`;
      if (!functions.includes(full) && !storageDtypes.has(full)) {
        throw new HpdError("unsupported", `${name} asks for ${full}, which is not allowed; nothing was executed`);
      }
      return new Global(full);
    },
    call: (callee, args) => call(name, callee, args),
    persistent: (id) => parseStorage(name, id),
  });
  const noStateDict = (found: string) =>
    new HpdError("unsupported", `${name} should hold a dict from names to tensors, it holds ${found}`);
  if (!(top instanceof Map)) throw noStateDict(describe(top));
  const views = new Map<string, View>();
  for (const [key, value] of top) {
    if (value instanceof View) {
      if (typeof key !== "string") throw noStateDict("a key that is no string");
      views.set(key, value);
    } else if (typeof value === "object" && value !== null) {
      throw noStateDict(`${describe(value)} as ${typeof key === "string" ? key.slice(0, 200) : "an entry"}`);
    }
  }
  if (views.size === 0 && top.size > 0) throw noStateDict("no tensor");
  return views;
}

function call(name: string, callee: unknown, args: readonly unknown[]): unknown {
  const global = callee instanceof Global ? callee.name : "what is no function";
  if (global === "collections.OrderedDict" && args.length === 0) return new Map();
  if (global === "torch._utils._rebuild_parameter" && args[0] instanceof View) return args[0];
  if (global === "torch._utils._rebuild_tensor_v2") return parseView(name, args);
  throw new HpdError("corrupt_file", `${name} calls ${global} with arguments that it does not take`);
}

function parseStorage(name: string, id: unknown): Storage {
  if (Array.isArray(id) && id[0] === "storage" && id[1] instanceof Global) {
    const dtype = storageDtypes.get(id[1].name);
    const [, , key, , length] = id;
    if (dtype !== undefined && typeof key === "string" && isSizes([length])) return new Storage(dtype, key, length);
  }
  throw new HpdError("corrupt_file", `${name} has a persistent id that is no storage`);
}

function parseView(name: string, args: readonly unknown[]): View {
  const [storage, offset, shape, strides, , , metadata] = args;
  const corrupt = (problem: string) => new HpdError("corrupt_file", `${name} has a tensor ${problem}`);
  if (!(storage instanceof Storage) || !isSizes([offset]) || !isSizes(shape) || !isSizes(strides)) {
    throw corrupt("without a storage, an offset, a shape and strides");
  }
  if (shape.length !== strides.length || shape.length > 64) {
    throw corrupt(`of ${shape.length} dimensions with ${strides.length} strides`);
  }
  if (metadata instanceof Map && metadata.size > 0) {
    throw new HpdError(
      "unsupported",
      `${name} has a tensor with flags such as conjugate or negative; save it resolved`,
    );
  }
  const begin = offset as number;
  const count = elementCount(shape);
  if (!Number.isSafeInteger(count) || begin + spannedElements(shape, strides) > storage.length) {
    throw corrupt(`of shape [${shape}] and strides [${strides}] from ${begin} on in a storage of ${storage.length}`);
  }
  if (count > storage.length && count * bytesPerElement(storage.dtype) > largestExpansion) {
    throw new HpdError(
      "unsupported",
      `${name} has a tensor of shape [${shape}] that repeats ${storage.length} elements`,
    );
  }
  // Copies: the pickle may still append to the lists.
  return new View(storage, begin, [...shape], [...strides]);
}

function describe(value: unknown): string {
  if (value instanceof Map) {
    const keys = [...value.keys()].slice(0, 5).filter((key) => typeof key === "string");
    return `a dict with ${keys.map((key) => key.slice(0, 50)).join(", ")}`;
  }
  if (Array.isArray(value)) return "a list";
  if (value instanceof View) return "a tensor";
  return value === null ? "None" : `a ${typeof value}`;
}
