/**
 * Reads safetensors: 8 bytes with the length of a JSON header, the header, the tensors' bytes.
 * Source: https://github.com/huggingface/safetensors, whose checks these are.
 */
import { HpdError } from "../errors.ts";
import { bytesPerElement, type DType, dtypeArray } from "../tensor/dtype.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { ByteSource } from "./byte-source.ts";
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
  const corrupt = (problem: string) => new HpdError("corrupt_file", `${source.name} is not a sound safetensors file: ${problem}`);
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
    throw corrupt(`the entry of ${name} is ${JSON.stringify(value)?.slice(0, 200)}`);
  }
  const dtype = Object.hasOwn(dtypeOfName, dtypeName) ? dtypeOfName[dtypeName] : undefined;
  if (dtype === undefined) {
    throw new HpdError("unsupported", `tensor ${name} has element type ${dtypeName}; known are ${Object.keys(dtypeOfName)}`);
  }
  const [begin, end] = offsets as [number, number];
  const size = elementCount(shape) * bytesPerElement(dtype);
  if (end - begin !== size) throw corrupt(`${name} of shape [${shape}] needs ${size} bytes, it has ${end - begin}`);
  return { dtype, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
