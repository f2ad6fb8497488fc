/**
 * Kullback-Leibler divergence of the student's distribution over a query's texts from the teacher's.
 * Source: sentence-transformers 6.2, `DistillKLDivLoss`; Lin et al. (arXiv 2010.11386).
 */
import { requireOptionalOneOf, requirePositive } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { add, concat, constant, multiply, reshape, subtract } from "../../graph/build.ts";
import { logSumExp, sum } from "../../graph/build-differentiable.ts";
import type { Loss } from "./loss.ts";
import { pairwiseCosine, pairwiseDot } from "./pairwise.ts";

export interface DistillKlLossOptions {
  /** The similarity function. Default `dot`. */
  readonly similarity?: "cosine" | "dot" | undefined;
  /** Divisor of scores, the teacher's and the student's. Default 1. */
  readonly temperature?: number | undefined;
}

const table: OptionTable<DistillKlLossOptions> = { similarity: "string", temperature: "number" };

/**
 * Columns: queries, positives, and one negative or more; the label `scores` has the teacher's score of the positive and
 * of each negative.
 *
 * @throws HpdError `invalid_argument` for invalid options
 */
export function distillKl(options: DistillKlLossOptions = {}): Loss {
  const { similarity = "dot", temperature = 1 } = checkedOptions("distillKl", options, table);
  requireOptionalOneOf("similarity", similarity, ["cosine", "dot"]);
  requirePositive("temperature", temperature);
  const scoreOf = similarity === "dot" ? pairwiseDot : pairwiseCosine;
  return {
    recipe: { distillKl: { similarity, temperature } },
    columns: { min: 3, max: Number.POSITIVE_INFINITY },
    labels: (_, columns) => ({ scores: [columns - 1] }),
    isPerRow: true,
    inputs: (_, columns) => ({ probabilities: ["batch", columns - 1], negentropy: ["batch", 1] }),
    prepare({ scores }, rows) {
      const { shape, data } = scores!;
      const width = data.length / rows;
      const probabilities = new Float32Array(data.length);
      const negentropy = new Float32Array(rows);
      for (let row = 0; row < rows; row++) {
        const own = [...data.subarray(row * width, (row + 1) * width)].map((score) => score / temperature);
        const highest = Math.max(...own);
        const logPartition = Math.log(own.reduce((total, score) => total + Math.exp(score - highest), 0));
        for (const [at, score] of own.entries()) {
          const logProbability = score - highest - logPartition;
          const probability = Math.exp(logProbability);
          probabilities[row * width + at] = probability;
          // p log p is 0 in the limit, also for a p that underflows.
          if (probability > 0) negentropy[row]! += probability * logProbability;
        }
      }
      return {
        probabilities: { dtype: "float32", shape, data: probabilities },
        negentropy: { dtype: "float32", shape: [rows, 1], data: negentropy },
      };
    },
    build([query, ...others], { probabilities, negentropy }, perRow) {
      const scores = multiply(concat(others.map((other) => scoreOf(query!, other))), constant(1 / temperature));
      const expected = sum(multiply(probabilities!, scores), [1]);
      const divergences = add(negentropy!, subtract(logSumExp(scores), expected));
      return reshape(multiply(sum(divergences, [0, 1]), multiply(perRow, constant(temperature ** 2))), []);
    },
  };
}
