/**
 * The objects that a pickled state dict may refer to, and their stand-ins: storages and tensors are only described.
 * Source: torch/_utils.py (`_rebuild_tensor_v2`, `_rebuild_parameter`) and torch/serialization.py (`persistent_id`).
 */
import { HpdError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import type { PickleRules } from "./pickle-machine.ts";
import { isSize, isSizes } from "./sizes.ts";

/** A run of elements of one type, kept as one member of the archive; tensors are views of it. */
export class TorchStorage {
  readonly dtype: DType;
  readonly key: string;
  /** Length in elements. */
  readonly length: number;

  constructor(dtype: DType, key: string, length: number) {
    this.dtype = dtype;
    this.key = key;
    this.length = length;
  }
}

/** The element at `index` is at `offset + sum(index[axis] * strides[axis])` of the storage. Not yet checked. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

class StorageType {
  readonly dtype: DType;

  constructor(dtype: DType) {
    this.dtype = dtype;
  }
}

const dtypeOfStorage: Readonly<Record<string, DType>> = {
  DoubleStorage: "float64",
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
};

/** Maximum rank, PyTorch's own. Without it a long shape shared by many tensors would be checked slowly for each. */
const maxRank = 64;

/** Maximum length of a storage's key: PyTorch numbers its storages. */
const maxKeyLength = 20;

/** The rules for unpickling a state dict. @param file for messages */
export function torchRules(file: string): PickleRules {
  const corrupt = (problem: string) => new HpdError("corrupt_file", `${file} is a damaged checkpoint: ${problem}`);

  function orderedDict(args: readonly unknown[]): Map<unknown, unknown> {
    if (args.length > 0) throw corrupt("an OrderedDict has arguments");
    return new Map();
  }
  function rebuildTensor(args: readonly unknown[]): TorchTensor {
    const [storage, offset, shape, strides, , , metadata] = args;
    const sound =
      storage instanceof TorchStorage &&
      isSize(offset) &&
      isSizes(shape) &&
      isSizes(strides) &&
      shape.length === strides.length &&
      shape.length <= maxRank;
    if (!sound) throw corrupt("a tensor lacks its storage, offset, shape or strides");
    // A lazily negated or conjugated tensor says so here; its bytes are not its values.
    if (metadata !== undefined && metadata !== null && !(metadata instanceof Map && metadata.size === 0)) {
      throw new HpdError(
        "unsupported",
        `${file}: a tensor has metadata, such as a pending negation; save a clone of it`,
      );
    }
    // Copies: the pickle may still append to what it passed.
    return new TorchTensor(storage, offset, [...shape], [...strides]);
  }
  function rebuildParameter([tensor]: readonly unknown[]): TorchTensor {
    if (!(tensor instanceof TorchTensor)) throw corrupt("a parameter is not a tensor");
    return tensor;
  }

  const globals = new Map<string, unknown>([
    ["collections.OrderedDict", orderedDict],
    ["torch._utils._rebuild_tensor_v2", rebuildTensor],
    ["torch._utils._rebuild_parameter", rebuildParameter],
  ]);
  for (const [name, dtype] of Object.entries(dtypeOfStorage)) globals.set(`torch.${name}`, new StorageType(dtype));

  /** @param id `("storage", type, key, device, number of elements)` */
  function persistent(id: unknown): TorchStorage {
    const [kind, type, key, , length] = Array.isArray(id) ? id : [];
    const sound = kind === "storage" && type instanceof StorageType && typeof key === "string" && isSize(length);
    if (!sound || key.length > maxKeyLength) throw corrupt("a storage lacks its type, key or number of elements");
    return new TorchStorage(type.dtype, key, length);
  }
  return { globals, persistent };
}
