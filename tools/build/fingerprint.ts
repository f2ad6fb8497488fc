/** A hash of all that `npm run build` reads and of what it wrote. */
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const read = ["src/**", "tools/build/**", "package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"];
const written = ["dist/**"];

/** @param root the folder of package.json */
export function fingerprint(root: string): string {
  const entries = globSync([...read, ...written], { cwd: root, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const hash = createHash("sha256");
  for (const path of paths.sort()) {
    const bytes = readFileSync(path);
    hash.update(`${path.slice(root.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}
