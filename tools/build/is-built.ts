/**
 * Ends with exit code 1 unless `dist/` is what `npm run build` makes of the sources: `npm ci` has built before `npm test`.
 * With `--note`, at the end of a build, it notes that it is.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fingerprint } from "./fingerprint.ts";

const root = resolve(import.meta.dirname, "../..");
const note = join(root, "node_modules/.cache/hpd-built");

if (process.argv.includes("--note")) {
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, fingerprint(root));
} else if (noted() !== fingerprint(root)) {
  process.exitCode = 1;
}

function noted(): string | undefined {
  try {
    return readFileSync(note, "utf8");
  } catch {
    return undefined;
  }
}
