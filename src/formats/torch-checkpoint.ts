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
import { type TorchStorage, TorchTensor, torchRules } from "./torch-objects.ts";
import { openZip, type ZipMember } from "./zip.ts";

/** Some 20,000 tensors; what unpickling may allocate grows with it. */
const largestPickle = 4 * 2 ** 20;

/** A tensor that repeats elements may be this much larger than the file it comes from. */
const largestExpansion = 16 * 2 ** 20;

interface Entry extends TensorInfo, StridedLayout {
  readonly member: ZipMember;
}

/**
 * @throws HpdError `corrupt_file`; `unsupported` for what is not a flat dict of tensors, by name, for compressed or
 * big-endian archives and for files of PyTorch before 1.6.
 */
export async function openTorchCheckpoint(source: ByteSource): Promise<TensorFile> {
  await refuseOldFormat(source);
  const members = await openZip(source);
  const [first = ""] = members.keys();
  const folder = first.slice(0, first.indexOf("/") + 1);
  const pickle = members.get(`${folder}data.pkl`);
  if (pickle === undefined) {
    throw new HpdError(
      "corrupt_file",
      `${source.name} is a zip archive, but no PyTorch checkpoint: it has no data.pkl`,
    );
  }
  await refuseBigEndian(source, members.get(`${folder}byteorder`));
  if (pickle.size > largestPickle) {
    throw new HpdError("unsupported", `${source.name}: its data.pkl has ${pickle.size} bytes, over ${largestPickle}`);
  }
  const rules = torchRules(source.name);
  const value = unpickle(source.name, await pickle.read(0, pickle.size), rules);
  const entries = new Map<string, Entry>();
  for (const [name, { storage, offset, shape, strides }] of tensorsOf(source, value)) {
    const { dtype, length, key } = storage;
    const member = memberOf(source, members.get(`${folder}data/${key}`), storage);
    const layout = layoutOf(offset, shape, strides);
    const what = `${source.name}: ${name} of shape [${shape}] and strides [${strides}] from ${offset}`;
    if (!(layout.end <= length)) {
      throw new HpdError("corrupt_file", `${what} reaches past its storage of ${length} elements`);
    }
    if (elementCount(shape) * bytesPerElement(dtype) > source.size + largestExpansion) {
      throw new HpdError("unsupported", `${what} is much larger than the file it comes from`);
    }
    entries.set(name, { dtype, member, ...layout });
  }
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
    else if (typeof entry === "object" && entry !== null) {
      throw refuse(`a dict whose entry ${JSON.stringify(name.slice(0, 200))} is ${kindOf(entry)}`);
    } else if (typeof entry === "function") throw refuse("a dict with a function in it");
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
  return `a ${typeof value}`;
}

function memberOf(source: ByteSource, member: ZipMember | undefined, storage: TorchStorage): ZipMember {
  const size = storage.length * bytesPerElement(storage.dtype);
  if (member?.size === size) return member;
  throw new HpdError(
    "corrupt_file",
    `${source.name}: storage ${storage.key.slice(0, 200)} should have ${size} bytes, ` +
      (member === undefined ? "it is missing" : `it has ${member.size}`),
  );
}
