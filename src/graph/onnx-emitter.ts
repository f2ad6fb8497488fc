/**
 * Collects what a lowering emits: ONNX nodes with fresh names, small constants, and the weights, which go one after
 * the other into the external data.
 */
import {
  encodeOnnx,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValueInfo,
} from "../formats/onnx.ts";
import { bytesPerElement } from "../tensor/dtype.ts";
import { compactForm, elementsOf } from "../tensor/lazy-tensor.ts";
import { QuantizedTensor } from "../tensor/quantized-tensor.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { CompiledGraph, EmittedLookup, LookupDType } from "./compiled-graph.ts";
import { ExternalData, type ExternalTensor, readInto } from "./external-data.ts";

const weightsLocation = "weights";

/** The element type of a Cast. */
const float32 = { to: { int: 1 } };

const opsets = { "": 24, "com.microsoft": 1 };

export class OnnxEmitter {
  /** The nodes of the model, or of the body that is being emitted. */
  #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  /** The nodes that widen weights: they come first, since all bodies see the weights. */
  readonly #widenings: OnnxNode[] = [];
  readonly #external = new ExternalData();
  readonly #weights: ExternalTensor[] = [];
  readonly #tables: ExternalTensor[] = [];
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: OnnxValueInfo[] = [];
  readonly #lookups: EmittedLookup[] = [];
  #cache = new Map<string, unknown>();
  readonly #constants = new Map<string, string>();
  #widening = 0;
  #sumsBeyond16Bits = false;
  #count = 0;

  /** Emits an operator of ONNX with one output and returns the output's name. */
  op(opType: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    return this.#emit({ opType, inputs, attributes }, 1)[0]!;
  }

  /** Emits an operator that ONNX Runtime adds to ONNX. */
  contributed(opType: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    return this.#emit({ opType, inputs, attributes, domain: "com.microsoft" }, 1)[0]!;
  }

  /** Marks the model as one with neighbouring int8 weights beyond `pairLevels`. */
  sumBeyond16Bits(): void {
    this.#sumsBeyond16Bits = true;
  }

  /** Emits an operator of ONNX with several outputs. */
  operations(
    opType: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Record<string, OnnxAttribute> = {},
  ): string[] {
    return this.#emit({ opType, inputs, attributes }, outputs);
  }

  /** Emits a split into equal parts along an axis. */
  split(input: string, parts: number, axis: number): string[] {
    return this.operations("Split", [input], parts, { axis: { int: axis }, num_outputs: { int: parts } });
  }

