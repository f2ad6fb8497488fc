/**
 * A linear layer that belongs to a loss, such as the classifier of `softmax`: it learns beside the student, whose model
 * doesn't have it. It rests while no batch is for its loss, and gradients are clipped without it, as in
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

type FloatTensor = Tensor<"float32">;

/** Inputs of the loss's graph: what `build` calls weight and bias. The outputs that are their gradients have longer names. */
export const layerInputs = ["layer weight", "layer bias"] as const;

interface LayerTensor {
  readonly input: string;
  /** In checkpoints. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly decays: boolean;
  readonly moments: Moments;
  /** Of the batches since the last update. */
  readonly gradient: Float32Array;
}

const kinds = ["parameters", "first", "second"] as const;

export class LossLayer {
  readonly #name: string;
  readonly #tensors: readonly LayerTensor[];
  /** Updates that it had a part in. */
  #steps = 0;
  #isResting = true;

  private constructor(name: string, tensors: readonly LayerTensor[]) {
    this.#name = name;
    this.#tensors = tensors;
  }

  /**
   * Drawn as torch draws a linear layer.
   *
   * @param objective its number
   * @param seed of the run
   * @returns undefined where the loss has none
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
    this.#isResting = false;
  }

  forget(): void {
    for (const { gradient } of this.#tensors) gradient.fill(0);
    this.#isResting = true;
  }

  /** Makes a step, if there are gradients. @param factor that they are multiplied with: the mean over all batches */
  update(factor: number, learningRate: number, optimizer: AdamWOptions): void {
    if (this.#isResting) return;
    this.#steps++;
    const scale = stepScale(optimizer, learningRate, this.#steps);
    for (const { moments, gradient, decays } of this.#tensors) {
      const decay = decays ? learningRate * optimizer.weightDecay : 0;
      adamW(moments, 0, gradient.length, gradient, 0, optimizer, { factor, ...scale, decay });
    }
    this.forget();
  }

  /** What a checkpoint holds, by name: views. */
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

  /** @param tensors of a state with the names and shapes of its own */
  async takeOver({ tensors }: Pick<LearnerState, "tensors">): Promise<void> {
    const dataOf = async (name: string) => (await elementsOf(tensors.get(name)!)).data;
    for (const { name, moments } of this.#tensors) {
      for (const kind of kinds) moments[kind].set(await dataOf(`${kind}/${name}`));
    }
    [this.#steps] = (await dataOf(`steps/${this.#name}`)) as unknown as [number];
  }
}
