/** The graphs of a loss: behind the student, or as a model of its own that takes embeddings. */
import { gradients } from "../../autodiff/gradients.ts";
import { add, input, multiply, reshape, slice } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import { decompose } from "../../graph/decompose.ts";
import { extractLookups } from "../../graph/extract-lookups.ts";
import { compileForTraining } from "../../graph/lower-training.ts";
import type { Node } from "../../graph/node.ts";
import { type Loss, withLabels } from "../losses/loss.ts";
import type { Objective } from "./learner-options.ts";
import { layerInputs, perRowInput } from "./program.ts";
import type { StudentEmbeddings } from "./student-embeddings.ts";

/** Stands for the loss in GradCache: its gradient by the embeddings is the input `loss gradient`. */
export const givenGradient: Loss = {
  recipe: {},
  columns: { min: 1, max: 1 },
  ...withLabels((dimension) => ({ gradient: [dimension] })),
  isPerRow: true,
  build: ([embeddings], { gradient }) => sum(multiply(embeddings!, gradient!), [0, 1]),
};

/** The student with a loss of one column. */
export function withLoss(embeddings: Node, loss: Loss): Record<"loss" | "embeddings", Node> {
  const dimension = embeddings.shape[1] as number;
  const value = loss.build([embeddings], inputsOf(loss, dimension, 1, 0), input(perRowInput, "float32", []), []);
  return extractLookups({ loss: value, embeddings }) as Record<"loss" | "embeddings", Node>;
}

/** The loss as a model of its own: see `GradCacheModels`. Its inputs of embeddings are `column 0` and so on. */
export function lossModel(
  { loss, columns }: Objective,
  { dimension, layers }: Pick<StudentEmbeddings, "dimension" | "layers">,
): Uint8Array {
  const all = Array.from({ length: columns }, (_, column) =>
    input(`column ${column}`, "float32", ["batch", dimension * (1 + layers)]),
  );
  const partOf = (part: number) => (layers === 0 ? all : all.map((x) => slice(x, 1, part * dimension, dimension)));
  const lower = Array.from({ length: layers }, (_, layer) => partOf(1 + layer));
  const layer = layerOf(loss, dimension);
  const given = { ...inputsOf(loss, dimension, columns, layers), ...layer };
  const perRow = input(perRowInput, "float32", []);
  const parts = loss.parts?.build(partOf(0), given, perRow, lower) ?? [];
  const total = loss.parts === undefined ? loss.build(partOf(0), given, perRow, lower) : parts.reduce(add);
  const ofParts = Object.fromEntries(parts.map((part, at) => [`part ${at}`, part]));
  const values = decompose({ loss: reshape(total, []), ...ofParts }).graph;
  const found = gradients(values.loss!, [...all, ...Object.values(layer)]);
  const names = [...all.keys(), ...layerInputs];
  const byName = Object.fromEntries(found.map((node, at) => [`gradient ${names[at]}`, node]));
  return compileForTraining({ ...values, ...byName }, () => "");
}

/** The loss's own layer, as `build` takes it; its nodes are in the order of `layerInputs`. */
function layerOf(loss: Loss, dimension: number): Record<string, Node> {
  if (loss.layer === undefined) return {};
  const { outputs, inputs } = loss.layer(dimension);
  const [weight, bias] = layerInputs;
  return { weight: input(weight, "float32", [outputs, inputs]), bias: input(bias, "float32", [outputs]) };
}

function inputsOf(loss: Loss, dimension: number, columns: number, layers: number): Record<string, Node> {
  return Object.fromEntries(
    Object.entries(loss.inputs(dimension, columns, layers)).map(([name, shape]) => [
      name,
      input(`loss ${name}`, "float32", shape),
    ]),
  );
}
