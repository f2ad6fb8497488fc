/** AdamW of one number in float64, step by step, as transformers or as torch has it: what rows that catch up are compared with. */
import type { AdamWOptions } from "../../../src/training/optimizer/adamw.ts";

export class DenseAdamW {
  readonly #options: AdamWOptions;
  parameter: number;
  first = 0;
  second = 0;
  #step = 0;
  /** The sum of what the steps moved it by. */
  path = 0;

  constructor(options: AdamWOptions, parameter: number) {
    this.#options = options;
    this.parameter = parameter;
  }

  update(gradient: number, learningRate: number): void {
    const { beta1, beta2, epsilon, weightDecay, correctBias, epsilonAfterCorrection } = this.#options;
    this.#step++;
    this.first = beta1 * this.first + (1 - beta1) * gradient;
    this.second = beta2 * this.second + (1 - beta2) * gradient * gradient;
    const size = correctBias
      ? (learningRate * Math.sqrt(1 - beta2 ** this.#step)) / (1 - beta1 ** this.#step)
      : learningRate;
    const isAfter = correctBias && epsilonAfterCorrection;
    const correction = Math.sqrt(1 - beta2 ** this.#step);
    const change = isAfter
      ? ((learningRate / (1 - beta1 ** this.#step)) * this.first) / (Math.sqrt(this.second) / correction + epsilon)
      : (size * this.first) / (Math.sqrt(this.second) + epsilon);
    this.parameter = (this.parameter - change) * (1 - learningRate * weightDecay);
    this.path += Math.abs(change);
  }
}
