/** A folder for results on the disk: files are written under other names, and renamed when they are whole. */
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
import { makeFolder } from "../files/make-folder.ts";
import { PartialFile } from "../files/partial-file.ts";
import { removeHalfWritten } from "../files/replace-file.ts";
import { openPath } from "./disk-files.ts";
import type { OutputFolder } from "./output-folder.ts";

export function diskFolder(path: string): OutputFolder {
  const folder = resolve(path);
  return {
    name: path.replace(/(?<=.)[/\\]+$/, ""),
    async list() {
      const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return [];
        throw new HpdError("invalid_argument", `${path} should be a folder for results: ${cause.message}`, { cause });
      });
      const sizes = new Map<string, number>();
      for (const entry of entries) {
        if (!entry.isFile() || entry.name.endsWith(".partial")) continue;
        const stats = await stat(join(folder, entry.name)).catch(() => undefined);
        if (stats !== undefined) sizes.set(entry.name, stats.size);
      }
      return sizes;
    },
    open: (file) => openPath(join(folder, file)),
    async create(file) {
      await makeFolder(folder).catch((cause: unknown) => {
        throw cannotWrite(path, cause);
      });
      return PartialFile.create(join(folder, file), { isSeekable: true });
    },
    sweep: () => removeHalfWritten(folder),
  };
}
