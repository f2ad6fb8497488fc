/**
 * What the threads run, as ONNX models whose inputs the parameters are. For one loss of one column: the student with its
 * loss and the loss's gradients, and the student with its loss alone, for validation.
 *
 * A loss of several columns compares texts of different lengths with each other. There, and where batches are for
 * different losses, the student and each loss are models of their own: all texts are embedded, in small parts on all threads; the loss gives the gradients by the embeddings; and
 * from these each part goes on to those by the parameters, embedding its texts a second time. So neither memory nor the
 * number of threads depends on the size of a batch, and texts of like length go together, whatever column they are of.
 * Source: Gao et al., Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup (GradCache, arXiv 2101.06983).
 */
import { gradients } from "../../autodiff/gradients.ts";
import { HpdError } from "../../errors.ts";
import { addDropout } from "../../graph/add-dropout.ts";
import { input, multiply, reshape, slice } from "../../graph/build.ts";
import { sum } from "../../graph/build-differentiable.ts";
import { decompose } from "../../graph/decompose.ts";
import { lookUpOutside } from "../../graph/look-up-outside.ts";
import { compileForTraining } from "../../graph/lower-training.ts";
import { type Dimension, type Node, topologicalOrder } from "../../graph/node.ts";
import { type Features, inputFeatures, typeFeature } from "../../modules/features.ts";
import type { Module } from "../../modules/module.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Loss, withLabels } from "../losses/loss.ts";
import { addAdapters } from "../tuning/add-adapters.ts";
import { wholeTuning } from "../tuning/tuning.ts";
import type { Objective } from "./learner-options.ts";
import type { Learning } from "./learning.ts";
import { layerInputs } from "./loss-layer.ts";
import { type StudentEmbeddings, studentEmbeddings } from "./student-embeddings.ts";

/** A parameter's values, as an input of both models. */
export interface ProgramTensor {
  /** As in the checkpoint, behind its module's folder. */
  readonly name: string;
  readonly input: string;
  readonly tensor: Tensor<"float32">;
  /** Of a table whose rows are read before a run: the input of the graph that holds the row numbers. */
  readonly ids?: string | undefined;
}

/**
 * A parameter that all sentences use: its gradient is an output of the first model, which adds to it what `sumInput` names.
 */
export interface ProgramParameter extends ProgramTensor, Learning {
  readonly gradient: string;
}

/** A table whose rows are read before a run; the gradient is that by the rows: [batch, sequence, width]. */
export interface ProgramTable extends ProgramParameter {
  readonly ids: string;
}

/** An input of random bytes. */
export interface ProgramNoise {
  readonly input: string;
  readonly shape: readonly Dimension[];
}

export interface Program {
  /** Inputs -> `loss`, and all gradients. With losses apart: inputs and gradients by the embeddings -> gradients. */
  readonly train: Uint8Array;
  /** Inputs -> `loss` and `embeddings`; with losses apart `embeddings` alone. */
  readonly evaluate: Uint8Array;
  /** Undefined for one loss of one column. */
  readonly apart: LossesApart | undefined;
  /** Of the student's embeddings; those that the models give are so wide and that for each lower layer that they have. */
  readonly dimension: number;
  /** Lower layers whose embeddings are beside the student's own, for a loss that takes them; else 0. */
  readonly layers: number;
  readonly parameters: readonly ProgramParameter[];
  readonly tables: readonly ProgramTable[];
  /** What stays as it is, tables too. */
  readonly frozen: readonly ProgramTensor[];
  readonly noise: readonly ProgramNoise[];
  /** Those of `input_ids`, `attention_mask`, `prompt_mask` and `token_type_ids` that the models have. */
  readonly inputs: readonly string[];
}

/** Of what the models give for a text. */
export function widthOf({ dimension, layers }: Pick<Program, "dimension" | "layers">): number {
  return dimension * (1 + layers);
}

export interface LossesApart {
  /** Inputs and noise -> `embeddings`. */
  readonly embed: Uint8Array;
  /**
   * Of each objective: embeddings, inputs of the loss and its layer -> `loss`, and the gradients by the embeddings and by the
   * layer.
   */
  readonly losses: readonly Uint8Array[];
}

/**
 * @param dropout the ratio in training; validation has none
 * @param tuning what of the student is trained; all else is frozen
 * @param hasTypes whether the student is told which of two texts a token belongs to
 */
