/** Python's version specifiers for releases. Source: PEP 440. */

const clause = /^(~=|===?|!=|<=|>=|<|>)\s*(\d{1,9}(?:\.\d{1,9}){0,9})(\.\*)?$/;

/**
 * Whether a release such as `6.2.0` satisfies a specifier such as `>=5,<7`. Undefined if that is not known: for
 * pre-releases, other spellings, anything but a string.
 */
export function satisfies(version: string, specifier: unknown): boolean | undefined {
  if (typeof specifier !== "string" || specifier.length > 1000) return undefined;
  const clauses = specifier.split(",").map((part) => part.trim());
  const results = clauses.filter((text) => text !== "").map((text) => satisfiesClause(version, text));
  return results.includes(undefined) ? undefined : !results.includes(false);
}

function satisfiesClause(version: string, text: string): boolean | undefined {
  const [, operator, wanted = "", prefix] = clause.exec(text) ?? [];
  const release = wanted.split(".").map(Number);
  const begins = (length: number) =>
    compare(version.split(".").map(Number).slice(0, length), release.slice(0, length)) === 0;
  const order = compare(version.split(".").map(Number), release);
  if (prefix !== undefined && operator !== "==" && operator !== "!=") return undefined;
  switch (operator) {
    case "==":
      return prefix === undefined ? order === 0 : begins(release.length);
    case "===":
      return version === wanted;
    case "!=":
      return prefix === undefined ? order !== 0 : !begins(release.length);
    case "~=":
      return release.length < 2 ? undefined : order >= 0 && begins(release.length - 1);
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    case "<":
      return order < 0;
    case ">":
      return order > 0;
    default:
      return undefined;
  }
}

/** The sign of a - b; trailing zeros make no difference. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
