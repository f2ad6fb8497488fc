/** The functions applied to a network's scores: the classes of torch.nn that cross-encoders name. */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { torchClass } from "../modules/torch-class.ts";

export const crossEncoderActivations = ["identity", "sigmoid", "softmax", "tanh", "relu"] as const;

export type CrossEncoderActivation = (typeof crossEncoderActivations)[number];

const nameOfClass: Readonly<Record<string, CrossEncoderActivation>> = {
  Identity: "identity",
  Sigmoid: "sigmoid",
  Softmax: "softmax",
  Tanh: "tanh",
  ReLU: "relu",
};

/** @param row the scores of one pair, which are replaced */
export function activate(row: Float32Array, kind: CrossEncoderActivation): void {
  switch (kind) {
    case "identity":
      return;
    case "softmax":
      softmax(row);
      return;
    case "sigmoid":
      for (const [at, x] of row.entries()) row[at] = 1 / (1 + Math.exp(-x));
      return;
    case "tanh":
      for (const [at, x] of row.entries()) row[at] = Math.tanh(x);
      return;
    case "relu":
      for (const [at, x] of row.entries()) row[at] = Math.max(x, 0);
  }
}

/** @param row the scores of one pair, which are replaced by numbers whose sum is 1 */
export function softmax(row: Float32Array): void {
  const largest = row.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const powers = Array.from(row, (x) => Math.exp(x - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  for (const [at, power] of powers.entries()) row[at] = power / sum;
}

/**
 * The activation of a model: the one that its files name, else sigmoid for one label and none for several. A class that
 * is not torch's own is passed over with a warning, as in Python, which would have to execute it.
 *
 * @param path such as `torch.nn.modules.activation.Sigmoid`
 * @throws HpdError `unsupported` for another class of torch
 */
export function activationOf(
  path: unknown,
  file: string,
  numLabels: number,
  onWarning: (message: string) => void,
): CrossEncoderActivation {
  const otherwise = numLabels === 1 ? "sigmoid" : "identity";
  if ((path ?? undefined) === undefined) return otherwise;
  if (typeof path === "string" && !path.startsWith("torch.")) {
    onWarning(
      `${file}: the activation ${describe(path)} is code that is not executed: ${otherwise} is applied instead`,
    );
    return otherwise;
  }
  const name = torchClass(path);
  if (name !== undefined && Object.hasOwn(nameOfClass, name)) return nameOfClass[name]!;
  throw new HpdError(
    "unsupported",
    `${file}: the activation ${describe(path)} is not known; known are the classes of torch.nn ` +
      Object.keys(nameOfClass).join(", "),
  );
}
