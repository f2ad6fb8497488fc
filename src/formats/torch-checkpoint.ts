/**
 * Reads the checkpoint that `torch.save` writes of a state dict since PyTorch 1.6: a zip archive with a pickle of the
 * names, shapes and strides (`data.pkl`) and each storage's bytes (`data/0`, `data/1`, ...). Nothing in it is executed.
 * Source: torch/serialization.py and caffe2/serialize/inline_container.h of PyTorch 2.13.
 *
 * Entries that are None, numbers or strings are no weights and are left out. A module that needs one of them misses it
 * by name, so nothing is computed without it.
 */
import { HpdError } from "../errors.ts";
import { bytesPerElement } from "../tensor/dtype.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { ByteSource } from "./byte-source.ts";
import { unpickle } from "./pickle.ts";
import { layoutOf, rowMajor, type StridedLayout } from "./strided-layout.ts";
import { elementsOfBytes } from "./tensor-bytes.ts";
import type { TensorFile, TensorInfo } from "./tensor-file.ts";
import { TorchTensor, torchRules } from "./torch-objects.ts";
import { openZip, type ZipMember } from "./zip.ts";

/** Maximum bytes of the pickle, some 9,000 tensors; the memory that unpickling may allocate grows with it. */
const maxPickleBytes = 2 ** 20;

/**
 * Maximum bytes of all tensors as a multiple of the file's: they may share a storage (tied weights) or repeat elements.
 */
const maxExpansion = 4;

/** Bytes allowed beyond that multiple: the expansion of a small file does no harm. */
const harmlessExpansion = 16 * 2 ** 20;

interface Entry extends TensorInfo, StridedLayout {
  readonly member: ZipMember;
}

/**
 * @throws HpdError `corrupt_file`; `unsupported` for what is not a flat dict of tensors, by name, for compressed or
 * big-endian archives and for files of PyTorch before 1.6.
 */
export async function openTorchCheckpoint(source: ByteSource): Promise<TensorFile> {
  await refuseOldFormat(source);
  const members = await openFolder(source);
  const pickle = members.get("data.pkl");
  if (pickle === undefined) {
    throw new HpdError(
      "corrupt_file",
      `${source.name} is a zip archive, but no PyTorch checkpoint: it has no data.pkl`,
    );
  }
  await refuseBigEndian(source, members.get("byteorder"));
  if (pickle.size > maxPickleBytes) {
    throw new HpdError(
      "unsupported",
      `${source.name}: its data.pkl has ${pickle.size} bytes, expected at most ${maxPickleBytes}`,
    );
  }
  const value = unpickle(source.name, await pickle.read(0, pickle.size), torchRules(source.name));
  const entries = new Map<string, Entry>();
  for (const [name, view] of tensorsOf(source, value)) entries.set(name, entryOf(source, name, view, members));
  refuseRepetition(source, entries);
  return {
    tensors: entries,
    async read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw new HpdError("not_found", `${source.name} has no tensor ${name}`);
      const { dtype, shape, member, begin, end } = entry;
      const width = bytesPerElement(dtype);
      const bytes = await member.read(begin * width, (end - begin) * width);
      const elements = elementsOfBytes(dtype, bytes, `${source.name}: ${name}`);
      return { dtype, shape, data: rowMajor(elements, entry) } as Tensor;
    },
    close: () => source.close(),
  };
}

/** The members without the folder that all of them are in, which is named after the file as it was saved. */
async function openFolder(source: ByteSource): Promise<ReadonlyMap<string, ZipMember>> {
  const members = [...(await openZip(source))];
  const [first] = members[0] ?? [""];
  const folder = first.slice(0, first.indexOf("/") + 1);
  return new Map(
    members.filter(([name]) => name.startsWith(folder)).map(([name, member]) => [name.slice(folder.length), member]),
  );
}