  /**
   * Emits one of two values, float32, as a condition says at run time. What both need, or later nodes, must be emitted
   * before.
   */
  conditional(condition: string, whenTrue: () => string, whenFalse: () => string): string {
    const branches = {
      then_branch: { graph: this.#body([], whenTrue) },
      else_branch: { graph: this.#body([], whenFalse) },
    };
    return this.op("If", [condition], branches);
  }

  /**
   * Emits a value, float32, for each slice of some inputs along an axis, and stacks the values along the first one's.
   *
   * @param inputs with the same size along their axes
   * @param emitSlice takes the names of the slices, which lack the axis
   */
  eachSlice(
    inputs: readonly (OnnxValueInfo & { readonly axis: number })[],
    emitSlice: (slices: readonly string[]) => string,
  ): string {
    const names = inputs.map(() => this.#name());
    const slices = inputs.map(({ dtype, shape, axis }, index) => ({
      name: names[index]!,
      dtype,
      shape: shape.filter((_, at) => at !== axis),
    }));
    const axes = inputs.map(({ axis }) => axis);
    const attributes = {
      body: { graph: this.#body(slices, () => emitSlice(names)) },
      num_scan_inputs: { int: inputs.length },
      scan_input_axes: { ints: axes },
      scan_output_axes: { ints: axes.slice(0, 1) },
    };
    return this.op(
      "Scan",
      inputs.map(({ name }) => name),
      attributes,
    );
  }

  /** A graph inside a node. It sees the values around it; those that it emits are its own. */
  #body(inputs: readonly OnnxValueInfo[], emit: () => string): OnnxGraph {
    const [nodes, cache] = [this.#nodes, this.#cache];
    this.#nodes = [];
    this.#cache = new Map(cache);
    const outputs = [{ name: emit(), dtype: "float32" as const }];
    const body = { name: this.#name(), nodes: this.#nodes, initializers: [], inputs, outputs };
    this.#nodes = nodes;
    this.#cache = cache;
    return body;
  }

  /** Emits a value once for each key: for values that several nodes share. */
  once<Value extends string | string[]>(key: string, emit: () => Value): Value {
    const value = (this.#cache.get(key) as Value | undefined) ?? emit();
    this.#cache.set(key, value);
    return value;
  }

  float(value: number): string {
    return this.#constant("float32", [], Float32Array.of(value));
  }

  floats(values: readonly number[]): string {
    return this.#constant("float32", [values.length], Float32Array.from(values));
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

  /**
   * A float32 weight that is stored in half precision stays so: the runtime widens it when it makes a session, which is
   * exact, and much faster than here.
   */
  weight(tensor: Tensor): string {
    const { shape } = tensor;
    const { dtype, read } = compactForm(tensor);
    const name = this.#name();
    const place = { location: weightsLocation, ...this.#external.place(this.#weights, { dtype, shape, read }) };
    this.#initializers.push({ name, dtype, shape, data: place });
    if (dtype === tensor.dtype) return name;
    this.#widening += elementCount(shape) * (bytesPerElement(tensor.dtype) - bytesPerElement(dtype));
    const wide = this.#name();
    this.#widenings.push({ opType: "Cast", inputs: [name], outputs: [wide], attributes: float32 });
    return wide;
  }

  /** An input for the rows of a table, [rows, width] float32, by the ids in the input `ids`. */
  lookup(table: Tensor, ids: OnnxValueInfo): string {
    const [rows, width] = table.shape as [number, number];
    const input = `${ids.name} looked up ${this.#lookups.length}`;
    const shape = [...ids.shape, width];
    if (table instanceof QuantizedTensor) {
      const { values, scale } = table;
      const read = (into: Uint8Array) => elementsOf(values, into);
      const { offset } = this.#external.place(this.#tables, { dtype: "int8", shape: table.shape, read });
      const factors: Tensor = { dtype: "float32", shape: [rows], data: scale };
      const scales = this.#external.place(this.#tables, { ...factors, read: async () => factors });
      this.#lookups.push({ input, ids: ids.name, dtype: "int8", offset, scales: scales.offset, rows, width });
      return this.input({ name: input, dtype: table.dtype, shape });
    }
    const { dtype, read } = compactForm(table);
    const { offset } = this.#external.place(this.#tables, { dtype, shape: table.shape, read });
    this.#lookups.push({ input, ids: ids.name, dtype: dtype as LookupDType, offset, rows, width });
    return this.input({ name: input, dtype: table.dtype, shape });
  }

  input(input: OnnxValueInfo): string {
    this.#inputs.push(input);
    return input.name;
  }

  /** Makes a value an output of the model. */
  output(output: OnnxValueInfo, value: string): void {
    this.#nodes.push({ opType: "Identity", inputs: [value], outputs: [output.name] });
    this.#outputs.push(output);
  }

  /** Reads the weights and begins to read the tables. */
  async compile(): Promise<CompiledGraph> {
    const weights = this.#external.allocate();
    const reading = readInto(weights, this.#weights);
    // Written while other threads read.
    const model = this.model();
    await reading;
    const tables = readInto(weights, this.#tables);
    // Who waits for them meets the error.
    tables.catch(() => {});
    return {
      model,
      weights,
      tables,
      weightsLocation,
      lookups: this.#lookups,
      widening: this.#widening,
      sumsBeyond16Bits: this.#sumsBeyond16Bits,
    };
  }

  /** The model without its weights. */
  model(): Uint8Array {
    const graph = {
      name: "hpd",
      nodes: [...this.#widenings, ...this.#nodes],
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
    return encodeOnnx({ graph, opsets });
  }

  #emit(node: Omit<OnnxNode, "outputs">, outputs: number): string[] {
    const names = Array.from({ length: outputs }, () => this.#name());
    this.#nodes.push({ ...node, outputs: names });
    return names;
  }

  #constant(dtype: Tensor["dtype"], shape: readonly number[], data: Tensor["data"]): string {
    // Those of bodies, too, are the model's: all bodies see them.
    const key = `${dtype} [${shape}] ${data}`;
    const name = this.#constants.get(key) ?? this.#name();
    if (!this.#constants.has(key)) {
      this.#constants.set(key, name);
      this.#initializers.push({ name, dtype, shape, data: new Uint8Array(data.buffer) });
    }
    return name;
  }

  #name(): string {
    return `v${this.#count++}`;
  }
}
