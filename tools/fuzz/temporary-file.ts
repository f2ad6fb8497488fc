/** One file in a folder of the process's own, written anew for each input and gone with the process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string | undefined;

export function temporaryFile(name: string, content: string | Uint8Array): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "hpd-fuzz-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