/** Files of PyTorch before 1.6 are a pickle without an archive around it, which begins with its opcode PROTO. */
async function refuseOldFormat(source: ByteSource): Promise<void> {
  if (source.size > 0 && (await source.read(0, 1))[0] === 0x80) {
    throw new HpdError(
      "unsupported",
      `${source.name} is in the format of PyTorch before 1.6. Save it again: ` +
        "torch.save(torch.load(path, weights_only=True), path)",
    );
  }
}

/** Files of PyTorch before 2.1 don't say; those are little-endian. */
async function refuseBigEndian(source: ByteSource, member: ZipMember | undefined): Promise<void> {
  if (member === undefined) return;
  const order = new TextDecoder("latin1").decode(await member.read(0, Math.min(member.size, 16)));
  if (order !== "little") {
    throw new HpdError("unsupported", `${source.name} has byte order ${JSON.stringify(order)}, expected "little"`);
  }
}

/** The tensors of what was unpickled, which must be a flat dict. */
function tensorsOf(source: ByteSource, value: unknown): Map<string, TorchTensor> {
  const refuse = (what: string) =>
    new HpdError(
      "unsupported",
      `${source.name} holds ${what}, expected a dict from names to tensors. Save only that: ` +
        "torch.save(model.state_dict(), path)",
    );
  if (!(value instanceof Map)) throw refuse(kindOf(value));
  const tensors = new Map<string, TorchTensor>();
  for (const [name, entry] of value) {
    if (typeof name !== "string") throw refuse(`a dict with ${kindOf(name)} as a name`);
    if (entry instanceof TorchTensor) tensors.set(name, entry);
    else if (entry !== null && (typeof entry === "object" || typeof entry === "function")) {
      throw refuse(`a dict whose entry ${JSON.stringify(name.slice(0, 200))} is ${kindOf(entry)}`);
    }
  }
  if (tensors.size === 0 && value.size > 0) throw refuse("a dict without any tensor");
  return tensors;
}

function kindOf(value: unknown): string {
  if (value instanceof Map) return "a dict";
  if (Array.isArray(value)) return "a list or tuple";
  if (value instanceof TorchTensor) return "a tensor";
  if (value instanceof Uint8Array) return "bytes";
  if (value === null) return "None";
  if (typeof value === "object" || typeof value === "function") return "something else";
  return `a ${typeof value}`;
}

/** Refuses tensors that would take far more memory than the file has bytes. */
function refuseRepetition(source: ByteSource, entries: ReadonlyMap<string, Entry>): void {
  let bytes = 0;
  for (const { dtype, shape } of entries.values()) bytes += elementCount(shape) * bytesPerElement(dtype);
  if (bytes <= source.size * maxExpansion + harmlessExpansion) return;
  throw new HpdError(
    "unsupported",
    `${source.name}: its ${entries.size} tensors would take ${bytes} bytes, much more than the file's ${source.size}, ` +
      "since they repeat or share what is in it. Save them as they are: torch.save with every tensor cloned",
  );
}

/** Checks a tensor against its storage, and that against the archive. */
function entryOf(source: ByteSource, name: string, view: TorchTensor, members: ReadonlyMap<string, ZipMember>): Entry {
  const { dtype, key, length } = view.storage;
  const member = members.get(`data/${key}`);
  const size = length * bytesPerElement(dtype);
  if (member?.size !== size) {
    const found = member === undefined ? "it is missing" : `it has ${member.size}`;
    throw new HpdError("corrupt_file", `${source.name}: the storage of ${name} should have ${size} bytes, ${found}`);
  }
  const layout = layoutOf(view.offset, view.shape, view.strides);
  const shape = `${source.name}: ${name} of shape [${view.shape}] and strides [${view.strides}] from ${view.offset}`;
  if (layout.end > length) {
    throw new HpdError("corrupt_file", `${shape} reaches past its storage of ${length} elements`);
  }
  return { dtype, member, ...layout };
}
