/** The mean loss of each dataset, for runs with several, and of each part of a weighted sum. */
import type { LossParts } from "../learner/learner.ts";
import type { Dataset } from "./dataset.ts";

export class DatasetLosses {
  readonly #datasets: readonly Pick<Dataset, "name">[];
  readonly #sums = new Map<string, { total: number; weight: number }>();

  constructor(datasets: readonly Pick<Dataset, "name">[]) {
    this.#datasets = datasets;
  }

  add(dataset = 0, loss: number, parts: LossParts = {}, weight = 1): void {
    const { name } = this.#datasets[dataset]!;
    const isOnly = this.#datasets.length === 1;
    if (!isOnly) this.#add(name, loss, weight);
    for (const [part, value] of Object.entries(parts)) this.#add(isOnly ? part : `${name}: ${part}`, value, weight);
  }

  #add(name: string, loss: number, weight: number): void {
    const { total, weight: before } = this.#sums.get(name) ?? { total: 0, weight: 0 };
    this.#sums.set(name, { total: total + loss * weight, weight: before + weight });
  }

  /** The means by name, of datasets and parts with a loss; `{}` for a run with one dataset whose loss is no sum. */
  means(): { readonly losses?: Readonly<Record<string, number>> } {
    if (this.#sums.size === 0) return {};
    const means = [...this.#sums].map(([name, { total, weight }]) => [name, total / weight] as const);
    return { losses: Object.fromEntries(means) };
  }
}
