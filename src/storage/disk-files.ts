/** Files of this machine. */
import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { cannotRead } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { changed, type StoredFile } from "./stored-file.ts";

const blockSize = 1024 * 1024;

/** Bytes at each end of a file by which it is known again. */
const probeBytes = 64 * 1024;

/**
 * The paths of the files below a folder, with forward slashes, in the order of their characters: the same on every
 * machine. Links are followed. Hidden files, and those of other programs that begin with `_`, are no part of it.
 *
 * @throws HpdError `not_found`, also for a link to a folder that it lies in
 */
export async function listFolder(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (below: string, around: readonly string[]): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch((cause: unknown) => {
      throw cannotRead(join(folder, below), cause);
    });
    for (const entry of entries) {
      if (/^[._]/.test(entry.name)) continue;
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await kindBehind(join(folder, path)) : entry;
      // A link to nothing is one to a file that is missed when it is read.
      if (kind === undefined || kind.isFile()) found.push(path);
      if (kind?.isDirectory()) await visit(path, await withOwn(path, around));
    }
  };
  /** The real paths of the folders around a folder, and its own. */
  const withOwn = async (path: string, around: readonly string[]): Promise<string[]> => {
    const own = await realpath(join(folder, path));
    if (around.includes(own)) throw cannotRead(join(folder, path), { code: "ELOOP" });
    return [...around, own];
  };
  await visit("", await withOwn("", []));
  return found.sort((a, b) => (a < b ? -1 : 1));
}

function kindBehind(link: string): Promise<Stats | undefined> {
  return stat(link).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cannotRead(link, cause);
  });
}

/**
 * A file with a hash of its beginning and its end: times differ between copies of the same file on several machines.
 *
 * @throws HpdError `not_found`
 */
export async function diskFile(path: string, name: string = basename(path)): Promise<StoredFile> {
  const reader = await openPath(path);
  try {
    const { size } = reader;
    const hash = createHash("sha256");
    hash.update(await reader.read(0, Math.min(probeBytes, size)));
    if (size > probeBytes) hash.update(await reader.read(Math.max(probeBytes, size - probeBytes), size));
    const { mtimeMs } = await stat(path);
    return {
      location: path,
      name,
      size,
      version: hash.digest("hex").slice(0, 16),
      async open() {
        const opened = await openPath(path);
        // Somebody who writes to it while the work goes on.
        if (opened.size === size && (await stat(path)).mtimeMs === mtimeMs) return opened;
        await opened.close();
        throw changed(path);
      },
    };
  } finally {
    await reader.close();
  }
}

/** @throws HpdError `not_found` */
export async function openPath(path: string): Promise<ByteReader> {
  // Opening a named pipe waits for a writer.
  const stats = await stat(path).catch((cause: unknown) => {
    throw cannotRead(path, cause);
  });
  if (!stats.isFile()) throw cannotRead(path, new Error(stats.isDirectory() ? "it is a folder" : "it is no file"));
  const handle = await open(path).catch((cause: unknown) => {
    throw cannotRead(path, cause);
  });
  return {
    name: path,
    size: stats.size,
    blockSize,
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at).catch((cause: unknown) => {
          throw new HpdError("runtime", `${path} can't be read: ${(cause as Error).message}`, { cause });
        });
        if (bytesRead === 0) throw changed(path);
        at += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}
