/**
 * How well clusters agree with classes. Source: `homogeneity_completeness_v_measure` of scikit-learn, beta 1;
 * Rosenberg and Hirschberg (2007), V-Measure.
 */
import { type Label, requireLabels } from "./labels.ts";

export interface ClusteringScores {
  /** 1 where every cluster holds members of one class only. */
  readonly homogeneity: number;
  /** 1 where all members of a class are in one cluster. */
  readonly completeness: number;
  /** Their harmonic mean. */
  readonly vMeasure: number;
}

/**
 * @param classes `[items]` and
 * @param clusters `[items]`: labels of any kind, equal or not
 * @param counts how often each item occurs; default: once
 * @throws HpdError `invalid_argument` for no items, or other than one cluster an item
 */
export function clusteringScores(
  classes: ArrayLike<Label>,
  clusters: ArrayLike<Label>,
  counts?: Int32Array,
): ClusteringScores {
  requireLabels(classes, clusters);
  const classSizes = new Map<Label, number>();
  const clusterSizes = new Map<Label, number>();
  const common = new Map<Label, Map<Label, number>>();
  let total = 0;
  for (let i = 0; i < classes.length; i++) {
    const count = counts?.[i] ?? 1;
    if (count === 0) continue;
    total += count;
    add(classSizes, classes[i]!, count);
    add(clusterSizes, clusters[i]!, count);
    const row = common.get(classes[i]!) ?? new Map();
    common.set(classes[i]!, add(row, clusters[i]!, count));
  }
  let information = 0;
  for (const [label, row] of common) {
    for (const [cluster, count] of row) {
      const independent = (classSizes.get(label)! * clusterSizes.get(cluster)!) / total;
      information += (count / total) * Math.log(count / independent);
    }
  }
  // Independent labellings have none; what rounding leaves of it may be below 0.
  information = Math.max(information, 0);
  const homogeneity = part(information, entropy(classSizes, total));
  const completeness = part(information, entropy(clusterSizes, total));
  const sum = homogeneity + completeness;
  return { homogeneity, completeness, vMeasure: sum === 0 ? 0 : (2 * homogeneity * completeness) / sum };
}

function add<K>(sizes: Map<K, number>, key: K, count: number): Map<K, number> {
  return sizes.set(key, (sizes.get(key) ?? 0) + count);
}

function entropy(sizes: ReadonlyMap<unknown, number>, total: number): number {
  let sum = 0;
  for (const size of sizes.values()) sum -= (size / total) * Math.log(size / total);
  return sum;
}

/** Where everything is in one class, or in one cluster, there is nothing to know, and all of it is known. */
function part(information: number, whole: number): number {
  return whole === 0 ? 1 : information / whole;
}