export function buildProgram(
  modules: readonly Module[],
  objectives: readonly Objective[],
  dropout: number,
  hasTypes = false,
  tuning = wholeTuning,
): Program {
  const given: Features = { ...inputFeatures(), ...(hasTypes && { token_type_ids: typeFeature() }) };
  const [{ loss: first, columns }] = objectives as [Objective];
  const isApart = objectives.length > 1 || columns > 1 || first.isApart === true;
  const wantsLayers = objectives.some(({ loss }) => loss.takesLayers);
  const student = studentEmbeddings(modules, given, wantsLayers);
  const own = lossGraph(student.all, isApart ? byEmbeddings : first);
  const whole = addAdapters(own, tuning.adapters, false);
  const { graph, noise } = decompose(addAdapters(addDropout(own, dropout), tuning.adapters, true));
  const nodes = topologicalOrder(graph);
  // A tensor that the modules ask for twice is two nodes; the gradients are summed by the walk if it is one.
  const parameters = nodes.filter((node) => node.op === "parameter");
  const tables = nodes.filter((node) => node.op === "lookup");
  const tensors = new Set(parameters.map(({ attributes }) => attributes.tensor));
  if (tensors.size < parameters.length) {
    throw new HpdError("unsupported", "a student that uses a parameter in two places can't be trained yet");
  }
  const names = new Map<unknown, string>();
  for (const [index, { attributes }] of parameters.entries()) names.set(attributes.tensor, `parameter ${index}`);
  for (const [index, { attributes }] of tables.entries()) names.set(attributes.table, `rows ${index}`);
  const nameOf = (node: Node<"parameter"> | Node<"lookup">) =>
    names.get("tensor" in node.attributes ? node.attributes.tensor : node.attributes.table)!;
  const isTrained = ({ attributes: { name } }: Node<"parameter"> | Node<"lookup">) => !tuning.frozen.has(name);
  const trained = parameters.filter(isTrained);
  const trainedTables = tables.filter(isTrained);
  const found = gradients(graph.loss!, [...trained, ...trainedTables]);
  const outputs = Object.fromEntries(found.map((node, index) => [`gradient ${index}`, node]));
  const valuesOf = (node: Node<"parameter"> | Node<"lookup">): ProgramTensor => {
    const { name, ...rest } = node.attributes;
    return { name, input: nameOf(node), tensor: ("tensor" in rest ? rest.tensor : rest.table) as Tensor<"float32"> };
  };
  const idsOf = ({ inputs: [ids] }: Node<"lookup">): string => (ids as Node<"input">).attributes.name;
  const learningOf = (node: Node<"parameter"> | Node<"lookup">, index: number): ProgramParameter => {
    const values = valuesOf(node);
    const { name, tensor } = values;
    const rate = tuning.rates.get(name) ?? 1;
    return { ...values, gradient: `gradient ${index}`, decays: decays(name, tensor), rate };
  };
  const dense = Object.keys(outputs).slice(0, trained.length);
  const { embeddings, ...plain } = decompose(whole).graph;
  return {
    train: compileForTraining(isApart ? outputs : { loss: graph.loss!, ...outputs }, nameOf, {
      outputs: dense,
      input: sumInput,
    }),
    evaluate: compileForTraining(isApart ? { embeddings: embeddings! } : { ...plain, embeddings: embeddings! }, nameOf),
    apart: isApart
      ? {
          embed: compileForTraining({ embeddings: graph.embeddings! }, nameOf),
          losses: objectives.map((objective) => lossApart(objective, student)),
        }
      : undefined,
    dimension: student.dimension,
    layers: student.layers,
    parameters: trained.map(learningOf),
    tables: trainedTables.map((table, index) => ({
      ...learningOf(table, trained.length + index),
      ids: idsOf(table),
    })),
    frozen: [
      ...parameters.filter((node) => !isTrained(node)).map(valuesOf),
      ...tables.filter((node) => !isTrained(node)).map((table) => ({ ...valuesOf(table), ids: idsOf(table) })),
    ],
    noise: noise.map(({ attributes, shape }) => ({ input: attributes.name, shape })),
    inputs: nodes.flatMap(({ op, attributes }) =>
      op === "input" && attributes.name in given ? [attributes.name] : [],
    ),
  };
}

/** The input whose numbers are added to a gradient: as many as it has, or one. */
export function sumInput(gradient: string): string {
  return `${gradient} before`;
}

/**
 * As in transformers: no bias, by its name, which MPNet's table of relative positions has in it too; and nothing of
 * LayerNorm, which alone has one dimension beside them.
 */
function decays(name: string, { shape }: Tensor): boolean {
  return shape.length > 1 && !name.includes("bias");
}

/** Beside the inputs of the student, and those of the loss by their own names: 1 / rows of the batch. */
export const perRowInput = "per row";

/** Takes the gradients by the embeddings, of which those by the parameters follow. */
const byEmbeddings: Loss = {
  recipe: {},
  columns: { least: 1, most: 1 },
  ...withLabels((dimension) => ({ gradient: [dimension] })),
  isPerRow: true,
  build: ([embeddings], { gradient }) => sum(multiply(embeddings!, gradient!), [0, 1]),
};

function lossGraph(embeddings: Node, loss: Loss): Record<"loss" | "embeddings", Node> {
  const dimension = embeddings.shape[1] as number;
  const value = loss.build([embeddings], inputsOf(loss, dimension, 1, 0), input(perRowInput, "float32", []), []);
  return lookUpOutside({ loss: value, embeddings }) as Record<"loss" | "embeddings", Node>;
}

export function lossApart(
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
  const { loss: value } = decompose({ loss: reshape(loss.build(partOf(0), given, perRow, lower), []) }).graph;
  const found = gradients(value!, [...all, ...Object.values(layer)]);
  const names = [...all.keys(), ...layerInputs];
  const byName = Object.fromEntries(found.map((node, at) => [`gradient ${names[at]}`, node]));
  return compileForTraining({ loss: value!, ...byName }, () => "");
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
