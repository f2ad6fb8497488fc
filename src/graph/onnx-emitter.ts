/**
 * Collects what a lowering emits: ONNX nodes with fresh names, small constants, and the weights, which go one after
 * the other into the external data.
 */
import {
  encodeOnnx,
  type OnnxAttribute,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValueInfo,
} from "../formats/onnx.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What a runtime needs of a graph. */
export interface CompiledGraph {
  /** An ONNX model without its weights. */
  readonly model: Uint8Array;
  /** The weights, in shared memory where there is any, so that workers need no copy of their own. */
  readonly weights: Uint8Array;
  /** The name under which the model refers to its weights. */
  readonly weightsLocation: string;
}

const weightsLocation = "weights";

/** Weights start at multiples of this, so that the runtime can read them in place. */
const alignment = 64;

const opsets = { "": 21, "com.microsoft": 1 };

export class OnnxEmitter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  readonly #weights: { offset: number; bytes: Uint8Array }[] = [];
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: OnnxValueInfo[] = [];
  readonly #cache = new Map<string, string>();
  #size = 0;
  #count = 0;

  /** Emits an operator of ONNX with one output and returns the output's name. */
  op(opType: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    return this.#emit({ opType, inputs, attributes }, 1)[0]!;
  }

  /** Emits an operator that ONNX Runtime adds to ONNX. */
  contributed(opType: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    return this.#emit({ opType, inputs, attributes, domain: "com.microsoft" }, 1)[0]!;
  }

  /** Emits a split into equal parts along an axis. */
  split(input: string, parts: number, axis: number): string[] {
    const attributes = { axis: { int: axis }, num_outputs: { int: parts } };
    return this.#emit({ opType: "Split", inputs: [input], attributes }, parts);
  }

  /** The value that `emit` gave under this key before, or gives now: for values that several nodes share. */
  once(key: string, emit: () => string): string {
    const value = this.#cache.get(key) ?? emit();
    this.#cache.set(key, value);
    return value;
  }

  float(value: number): string {
    return this.#constant("float32", [], Float32Array.of(value));
  }

  uint8(value: number): string {
    return this.#constant("uint8", [], Uint8Array.of(value));
  }

  int32(value: number): string {
    return this.#constant("int32", [], Int32Array.of(value));
  }

  int32s(values: Int32Array): string {
    return this.#constant("int32", [values.length], values);
  }

  int64(value: number): string {
    return this.#constant("int64", [], BigInt64Array.of(BigInt(value)));
  }

  int64s(values: readonly number[]): string {
    return this.#constant("int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  weight({ dtype, shape, data }: Tensor): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const place = { location: weightsLocation, offset: this.#size, length: bytes.length };
    const name = this.#name();
    this.#initializers.push({ name, dtype, shape, data: place });
    this.#weights.push({ offset: this.#size, bytes });
    this.#size = Math.ceil((this.#size + bytes.length) / alignment) * alignment;
    return name;
  }

  input(input: OnnxValueInfo): string {
    this.#inputs.push(input);
    return input.name;
  }

  /** Gives a value to the outside under the output's name. */
  output(output: OnnxValueInfo, value: string): void {
    this.#nodes.push({ opType: "Identity", inputs: [value], outputs: [output.name] });
    this.#outputs.push(output);
  }

  compile(): CompiledGraph {
    const weights = new Uint8Array(
      typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(this.#size) : new SharedArrayBuffer(this.#size),
    );
    for (const { offset, bytes } of this.#weights) weights.set(bytes, offset);
    const graph = {
      name: "hpd",
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
    return { model: encodeOnnx({ graph, opsets }), weights, weightsLocation };
  }

  #emit(node: Omit<OnnxNode, "outputs">, outputs: number): string[] {
    const names = Array.from({ length: outputs }, () => this.#name());
    this.#nodes.push({ ...node, outputs: names });
    return names;
  }

  #constant(dtype: Tensor["dtype"], shape: readonly number[], data: Tensor["data"]): string {
    return this.once(`${dtype} [${shape}] ${data}`, () => {
      const name = this.#name();
      this.#initializers.push({ name, dtype, shape, data: new Uint8Array(data.buffer) });
      return name;
    });
  }

  #name(): string {
    return `v${this.#count++}`;
  }
}
