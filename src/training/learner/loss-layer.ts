/**
 * A linear layer that belongs to a loss, such as the classifier of `softmax`: it is trained with the student, but isn't
 * part of its model. It skips updates without a batch for its loss, and gradients are clipped without it, as in
 * sentence-transformers, where the norm is that of the model alone.
 */
import { Random } from "../../random.ts";
import type { NamedTensors } from "../../runtime/session.ts";
import { elementsOf } from "../../tensor/lazy-tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type AdamWOptions, adamW, type Moments, stepScale } from "../optimizer/adamw.ts";
import { initialDense } from "../student/initial-parameters.ts";
import type { LearnerState } from "./learner.ts";
import type { Objective } from "./learner-options.ts";
import { layerInputs } from "./program.ts";

type FloatTensor = Tensor<"float32">;

interface LayerTensor {
  readonly input: string;
  /** The name in checkpoints. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly decays: boolean;
  readonly moments: Moments;
  /** Sum over the batches since the last update. */
  readonly gradient: Float32Array;
}

const kinds = ["parameters", "first", "second"] as const;

export class LossLayer {
  readonly #name: string;
  readonly #tensors: readonly LayerTensor[];
  /** Number of updates, those that it skipped not counted. */
  #steps = 0;
  #hasGradients = false;

  private constructor(name: string, tensors: readonly LayerTensor[]) {
    this.#name = name;
    this.#tensors = tensors;
  }

  /**
   * Creates the layer of a loss, initialized as torch initializes a linear layer.
   *
   * @param objective index of the objective
   * @param seed of the run
   * @returns undefined for a loss without one
   */
  static of({ loss }: Objective, objective: number, dimension: number, seed: number): LossLayer | undefined {
    if (loss.layer === undefined) return undefined;
    const { outputs, inputs } = loss.layer(dimension);
    const drawn = initialDense(inputs, outputs, Random.fromText(`layer of loss ${seed} ${objective}`));
    const name = `loss ${objective}`;
    const tensors = [...drawn.values()].map(({ shape, data }, at): LayerTensor => {
      const zeros = () => new Float32Array(data.length);
      return {
        input: layerInputs[at]!,
        name: `${name}/${at === 0 ? "weight" : "bias"}`,
        shape,
        decays: at === 0,
        moments: { parameters: data, first: zeros(), second: zeros() },
        gradient: zeros(),
      };
    });
    return new LossLayer(name, tensors);
  }

  get inputs(): NamedTensors {
    return Object.fromEntries(
      this.#tensors.map(({ input, shape, moments }) => [input, { dtype: "float32", shape, data: moments.parameters }]),
    );
  }

  /** @param gradients of one batch, in the order of `layerInputs` */
  accumulate(gradients: readonly Float32Array[]): void {
    for (const [at, { gradient }] of this.#tensors.entries()) {
      const more = gradients[at]!;
      for (let index = 0; index < gradient.length; index++) gradient[index]! += more[index]!;
    }
    this.#hasGradients = true;
  }

  discardGradients(): void {
    for (const { gradient } of this.#tensors) gradient.fill(0);
    this.#hasGradients = false;
  }

  /** Makes a step, if there are gradients. @param factor of the gradients: 1 / batches of the update */
  update(factor: number, learningRate: number, optimizer: AdamWOptions): void {
    if (!this.#hasGradients) return;
    this.#steps++;
    const scale = stepScale(optimizer, learningRate, this.#steps);
    for (const { moments, gradient, decays } of this.#tensors) {
      const decay = decays ? learningRate * optimizer.weightDecay : 0;
      adamW(moments, { offset: 0, gradients: gradient }, optimizer, { factor, ...scale, decay });
    }
    this.discardGradients();
  }

  /** The state for a checkpoint, by name: views. */
  get state(): [name: string, FloatTensor][] {
    const steps: FloatTensor = { dtype: "float32", shape: [1], data: Float32Array.of(this.#steps) };
    return [
      ...this.#tensors.flatMap(({ name, shape, moments }) =>
        kinds.map((kind): [string, FloatTensor] => [
          `${kind}/${name}`,
          { dtype: "float32", shape, data: moments[kind] },
        ]),
      ),
      [`steps/${this.#name}`, steps],
    ];
  }

  /** @param tensors of a state with this layer's names and shapes */
  async restore({ tensors }: Pick<LearnerState, "tensors">): Promise<void> {
    const dataOf = async (name: string) => (await elementsOf(tensors.get(name)!)).data;
    for (const { name, moments } of this.#tensors) {
      for (const kind of kinds) moments[kind].set(await dataOf(`${kind}/${name}`));
    }
    [this.#steps] = (await dataOf(`steps/${this.#name}`)) as unknown as [number];
  }
}
