/** Names in a config, looked up in tables of known ones. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import type { Activation } from "../../graph/activation.ts";

/** Names in transformers' ACT2FN. */
const activationOfName: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_accurate: "gelu_tanh",
  gelu_python: "gelu",
  gelu_python_tanh: "gelu_tanh",
  gelu_new: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  hardswish: "hardswish",
  quick_gelu: "quick_gelu",
  leaky_relu: "leaky_relu",
  linear: "identity",
  mish: "mish",
  relu: "relu",
  relu6: "relu6",
  sigmoid: "sigmoid",
  silu: "silu",
  swish: "silu",
  tanh: "tanh",
};

/** @throws HpdError `unsupported` for a name that is not in ACT2FN or not known here */
export function activationOf(name: string, key: string, file: string): Activation {
  return lookUp(activationOfName, name, key, file);
}

/** @throws HpdError `unsupported` naming the file, the key and the names that are known */
export function lookUp<T>(table: Readonly<Record<string, T>>, name: unknown, key: string, file: string): T {
  const value = typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;
  if (value !== undefined) return value;
  throw new HpdError(
    "unsupported",
    `${file}: ${key} ${describe(name)} is not known; known are ${Object.keys(table).join(", ")}`,
  );
}
