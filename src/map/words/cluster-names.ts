/**
 * Names of clusters: the terms that distinguish each from the others, by class-based TF-IDF of the number of texts that
 * have a term, so that no single long text names a cluster. Terms that repeat words are left out.
 */
import { classTfIdf } from "./class-tf-idf.ts";
import type { TextTerms } from "./text-terms.ts";

/** Terms of a name. */
const termsInName = 3;
/** Minimum ratio of a term's frequency in the cluster to that in the other texts. */
const lift = 3;
/** Share of a word's texts in which it is part of a two-word term from which on the term replaces it. */
const phraseShare = 0.5;

/**
 * @param labels `[count]`: the cluster of each text
 * @returns the terms of each cluster, the most specific first; none if its texts share none
 */
export function clusterNames({ keys, written }: TextTerms, labels: Uint32Array, clusters: number): string[][] {
  const counts = Array.from({ length: clusters }, () => new Map<string, number>());
  const sizes = new Array<number>(clusters).fill(0);
  const inAll = new Map<string, number>();
  for (const [text, cluster] of labels.entries()) {
    sizes[cluster]!++;
    for (const key of keys[text]!) {
      counts[cluster]!.set(key, (counts[cluster]!.get(key) ?? 0) + 1);
      inAll.set(key, (inAll.get(key) ?? 0) + 1);
    }
  }
  return classTfIdf(counts).map((weights, cluster) => {
    const own = counts[cluster]!;
    const size = sizes[cluster]!;
    const others = labels.length - size;
    const isSpecific = (key: string) =>
      own.get(key)! > 1 && own.get(key)! * others >= lift * size * (inAll.get(key)! - own.get(key)!);
    const ranked = [...weights].filter(([key]) => isSpecific(key)).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    return distinct(
      ranked.slice(0, 50).map(([key]) => key),
      own,
    ).map((key) => written.get(key)!);
  });
}

function distinct(ranked: readonly string[], counts: ReadonlyMap<string, number>): string[] {
  const chosen: string[] = [];
  const stems = new Set<string>();
  for (const key of ranked) {
    if (chosen.length === termsInName) break;
    const longer = ranked.find(
      (other) =>
        other.split(" ").includes(key) && other !== key && counts.get(other)! >= phraseShare * counts.get(key)!,
    );
    const term = longer ?? key;
    const own = term.split(" ").map(stem);
    if (own.some((word) => stems.has(word))) continue;
    chosen.push(term);
    for (const word of own) stems.add(word);
  }
  return chosen;
}

/** A word without the plural endings of English: enough to notice repetitions. */
function stem(word: string): string {
  return word
    .replace(/ies$/, "y")
    .replace(/(?<=(s|x|z|ch|sh))es$/, "")
    .replace(/(?<=[^s])s$/, "");
}
