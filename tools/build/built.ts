/** Whether `dist/` is what `npm run build` makes of the sources, by what the build noted at its end. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fingerprint } from "./fingerprint.ts";

const root = resolve(import.meta.dirname, "../..");
const note = join(root, "node_modules/.cache/hpd-built");

export function noteBuilt(): void {
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, fingerprint(root));
}

export function isBuilt(): boolean {
  try {
    return readFileSync(note, "utf8") === fingerprint(root);
  } catch {
    return false;
  }
}
