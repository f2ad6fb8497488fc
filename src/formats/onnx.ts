/**
 * Writes an ONNX model: objects in, protobuf bytes out. Weights stay outside as *external data*, one array beside the
 * model: so they are copied once, shared between workers, and may exceed protobuf's limit of 2 GiB.
 * Source: onnx.proto3 of ONNX 1.17 (the numbers below are its field numbers), protobuf's wire format.
 */
import type { DType } from "../tensor/dtype.ts";

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
  return message([
    varintField(1, 10), // ir_version
    stringField(2, "hpd"), // producer_name
    bytesField(7, encodeGraph(model.graph)),
    ...Object.entries(model.opsets).map(([domain, version]) =>
      bytesField(8, message([stringField(1, domain), varintField(2, version)])),
    ),
  ]);
}

function encodeGraph(graph: OnnxGraph): Uint8Array {
  return message([
    ...graph.nodes.map((node) => bytesField(1, encodeNode(node))),
    stringField(2, graph.name),
    ...graph.initializers.map((initializer) => bytesField(5, encodeInitializer(initializer))),
    ...graph.inputs.map((input) => bytesField(11, encodeValueInfo(input))),
    ...graph.outputs.map((output) => bytesField(12, encodeValueInfo(output))),
  ]);
}

function encodeNode(node: OnnxNode): Uint8Array {
  return message([
    ...node.inputs.map((name) => stringField(1, name)),
    ...node.outputs.map((name) => stringField(2, name)),
    stringField(4, node.opType),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => bytesField(5, encodeAttribute(name, value))),
    stringField(7, node.domain ?? ""),
  ]);
}

/** The last field of each is AttributeProto.AttributeType. */
function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array {
  const header = stringField(1, name);
  if ("float" in value) return message([header, floatField(2, value.float), varintField(20, 1)]);
  if ("int" in value) return message([header, varintField(3, value.int), varintField(20, 2)]);
  if ("string" in value) return message([header, stringField(4, value.string), varintField(20, 3)]);
  if ("graph" in value) return message([header, bytesField(6, encodeGraph(value.graph)), varintField(20, 5)]);
  return message([header, ...value.ints.map((int) => varintField(8, int)), varintField(20, 7)]);
}

function encodeInitializer({ name, dtype, shape, data }: OnnxInitializer): Uint8Array {
  return message([
    ...shape.map((size) => varintField(1, size)),
    varintField(2, dataType[dtype]),
    stringField(8, name),
    ...(data instanceof Uint8Array
      ? [bytesField(9, data)]
      : [
          ...Object.entries(data).map(([key, value]) =>
            bytesField(13, message([stringField(1, key), stringField(2, String(value))])),
          ),
          varintField(14, 1), // data_location: EXTERNAL
        ]),
  ]);
}

function encodeValueInfo({ name, dtype, shape }: OnnxGraph["outputs"][number]): Uint8Array {
  const dimensions = shape?.map((size) =>
    bytesField(1, message([typeof size === "number" ? varintField(1, size) : stringField(2, size)])),
  );
  const tensorType = message([
    varintField(1, dataType[dtype]),
    ...(dimensions === undefined ? [] : [bytesField(2, message(dimensions))]),
  ]);
  return message([stringField(1, name), bytesField(2, message([bytesField(1, tensorType)]))]);
}

function message(fields: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((length, field) => length + field.length, 0));
  let offset = 0;
  for (const field of fields) {
    bytes.set(field, offset);
    offset += field.length;
  }
  return bytes;
}

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  // A negative number is written as the 64-bit two's complement.
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 0x80n) return Uint8Array.of(...bytes, Number(rest));
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

function varintField(field: number, value: number): Uint8Array {
  return message([varint(field << 3), varint(value)]);
}

function bytesField(field: number, value: Uint8Array): Uint8Array {
  return message([varint((field << 3) | 2), varint(value.length), value]);
}

function stringField(field: number, value: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(value));
}

function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return message([varint((field << 3) | 5), bytes]);
}
