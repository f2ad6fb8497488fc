/**
 * Agreement of clusters with classes. Source: `homogeneity_completeness_v_measure` of scikit-learn, beta 1; Rosenberg and
 * Hirschberg (2007), V-Measure.
 */
import { type Label, requireLabels } from "./labels.ts";

export interface ClusteringScores {
  /** Homogeneity, 0 to 1: 1 if every cluster holds members of one class only. */
  readonly homogeneity: number;
  /** Completeness, 0 to 1: 1 if all members of a class are in one cluster. */
  readonly completeness: number;
  /** Harmonic mean of homogeneity and completeness. */
  readonly vMeasure: number;
}

/**
 * The V-measure of a clustering.
 *
 * @param classes `[items]`: labels of any kind
 * @param clusters `[items]`: labels of any kind
 * @throws HpdError `invalid_argument` for no items, or other than one cluster per item
 */
export function clusteringScores(classes: ArrayLike<Label>, clusters: ArrayLike<Label>): ClusteringScores {
  return clusteringStatistic(classes, clusters)(new Int32Array(classes.length).fill(1));
}

/** `clusteringScores` as a statistic: item `i` occurs `counts[i]` times. */
export function clusteringStatistic(
  classes: ArrayLike<Label>,
  clusters: ArrayLike<Label>,
): (counts: Int32Array) => ClusteringScores {
  requireLabels(classes, clusters);
  const inClass = groupsOf(Array.from(classes));
  const inCluster = groupsOf(Array.from(clusters));
  const inBoth = groupsOf(Array.from(inClass.groupOf, (group, item) => `${group} ${inCluster.groupOf[item]}`));
  const classOfBoth = mergedGroups(inBoth, inClass);
  const clusterOfBoth = mergedGroups(inBoth, inCluster);
  return (counts) => {
    // One pass over the items: this runs a thousand times per interval.
    const sizes = sizesOf(inBoth, counts);
    const classEntropy = entropy(sizesOf(classOfBoth, sizes));
    const clusterEntropy = entropy(sizesOf(clusterOfBoth, sizes));
    // That of independent labellings is 0; rounding may put it below.
    const mutualInformation = Math.max(classEntropy + clusterEntropy - entropy(sizes), 0);
    const homogeneity = fraction(mutualInformation, classEntropy);
    const completeness = fraction(mutualInformation, clusterEntropy);
    const sum = homogeneity + completeness;
    return { homogeneity, completeness, vMeasure: sum === 0 ? 0 : (2 * homogeneity * completeness) / sum };
  };
}

/** Labels as integers from 0 to `groups` - 1. */
interface Groups {
  readonly groupOf: Int32Array;
  readonly groups: number;
}

function groupsOf(labels: readonly Label[]): Groups {
  const numbers = new Map<Label, number>();
  const groupOf = Int32Array.from(labels, (label) => {
    const group = numbers.get(label) ?? numbers.size;
    numbers.set(label, group);
    return group;
  });
  return { groupOf, groups: numbers.size };
}

/** The groups of `outer` as groups of those of `inner`, each of which lies in one. */
function mergedGroups(inner: Groups, outer: Groups): Groups {
  const groupOf = new Int32Array(inner.groups);
  for (const [item, group] of inner.groupOf.entries()) groupOf[group] = outer.groupOf[item]!;
  return { groupOf, groups: outer.groups };
}

function sizesOf({ groupOf, groups }: Groups, counts: Int32Array): Int32Array {
  const sizes = new Int32Array(groups);
  // By index: an iterator takes several times as long.
  for (let item = 0; item < groupOf.length; item++) sizes[groupOf[item]!]! += counts[item]!;
  return sizes;
}

function entropy(sizes: Int32Array): number {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let sum = 0;
  for (const size of sizes) if (size > 0) sum -= (size / total) * Math.log(size / total);
  return sum;
}

/** The fraction of the entropy that is explained; 1 if there is none, with a single class or cluster. */
function fraction(mutualInformation: number, entropy: number): number {
  return entropy === 0 ? 1 : mutualInformation / entropy;
}
