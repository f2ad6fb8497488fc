/** Finds a file of this package, wherever the code that needs it came to lie: in `src/`, in `dist/`, or in a bundle. For Node. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { HpdError } from "../errors.ts";

/** The suffixes of a program: as published, as bundlers may call it, and in the sources. */
const programSuffixes = [".js", ".mjs", ".cjs", ".ts"];

/**
 * Looks beside the code that asks, and then in the package `hpd` that is installed where the code or the process is: a
 * bundle has taken the code out of the package, but the package's other files have stayed there. A program is named by
 * `.js`, in the sources too; its name begins with `hpd-`, so that a bundle never takes a file of its user's for it.
 *
 * @param path inside the package, as published
 * @param beside where the file is from the code that asks. It has to be `new URL("...", import.meta.url)` to the letter, by which
 *   tools that trace the files of a program (Next.js, Vercel) know that it is needed; `webpackIgnore`, because a copy of the
 *   file alone, which webpack would make, lacks what the file imports. In a bundle of CommonJS it throws.
 * @throws HpdError `not_found`
 */
export function packageFile(path: string, beside: () => URL): URL {
  const url = attempt(beside);
  const here = import.meta.url ?? __filename;
  // In a bundle of CommonJS there is no import.meta.url, so no URL either.
  const place = url?.protocol === "file:" ? fileURLToPath(url) : join(dirname(here), basename(path));
  for (const file of [place, ...installed(path, here)].flatMap(withSuffixes)) {
    if (existsSync(file)) return pathToFileURL(file);
  }
  throw new HpdError(
    "not_found",
    `${path} of the package hpd is neither beside the code that needs it (${place}) nor in a package hpd that is ` +
      "installed there: keep hpd out of the bundle, or install it where the bundle runs",
  );
}

/** In the package `hpd` that this code's folder, or the program's, would import. */
function installed(path: string, here: string): string[] {
  return [here, process.argv[1]].flatMap((from) => {
    const manifest = attempt(() => createRequire(from!).resolve("hpd/package.json"));
    return manifest === undefined ? [] : [join(dirname(manifest), path)];
  });
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
