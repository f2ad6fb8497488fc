/** Names of tasks that are read from files: the shortest ones that are distinct, also from ready tasks. */
import { resolve, sep } from "node:path";

export interface NamedFile {
  /** The kind's name on the command line: `clustering`. */
  readonly kind: string;
  readonly path: string;
  /** The name that the file or folder alone gives: `test` for `a/test.csv`. */
  readonly name: string;
}

/**
 * Distinct names: `test`, or with as many folders as necessary, `a/test` and `b/test`. Files that differ only in the
 * extension or the kind have these in their names: `test.csv`, `pairs:test.csv`.
 *
 * @param files no two of the same kind and path
 * @param taken names of other tasks
 */
export function distinctNames(files: readonly NamedFile[], taken: readonly string[]): string[] {
  const folded = new Set(taken.map((name) => name.toLowerCase()));
  return files.map((file) => {
    for (const form of forms) {
      for (let folders = 0; folders < partsOf(file).length; folders++) {
        const name = form(file, folders);
        const isTaken = files.some((other) => other !== file && form(other, folders) === name);
        if (!isTaken && !folded.has(name.toLowerCase())) return name;
      }
    }
    return `${file.kind}:${file.path}`;
  });
}

/** Forms of a name, with a number of parent folders; the first form that is distinct is used. */
const forms: readonly ((file: NamedFile, folders: number) => string)[] = [
  (file, folders) => [...foldersOf(file, folders), file.name].join("/"),
  (file, folders) => [...foldersOf(file, folders), partsOf(file).at(-1)].join("/"),
  (file, folders) => `${file.kind}:${[...foldersOf(file, folders), partsOf(file).at(-1)].join("/")}`,
];

function foldersOf(file: NamedFile, count: number): string[] {
  return count === 0 ? [] : partsOf(file).slice(0, -1).slice(-count);
}

function partsOf({ path }: NamedFile): string[] {
  return resolve(path)
    .split(sep)
    .filter((part) => part !== "");
}
