/**
 * Evaluates how well clusters of the embeddings agree with the texts' classes.
 * Source: MTEB's clustering tasks: mini-batch k-means with as many clusters as there are classes, v-measure. Since the
 * result depends on the initial centroids, the score is the mean over ten seeds, as MTEB's is over ten samples.
 */

import { miniBatchKMeans } from "../../cluster/mini-batch.ts";
import { requireArray, requireObject, requireStrings } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { Yielder } from "../../common/yielder.ts";
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import { clusteringStatistic } from "../metrics/clustering.ts";
import { mean } from "../statistics/mean.ts";

export interface LabelledTexts {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
}

/** @throws HpdError `invalid_argument` for anything but texts and labels, equal in number or not */
export function requireLabelledTexts(name: string, data: LabelledTexts): void {
  requireObject(name, data, "{ texts, labels }");
  requireStrings(`${name}: texts`, data.texts);
  requireArray(`${name}: labels`, data.labels);
}

export interface ClusteringOptions {
  readonly name?: string | undefined;
  /** Seed of k-means. Default: 0. */
  readonly seed?: number | undefined;
}

const runs = 10;
/** MTEB's batch size of k-means. */
const batchSize = 512;

const clusteringOptions: OptionTable<ClusteringOptions> = {
  name: "string",
  seed: "number",
};

export class ClusteringEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "Clustering";
  readonly texts: TextsByRole;
  readonly #labels: readonly string[];
  readonly #seed: number;

  /** @throws HpdError `invalid_argument` for fewer than two classes, or a text without a label */
  constructor(data: LabelledTexts, options: ClusteringOptions = {}) {
    const { name = "Clustering", seed = 0 } = checkedOptions("ClusteringEvaluator", options, clusteringOptions);
    requireLabelledTexts(`${name}: the data`, data);
    const { texts, labels } = data;
    const classes = new Set(labels).size;
    if (texts.length !== labels.length || classes < 2) {
      throw new HpdError(
        "invalid_argument",
        `${name}: expected a label for each text and two classes at least, ` +
          `got ${texts.length} texts, ${labels.length} labels, ${classes} classes`,
      );
    }
    this.name = name;
    this.texts = { sentence: texts };
    this.#labels = labels;
    this.#seed = seed;
  }

  /** Computes the means over the runs, `v_measure`, `homogeneity` and `completeness`, and `v_measure_std`. */
  async evaluate(embeddings: EmbeddingLookup, signal?: AbortSignal): Promise<Evaluation> {
    const points = embeddings.of(this.texts.sentence!);
    const classes = new Set(this.#labels).size;
    const yielder = new Yielder(signal);
    const statistics: ReturnType<typeof clusteringStatistic>[] = [];
    for (let run = 0; run < runs; run++) {
      const random = Random.fromText(`${this.#seed} ${this.name} ${run}`);
      const { labels } = await miniBatchKMeans(points, classes, { random, batchSize }, yielder);
      statistics.push(clusteringStatistic(this.#labels, labels));
    }
    const once = new Int32Array(points.count).fill(1);
    const scored = statistics.map((statistic) => statistic(once));
    const vMeasures = scored.map(({ vMeasure }) => vMeasure);
    const vMeasure = mean(vMeasures);
    return {
      name: this.name,
      type: this.type,
      mainMetric: "v_measure",
      scores: {
        v_measure: vMeasure,
        v_measure_std: Math.sqrt(mean(vMeasures.map((value) => (value - vMeasure) ** 2))),
        homogeneity: mean(scored.map(({ homogeneity }) => homogeneity)),
        completeness: mean(scored.map(({ completeness }) => completeness)),
      },
      count: points.count,
      resampling: {
        itemCount: points.count,
        statistics: statistics.map((statistic) => (counts: Int32Array) => statistic(counts).vMeasure),
        range: [0, 1],
      },
    };
  }
}
