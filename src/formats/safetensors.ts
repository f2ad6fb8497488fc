/**
 * Reads and writes safetensors: 8 bytes with the length of a JSON header, the header, the tensors' bytes.
 * Source: https://github.com/huggingface/safetensors, whose checks these are: the tensors fill the file in some order
 * without holes or overlaps.
 */
import { HpdError } from "../errors.ts";
import { bytesPerElement, type DType } from "../tensor/dtype.ts";
import { elementCount, type Tensor, tensor } from "../tensor/tensor.ts";
import type { ByteSource } from "./byte-source.ts";
import { isSizes } from "./sizes.ts";
import { elementsOfBytes } from "./tensor-bytes.ts";
import type { TensorFile } from "./tensor-file.ts";

/** Element types in the order in which the reference writes their tensors: wider first, which aligns every tensor. */
const dtypeOfName: Readonly<Record<string, DType>> = {
  I64: "int64",
  F64: "float64",
  F32: "float32",
  I32: "int32",
  BF16: "bfloat16",
  F16: "float16",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

const maxHeaderBytes = 100_000_000;

interface Entry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsFile extends TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
}

/** @throws HpdError `corrupt_file`; `unsupported` for an element type that is not known. */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const corrupt = (problem: string) =>
    new HpdError(
      "corrupt_file",
      `${source.name} is not a valid safetensors file: ${problem}. It may be cut or a Git LFS pointer: get it again`,
    );
  if (source.size < 8) throw corrupt(`it has ${source.size} bytes`);
  const lengthBytes = await source.read(0, 8);
  const length = Number(new DataView(lengthBytes.buffer, lengthBytes.byteOffset).getBigUint64(0, true));
  if (length > Math.min(maxHeaderBytes, source.size - 8)) throw corrupt(`its header should have ${length} bytes`);
  const start = 8 + length;

  const { metadata, entries } = parseHeader(await source.read(8, length), corrupt);
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let offset = 0;
  for (const [name, { begin, end }] of entries) {
    if (begin !== offset) throw corrupt(`the bytes of ${name} should begin at ${offset}, they begin at ${begin}`);
    offset = end;
  }
  if (start + offset !== source.size) throw corrupt(`it should have ${start + offset} bytes, it has ${source.size}`);

  const tensors = new Map(entries);
  return {
    tensors,
    metadata,
    async read(name, into) {
      const entry = tensors.get(name);
      if (entry === undefined) throw new HpdError("not_found", `${source.name} has no tensor ${name}`);
      const { dtype, shape, begin, end } = entry;
      const bytes = await source.read(start + begin, end - begin, into);
      return { dtype, shape, data: elementsOfBytes(dtype, bytes, `${source.name}: ${name}`) } as Tensor;
    },
    close: () => source.close(),
  };
}

function parseHeader(bytes: Uint8Array, corrupt: (problem: string) => HpdError) {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw corrupt(`its header is not JSON (${(cause as Error).message})`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw corrupt("its header is no object");
  const entries: [string, Entry][] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") entries.push([name, parseEntry(name, value, corrupt)]);
    else if (isMetadata(value)) metadata = value;
    else throw corrupt("its __metadata__ should map strings to strings");
  }
  return { metadata, entries };
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
      `tensor ${name} has element type ${dtypeName}; known are ${Object.keys(dtypeOfName).join(", ")}`,
    );
  }
  const [begin, end] = offsets as [number, number];
  // Beyond 2^53 the product is not exact, but still beyond what two offsets can differ by.
  const size = elementCount(shape) * bytesPerElement(dtype);
  if (end - begin !== size) throw corrupt(`${name} of shape [${shape}] needs ${size} bytes, it has ${end - begin}`);
  return { dtype, shape, begin, end };
}

function isMetadata(value: unknown): value is Record<string, string> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === "string");
}

/** The bytes of a safetensors file: see `safetensorsParts`. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * A safetensors file in parts, the header and views of the tensors: for those that are too large to be in memory twice.
 * Together they are the bytes that the reference writes for the same tensors.
 * @throws HpdError `invalid_argument` for a tensor whose name the format cannot hold or whose data doesn't fit its
 *   shape.
 */
export function safetensorsParts(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array[] {
  const names = Object.keys(dtypeOfName);
  const sorted = [...tensors]
    .map(([name, { dtype, shape, data }]) => {
      const rank = names.findIndex((known) => dtypeOfName[known] === dtype);
      return { name, rank, ...tensor(dtype, shape, data) };
    })
    .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  let size = 0;
  const entries: [string, unknown][] = metadata === undefined ? [] : [["__metadata__", metadata]];
  for (const { name, rank, shape, data } of sorted) {
    if (name === "__metadata__" || /\p{Surrogate}/u.test(name)) {
      throw new HpdError(
        "invalid_argument",
        `safetensors can't hold a tensor named ${JSON.stringify(name)}; rename it`,
      );
    }
    entries.push([name, { dtype: names[rank], shape, data_offsets: [size, size + data.byteLength] }]);
    size += data.byteLength;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Spaces after the header, so that the tensors begin at a multiple of 8.
  const start = 8 + Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(start).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(header, 8);
  return [bytes, ...sorted.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}
