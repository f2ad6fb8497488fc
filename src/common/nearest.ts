/** Suggestions for a name that is not known. */

/** Maximum length of a name that gets a suggestion: the time grows with the product of the lengths. */
const maxNameLength = 64;

/**
 * The known name with the smallest edit distance, if that is small. Case, `_` and `-` do not count, so that Python's
 * `normalize_embeddings` is `normalizeEmbeddings`.
 */
function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > maxNameLength) return undefined;
  const wanted = plain(name);
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  return best === undefined || best.distance > Math.max(2, name.length / 3) ? undefined : best.candidate;
}

/** ` (did you mean similarity?)`, or nothing where no name is near. */
export function nearest(name: string, known: readonly string[], prefix = ""): string {
  const best = nearestName(name, known);
  return best === undefined ? "" : ` (did you mean ${prefix}${best}?)`;
}

function plain(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

/** Levenshtein distance: letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
