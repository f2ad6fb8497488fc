/**
 * What the threads run: the student with its loss and the loss's gradients as one ONNX model, and the student with its
 * loss alone, for validation. Parameters are inputs of both.
 */
import { gradients } from "../../autodiff/gradients.ts";
import { HpdError } from "../../errors.ts";
import { addDropout } from "../../graph/add-dropout.ts";
import { input } from "../../graph/build.ts";
import { decompose } from "../../graph/decompose.ts";
import { lookUpOutside } from "../../graph/look-up-outside.ts";
import { compileForTraining } from "../../graph/lower-training.ts";
import { type Dimension, type Node, topologicalOrder } from "../../graph/node.ts";
import { type Features, inputFeatures } from "../../modules/features.ts";
import { type Module, requireFeature } from "../../modules/module.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Loss } from "../losses/loss.ts";

/** The values of a parameter, as an input of both models, and its gradient as an output of the first. */
export interface ProgramTensor {
  readonly input: string;
  readonly gradient: string;
  readonly tensor: Tensor<"float32">;
}

/** One that all sentences use. */
export interface ProgramParameter extends ProgramTensor {
  /** As in the checkpoint, behind its module's folder. */
  readonly name: string;
}

/** A table whose rows are read before a run; the gradient is that by the rows: [batch, sequence, width]. */
export interface ProgramTable extends ProgramTensor {
  /** The input of the graph that holds the row numbers. */
  readonly ids: string;
}

/** An input of random bytes. */
export interface ProgramNoise {
  readonly input: string;
  readonly shape: readonly Dimension[];
}

export interface Program {
  /** Inputs -> `loss`, and all gradients. */
  readonly train: Uint8Array;
  /** Inputs -> `loss` and `embeddings`. */
  readonly evaluate: Uint8Array;
  readonly dimension: number;
  readonly parameters: readonly ProgramParameter[];
  readonly tables: readonly ProgramTable[];
  readonly noise: readonly ProgramNoise[];
  /** Those of `input_ids`, `attention_mask` and `prompt_mask` that the models have. */
  readonly inputs: readonly string[];
}

/** @param dropout the ratio in training; validation has none */
export function buildProgram(modules: readonly Module[], loss: Loss, dropout: number): Program {
  const given = inputFeatures();
  const whole = lossGraph(modules, loss, given);
  const { graph, noise } = decompose(addDropout(whole, dropout));
  const nodes = topologicalOrder(graph);
  // A tensor that the modules ask for twice is two nodes; the gradients are summed by the walk if it is one.
  const parameters = nodes.filter((node) => node.op === "parameter");
  const tables = nodes.filter((node) => node.op === "lookup");
  const tensors = new Set(parameters.map(({ attributes }) => attributes.tensor));
  if (tensors.size < parameters.length) {
    throw new HpdError("unsupported", "a student that uses a parameter in two places can't be trained yet");
  }
  const found = gradients(graph.loss!, [...parameters, ...tables]);
  const names = new Map<unknown, string>();
  for (const [index, { attributes }] of parameters.entries()) names.set(attributes.tensor, `parameter ${index}`);
  for (const [index, { attributes }] of tables.entries()) names.set(attributes.table, `rows ${index}`);
  const nameOf = (node: Node<"parameter"> | Node<"lookup">) =>
    names.get("tensor" in node.attributes ? node.attributes.tensor : node.attributes.table)!;
  const outputs = Object.fromEntries(found.map((node, index) => [`gradient ${index}`, node]));
  const describe = (tensor: Tensor, index: number) => ({
    input: names.get(tensor)!,
    gradient: `gradient ${index}`,
    tensor: tensor as Tensor<"float32">,
  });
  return {
    train: compileForTraining({ loss: graph.loss!, ...outputs }, nameOf),
    evaluate: compileForTraining(decompose(whole).graph, nameOf),
    dimension: graph.embeddings!.shape[1] as number,
    parameters: parameters.map(({ attributes: { name, tensor } }, index) => ({
      ...describe(tensor, index),
      name,
    })),
    tables: tables.map(({ attributes, inputs: [ids] }, index) => ({
      ...describe(attributes.table, parameters.length + index),
      ids: (ids as Node<"input">).attributes.name,
    })),
    noise: noise.map(({ attributes, shape }) => ({ input: attributes.name, shape })),
    inputs: nodes.flatMap(({ op, attributes }) =>
      op === "input" && attributes.name in given ? [attributes.name] : [],
    ),
  };
}

/** The inputs of the models beside those of the student. */
export const lossInputs = { targets: "targets", perSentence: "per sentence" } as const;

function lossGraph(modules: readonly Module[], loss: Loss, given: Features): Record<"loss" | "embeddings", Node> {
  const features = modules.reduce((before, module) => module.build(before), given);
  const embeddings = requireFeature("training", features, "sentence_embedding");
  const targets = input(lossInputs.targets, "float32", embeddings.shape);
  const perSentence = input(lossInputs.perSentence, "float32", []);
  return lookUpOutside({ loss: loss.build(embeddings, targets, perSentence), embeddings }) as Record<
    "loss" | "embeddings",
    Node
  >;
}
