/**
 * The ONNX models that the threads run; they take the parameters as inputs. For one loss of one column they are two:
 * the student with its loss and the loss's gradients, and the student with its loss alone, for validation.
 *
 * A loss of several columns compares texts of different lengths with each other. There, and where batches are for
 * different losses, the student and each loss are models of their own (GradCache): all texts are embedded, in
 * micro-batches on all threads; the loss gives the gradients by the embeddings; and from these each micro-batch goes on
 * to those by the parameters, embedding its texts a second time. So neither memory nor the number of threads depends on
 * the size of a batch, and texts of like length go together, whatever column they are of.
 * Source: Gao et al., Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup (arXiv 2101.06983).
 */
import type { Dimension } from "../../graph/node.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ParameterGroup } from "./parameter-group.ts";

/** A parameter's values, as an input of all models. */
export interface ProgramTensor {
  /** The name in the checkpoint, behind its module's folder. */
  readonly name: string;
  readonly input: string;
  readonly tensor: Tensor<"float32">;
  /** The input with the row numbers, for a table whose rows are gathered before a run. */
  readonly ids?: string | undefined;
}

/** A dense parameter. Its gradient is an output of `train`, which adds to it the input named by `sumInput`. */
export interface ProgramParameter extends ProgramTensor, ParameterGroup {
  readonly gradient: string;
}

/** A table whose rows are gathered before a run; its gradient is by those rows: [batch, sequence, width]. */
export interface ProgramTable extends ProgramParameter {
  readonly ids: string;
}

/** An input of random bytes. */
export interface ProgramNoise {
  readonly input: string;
  readonly shape: readonly Dimension[];
}

export interface Program {
  /** Inputs -> `loss` and all gradients. With GradCache: inputs and gradients by the embeddings -> gradients. */
  readonly train: Uint8Array;
  /** Inputs -> `loss` and `embeddings`. With GradCache: inputs -> `embeddings`. */
  readonly evaluate: Uint8Array;
  /** Undefined for one loss of one column. */
  readonly gradCache: GradCacheModels | undefined;
  /** The dimension of the student's embeddings. */
  readonly dimension: number;
  /** The number of lower layers whose embeddings follow the student's own, for a loss that takes them; else 0. */
  readonly layers: number;
  readonly parameters: readonly ProgramParameter[];
  readonly tables: readonly ProgramTable[];
  /** Parameters and tables that aren't trained. */
  readonly frozen: readonly ProgramTensor[];
  readonly noise: readonly ProgramNoise[];
  /** Those of `input_ids`, `attention_mask`, `prompt_mask` and `token_type_ids` that the models have. */
  readonly inputs: readonly string[];
}

export interface GradCacheModels {
  /** Inputs and noise -> `embeddings`. */
  readonly embed: Uint8Array;
  /**
   * One for each objective: embeddings, inputs of the loss and its layer -> `loss`, of a sum `part 0` and so on, and the
   * gradients by the embeddings and by the layer.
   */
  readonly losses: readonly Uint8Array[];
}

/** The width of a row of `embeddings`: the student's embedding and those of its lower layers, side by side. */
export function widthOf({ dimension, layers }: Pick<Program, "dimension" | "layers">): number {
  return dimension * (1 + layers);
}

/** The input that is added to a gradient: as many numbers as it has, or one. */
export function sumInput(gradient: string): string {
  return `${gradient} before`;
}

/** The input 1 / rows of the batch. The inputs of the student and of the loss have their own names. */
export const perRowInput = "per row";

/**
 * The inputs of a loss's graph that `Loss.build` calls weight and bias. Their gradients are `gradient layer weight`,
 * ...
 */
export const layerInputs = ["layer weight", "layer bias"] as const;
