/**
 * Files of this package, and the packages that don't go into a bundle, wherever the calling code lies: in `src/`, in
 * `dist/`, or in somebody's bundle. A bundle holds the code alone; other files are in the package `hpd` that is
 * installed where the bundle, or the program, is. For Node.
 */
import { existsSync } from "node:fs";
// By `createRequire` as a name of its own, webpack would take what is looked up here into a bundle.
import * as nodeModule from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { HpdError } from "../errors.ts";

/** The suffixes of a program: as published, as bundlers may call it, and in the sources. */
const programSuffixes = [".js", ".mjs", ".cjs", ".ts"];

/**
 * The URL of a file of this package. A program is named by `.js`, in the sources too; its name begins with `hpd-`, so
 * that a bundle never takes a file of its user's for it.
 *
 * @param path inside the package, as published
 * @param beside where the file is from the code that asks. It has to be `new URL("...", import.meta.url)` to the
 *   letter, by which tools that trace the files of a program (Next.js, Vercel) know that it is needed. In a bundle of
 *   CommonJS it throws; of other bundlers it may be a copy of the file under another name, without what the file
 *   imports, and isn't taken.
 * @throws HpdError `not_found`
 */
export function packageFile(path: string, beside: () => URL): URL {
  const url = attempt(beside);
  const isMeant = url?.protocol === "file:" && basename(url.pathname) === basename(path);
  const place = isMeant ? fileURLToPath(url) : join(dirname(here()), basename(path));
  const installed = installedPackages().map((manifest) => join(dirname(manifest), path));
  for (const file of [place, ...installed].flatMap(withSuffixes)) {
    if (existsSync(file)) return pathToFileURL(file);
  }
  throw new HpdError(
    "not_found",
    `${path} of the package hpd is neither beside the code that needs it (${place}) nor in a package hpd that is ` +
      "installed there: keep hpd out of the bundle, or install it where the bundle runs",
  );
}

/**
 * Loads a package that bundlers can't take in: one with native code, or one of CommonJS, which esbuild can't put into a bundle of ES
 * modules.
 *
 * @param name of the package
 * @param load it by the `require` of `createRequire(import.meta.url)`, to the letter: those who trace files know it,
 *   those who bundle don't follow it, and in a bundle of CommonJS it throws
 * @throws what `require` throws, an Error
 */
export function requireInstalled<T>(name: string, load: () => T): T {
  // From a bundle it may be found only where this package is installed: so some package managers want it.
  const elsewhere = [here(), ...installedPackages()].find((file) =>
    attempt(() => nodeModule.createRequire(file).resolve(name)),
  );
  return attempt(load) ?? nodeModule.createRequire(elsewhere ?? here())(name);
}

/** This file, or the bundle that holds it. In one of CommonJS there is no `import.meta.url`. */
function here(): string {
  return import.meta.url ?? __filename;
}

/** The package.json of each package `hpd` that this code, or the program, would import. */
function installedPackages(): string[] {
  return [here(), process.argv[1]].flatMap(
    (from) => attempt(() => nodeModule.createRequire(from!).resolve("hpd/package.json")) ?? [],
  );
}

function withSuffixes(file: string): string[] {
  if (!file.endsWith(".js")) return [file];
  return programSuffixes.map((suffix) => file.slice(0, -".js".length) + suffix);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
