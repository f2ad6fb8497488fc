/**
 * Names of clusters: the terms that tell each from the others. The weights are class-based TF-IDF of how many texts have a
 * term, so that no single long text names a cluster; then what says again what was said is left out.
 */
import { classTfIdf } from "./class-tf-idf.ts";
import type { TextTerms } from "./text-terms.ts";

/** Terms of a name. */
const termsInName = 3;
/** A term is in this many times as large a part of the cluster's texts as of the others'. */
const lift = 3;
/** Where two words stand together in such a part of the texts that have the one, they are named together. */
const together = 0.5;

/**
 * @param labels `[count]`: the cluster of each text
 * @returns of each cluster its terms, the most telling first; none where its texts share none
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
    const isTelling = (key: string) =>
      own.get(key)! > 1 && own.get(key)! * others >= lift * size * (inAll.get(key)! - own.get(key)!);
    const ranked = [...weights].filter(([key]) => isTelling(key)).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
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
      (other) => other.split(" ").includes(key) && other !== key && counts.get(other)! >= together * counts.get(key)!,
    );
    const term = longer ?? key;
    const own = term.split(" ").map(stem);
    if (own.some((word) => stems.has(word))) continue;
    chosen.push(term);
    for (const word of own) stems.add(word);
  }
  return chosen;
}

/** Singular and plural are one: enough to see a repetition, in the languages that have it so. */
function stem(word: string): string {
  return word
    .replace(/ies$/, "y")
    .replace(/(?<=(s|x|z|ch|sh))es$/, "")
    .replace(/(?<=[^s])s$/, "");
}
