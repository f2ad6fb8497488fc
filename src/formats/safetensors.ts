/**
 * Reads and writes safetensors: 8 bytes with the length of a JSON header, the header, the tensors' bytes.
 * Source: https://github.com/huggingface/safetensors, whose checks these are.
 */
import { HpdError } from "../errors.ts";
import { bytesPerElement, type DType, dtypeArray } from "../tensor/dtype.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { ByteSource } from "./byte-source.ts";
import { isSizes } from "./sizes.ts";
import type { TensorFile } from "./tensor-file.ts";

const dtypeOfName: Readonly<Record<string, DType>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

const largestHeader = 100_000_000;

interface Entry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** @throws HpdError `corrupt_file`; `unsupported` for an element type that is not known. */
export async function openSafetensors(source: ByteSource): Promise<TensorFile> {
  const corrupt = (problem: string) =>
    new HpdError("corrupt_file", `${source.name} is not a sound safetensors file: ${problem}`);
  if (source.size < 8) throw corrupt(`it has ${source.size} bytes`);
  const lengthBytes = await source.read(0, 8);
  const length = Number(new DataView(lengthBytes.buffer, lengthBytes.byteOffset).getBigUint64(0, true));
  if (length > Math.min(largestHeader, source.size - 8)) throw corrupt(`its header should have ${length} bytes`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await source.read(8, length)));
  } catch (cause) {
    throw corrupt(`its header is not JSON (${(cause as Error).message})`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw corrupt("its header is no object");
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") entries.set(name, parseEntry(name, value, corrupt));
    else if (!isMetadata(value)) throw corrupt("its __metadata__ should map strings to strings");
  }
  let offset = 0;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== offset) throw corrupt(`the bytes of ${name} should begin at ${offset}, not at ${entry.begin}`);
    offset = entry.end;
  }
  const start = 8 + length;
  if (start + offset !== source.size) throw corrupt(`it should have ${start + offset} bytes, it has ${source.size}`);
  return {
    tensors: entries,
    async read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw new HpdError("not_found", `${source.name} has no tensor ${name}`);
      const { dtype, shape, begin, end } = entry;
      const bytes = await source.read(start + begin, end - begin);
      const aligned = bytes.byteOffset % bytesPerElement(dtype) === 0 ? bytes : bytes.slice();
      const data = new dtypeArray[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, elementCount(shape));
      return { dtype, shape, data } as Tensor;
    },
    close: () => source.close(),
  };
}

function parseEntry(name: string, value: unknown, corrupt: (problem: string) => HpdError): Entry {
  const { dtype: dtypeName, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtypeName !== "string" || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw corrupt(`the entry of ${name} should have dtype, shape and two data_offsets`);
  }
  const dtype = Object.hasOwn(dtypeOfName, dtypeName) ? dtypeOfName[dtypeName] : undefined;
  if (dtype === undefined) {
    throw new HpdError(
      "unsupported",
      `tensor ${name} has element type ${dtypeName}; known are ${Object.keys(dtypeOfName)}`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const size = elementCount(shape) * bytesPerElement(dtype);
  if (end - begin !== size) throw corrupt(`${name} of shape [${shape}] needs ${size} bytes, it has ${end - begin}`);
  return { dtype, shape, begin, end };
}

function isMetadata(value: unknown): boolean {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === "string");
}

/** The reference sorts by element type, the wider first, so that every tensor is aligned; then by name. */
const writingOrder = ["I64", "F64", "F32", "I32", "BF16", "F16", "I16", "I8", "U8", "BOOL"];

/** The bytes of a safetensors file. @throws HpdError `invalid_argument` for a tensor named `__metadata__`. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const nameOfDtype = new Map(Object.entries(dtypeOfName).map(([name, dtype]) => [dtype, name]));
  const sorted = [...tensors]
    .map(([name, value]) => ({ name, value, dtype: nameOfDtype.get(value.dtype) as string }))
    .sort((a, b) => writingOrder.indexOf(a.dtype) - writingOrder.indexOf(b.dtype) || (a.name < b.name ? -1 : 1));
  let offset = 0;
  const entries: [string, unknown][] = metadata === undefined ? [] : [["__metadata__", metadata]];
  for (const { name, value, dtype } of sorted) {
    if (name === "__metadata__") throw new HpdError("invalid_argument", "a tensor may not be named __metadata__");
    const end = offset + value.data.byteLength;
    entries.push([name, { dtype, shape: value.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(header, 8);
  let at = 8 + headerLength;
  for (const { value } of sorted) {
    bytes.set(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength), at);
    at += value.data.byteLength;
  }
  return bytes;
}
