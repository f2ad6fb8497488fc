/**
 * Writes an ONNX model: objects in, protobuf bytes out. Weights stay outside as *external data*, one array beside the
 * model: so they are copied once, shared between workers, and may exceed protobuf's limit of 2 GiB.
 * Source: onnx.proto3 of ONNX 1.17 (the numbers below are its field numbers), protobuf's wire format.
 */
import type { DType } from "../tensor/dtype.ts";
import { encodeMessage, type FieldValue, Float, type Message } from "./protobuf.ts";

export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** Versions of the operator sets used: `""` is ONNX itself, `com.microsoft` the contributed operators. */
  readonly opsets: Readonly<Record<string, number>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValueInfo[];
  /** Outputs of a graph inside a node may have any shape. */
  readonly outputs: readonly (Omit<OnnxValueInfo, "shape"> & Partial<OnnxValueInfo>)[];
}

export interface OnnxNode {
  readonly opType: string;
  readonly domain?: string;
  /** Names of values; an empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export type OnnxAttribute =
  | { int: number }
  | { ints: readonly number[] }
  | { float: number }
  | { string: string }
  | { graph: OnnxGraph };

export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Little-endian bytes in the model, or their place in the external data. */
  readonly data: Uint8Array | { readonly location: string; readonly offset: number; readonly length: number };
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: DType;
  /** A string names a size that is known only at run time. */
  readonly shape: readonly (number | string)[];
}

/** TensorProto.DataType */
const dataType: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

export function encodeOnnx(model: OnnxModel): Uint8Array {
  return encodeMessage([
    [1, 10], // ir_version
    [2, "hpd"], // producer_name
    [7, graphMessage(model.graph)],
    ...Object.entries(model.opsets).map(([domain, version]) =>
      field(8, [
        [1, domain],
        [2, version],
      ]),
    ),
  ]);
}

const field = (number: number, value: FieldValue) => [number, value] as const;

function graphMessage(graph: OnnxGraph): Message {
  return [
    ...graph.nodes.map((node) => field(1, nodeMessage(node))),
    [2, graph.name],
    ...graph.initializers.map((initializer) => field(5, initializerMessage(initializer))),
    ...graph.inputs.map((input) => field(11, valueInfoMessage(input))),
    ...graph.outputs.map((output) => field(12, valueInfoMessage(output))),
  ];
}

function nodeMessage(node: OnnxNode): Message {
  return [
    ...node.inputs.map((name) => field(1, name)),
    ...node.outputs.map((name) => field(2, name)),
    [4, node.opType],
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => field(5, attributeMessage(name, value))),
    [7, node.domain ?? ""],
  ];
}

/** The last field of each is AttributeProto.AttributeType. */
function attributeMessage(name: string, value: OnnxAttribute): Message {
  const header = field(1, name);
  if ("float" in value) return [header, [2, new Float(value.float)], [20, 1]];
  if ("int" in value) return [header, [3, value.int], [20, 2]];
  if ("string" in value) return [header, [4, value.string], [20, 3]];
  if ("graph" in value) return [header, [6, graphMessage(value.graph)], [20, 5]];
  return [header, ...value.ints.map((int) => field(8, int)), [20, 7]];
}

function initializerMessage({ name, dtype, shape, data }: OnnxInitializer): Message {
  return [
    ...shape.map((size) => field(1, size)),
    [2, dataType[dtype]],
    [8, name],
    ...(data instanceof Uint8Array
      ? [field(9, data)]
      : [
          ...Object.entries(data).map(([key, value]) =>
            field(13, [
              [1, key],
              [2, String(value)],
            ]),
          ),
          field(14, 1), // data_location: EXTERNAL
        ]),
  ];
}

function valueInfoMessage({ name, dtype, shape }: OnnxGraph["outputs"][number]): Message {
  const dimensions = shape?.map((size) => field(1, [[typeof size === "number" ? 1 : 2, size]]));
  const tensorType: Message = [[1, dataType[dtype]], ...(dimensions === undefined ? [] : [field(2, dimensions)])];
  return [
    [1, name],
    [2, [[1, tensorType]]],
  ];
}
