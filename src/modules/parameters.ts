/** The parameters of a module, under the checkpoint's own names, requested one by one with the expected shape. */
import { HpdError } from "../errors.ts";
import { parameter } from "../graph/build.ts";
import type { Node } from "../graph/node.ts";
import type { DType } from "../tensor/dtype.ts";
import { elementsOf, LazyTensor } from "../tensor/lazy-tensor.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { isQuantized, readQuantized } from "./quantized-weights.ts";
import { pathIn } from "./read-json.ts";

/** Initialization of a new parameter, if it differs from others of its kind: see `_init_weights` of transformers. */
export interface InitialHints {
  /** The zero row of a table, for padding: its index, or the key of the config that holds it. */
  readonly paddingRow?: number | "pad_token_id";
  /** Number of rows of a table that is accepted in any size, or the key of the config that holds it. */
  readonly rows?: number | "type_vocab_size";
  /** Standard deviation of a matrix. Default: `initializer_range`. */
  readonly deviation?: number;
  /** Factor of `initializer_range`. */
  readonly scale?: number;
  /** The key of the config with the cutoff in standard deviations. */
  readonly cutoff?: "initializer_cutoff_factor";
  /** Value of all elements of a vector. Default: 1 for a weight, 0 for a bias. */
  readonly value?: number;
}

export class Parameters {
  /** The checkpoint's file, for messages. */
  readonly file: string;
  /** Folder of the module inside the model, a prefix that makes names in a graph unique. */
  readonly folder: string;
  readonly tensors: ReadonlyMap<string, Tensor<"float32">>;

  constructor(file: string, folder: string, tensors: ReadonlyMap<string, Tensor<"float32">>) {
    this.file = file;
    this.folder = folder;
    this.tensors = tensors;
  }

  /** Number of elements. */
  get count(): number {
    return [...this.tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }

  /**
   * A parameter as a node.
   *
   * @param shape the expected one; -1 accepts any size
   * @param hints for the initialization of a new parameter; an existing one is not changed
   * @throws HpdError `invalid_model` where the parameter is missing or of another shape.
   */
  get(name: string, shape: readonly number[], hints?: InitialHints): Node<"parameter"> {
    return parameter(pathIn(this.folder, name), this.tensor(name, shape, hints));
  }

  /** The tensor of a parameter. @throws HpdError as `get` */
  tensor(name: string, shape: readonly number[], _hints?: InitialHints): Tensor<"float32"> {
    const tensor = this.tensors.get(name);
    const expected = shape.map((size) => (size === -1 ? "any" : size));
    if (tensor === undefined) {
      throw new HpdError("invalid_model", `${this.file}: the weight ${name} of shape [${expected}] is missing`);
    }
    const fits =
      tensor.shape.length === shape.length && shape.every((size, axis) => size === -1 || size === tensor.shape[axis]);
    if (!fits) {
      throw new HpdError(
        "invalid_model",
        `${this.file}: the weight ${name} should have shape [${expected}], got [${tensor.shape}]`,
      );
    }
    return tensor;
  }
}

/** Element types of weights. Integers are quantized weights, whose scales are stored elsewhere: see `readQuantized`. */
const weightDTypes: readonly DType[] = ["float32", "float16", "bfloat16", "float64"];

/** The parameters of a module without weights. */
export function noParameters(): Parameters {
  return new Parameters("", "", new Map());
}

/** LayerNorm's weight and bias as the first BERT checkpoints call them; transformers renames them too. */
export function oldName(name: string): string {
  return name.replace(/LayerNorm\.weight$/, "LayerNorm.gamma").replace(/LayerNorm\.bias$/, "LayerNorm.beta");
}

/**
 * The parameters that `build` requests, as float32. It first runs on their shapes alone: a checkpoint that doesn't fit
 * is refused before any of its weights is read.
 *
 * @param when the weights are read; `later` needs the checkpoint to stay open
 * @throws HpdError `invalid_model` where a parameter is missing or of another shape.
 */
export async function readParameters(
  checkpoint: Checkpoint,
  folder: string,
  build: (parameters: Parameters) => void,
  when: "now" | "later" = "now",
): Promise<Parameters> {
  const recording = new RecordingParameters(checkpoint, folder);
  build(recording);
  const tensors = new Map<string, Tensor<"float32">>();
  for (const [name, stored] of recording.storedNames) {
    const { dtype, shape } = checkpoint.tensors.get(stored)!;
    const tensor =
      dtype === "int8"
        ? await readQuantized(checkpoint, stored)
        : new LazyTensor("float32", shape, (into) => checkpoint.read(stored, into), dtype);
    tensors.set(name, when === "later" ? tensor : await elementsOf(tensor));
  }
  return new Parameters(checkpoint.file, folder, tensors);
}

/** The shapes in a checkpoint, without data. Records the requested parameters and their names in the file. */
class RecordingParameters extends Parameters {
  readonly storedNames = new Map<string, string>();

  readonly #stored: Checkpoint["tensors"];

  constructor({ file, tensors }: Checkpoint, folder: string) {
    const data = new Float32Array();
    super(file, folder, new Map([...tensors].map(([name, { shape }]) => [name, { dtype: "float32", shape, data }])));
    this.#stored = tensors;
  }

  override tensor(name: string, shape: readonly number[]): Tensor<"float32"> {
    const stored = [name, oldName(name)].find((candidate) => this.tensors.has(candidate)) ?? name;
    const dtype = this.#stored.get(stored)?.dtype;
    if (dtype !== undefined && !weightDTypes.includes(dtype) && !isQuantized(dtype, this.file)) {
      throw new HpdError(
        "unsupported",
        `${this.file}: the weight ${stored} should have an element type of ${weightDTypes.join(", ")}, got ${dtype}: ` +
          "quantized weights are not supported",
      );
    }
    const tensor = super.tensor(stored, shape);
    this.storedNames.set(name, stored);
    return tensor;
  }
}
