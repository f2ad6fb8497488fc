/** The mean loss of each dataset, where there are several. */
import type { Dataset } from "./dataset.ts";

export class DatasetLosses {
  readonly #datasets: readonly Dataset[];
  readonly #sums: { total: number; weight: number }[];

  constructor(datasets: readonly Dataset[]) {
    this.#datasets = datasets;
    this.#sums = datasets.map(() => ({ total: 0, weight: 0 }));
  }

  add(dataset = 0, loss: number, weight = 1): void {
    const sum = this.#sums[dataset]!;
    sum.total += loss * weight;
    sum.weight += weight;
  }

  /** By name, of those with a loss; nothing where there is one dataset. */
  means(): { readonly losses?: Readonly<Record<string, number>> } {
    if (this.#datasets.length === 1) return {};
    const means = this.#datasets.flatMap(({ name }, index) => {
      const { total, weight } = this.#sums[index]!;
      return weight === 0 ? [] : [[name, total / weight] as const];
    });
    return { losses: Object.fromEntries(means) };
  }
}
