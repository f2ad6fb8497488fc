/**
 * Names of files that are being written, beside their final path. A name holds the identity of the writing process, by
 * which leftovers of a killed one are recognized, and random letters, so that nobody can place something there
 * beforehand. Such files are to be opened exclusively (`wx`), which follows no link.
 */
import { createHash, randomUUID } from "node:crypto";
import { readlinkSync } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { isRunning, ownIdentity } from "./process-identity.ts";

/** Maximum bytes of a final name inside a temporary one: a file system takes 255 in all. */
const maxBaseBytes = 180;

/**
 * Milliseconds without a write after which a writer on another machine, whose processes can't be queried, counts as
 * gone.
 */
const maxSilenceMs = 24 * 60 * 60 * 1000;

const pattern = /^(.+)\.([0-9a-f]{4})-(\d{1,10})-(\d{1,16})-[0-9a-f]{8}\.([a-z]+)$/s;

/** @param suffix such as `partial` */
export function temporaryName(path: string, suffix: string): string {
  const { pid, start } = ownIdentity();
  return nameOf(path, `${pid}-${start}`, suffix);
}

/** The name of an unfinished file that nobody writes any more and that may be continued. */
export function abandonedName(path: string, suffix: string): string {
  return nameOf(path, "0-0", suffix);
}

function nameOf(path: string, writer: string, suffix: string): string {
  return join(dirname(path), `${baseOf(path)}.${host()}-${writer}-${randomUUID().slice(0, 8)}.${suffix}`);
}

/** Whether a temporary file's name is one for `path`. */
export function isFor(path: string, temporary: string): boolean {
  return pattern.exec(basename(temporary))?.[1] === baseOf(path);
}

/**
 * The temporary files in a folder whose writers are gone, by a kill or a power failure.
 *
 * @param longestSilenceMs of a writer on another machine, or in another container: longer than that, and it is gone
 */
export async function abandonedFiles(
  folder: string,
  suffix: string,
  longestSilenceMs = maxSilenceMs,
): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const abandoned = await Promise.all(names.map((name) => isAbandoned(folder, name, suffix, longestSilenceMs)));
  return names.filter((_, index) => abandoned[index]).map((name) => join(folder, name));
}

/** Removes the abandoned temporary files and folders of `path`. One that can't be removed stays. */
export async function removeAbandoned(path: string, suffix: string): Promise<void> {
  for (const file of await abandonedFiles(dirname(path), suffix)) {
    if (isFor(path, file)) await rm(file, { recursive: true, force: true }).catch(() => {});
  }
}

async function isAbandoned(folder: string, name: string, wanted: string, silence: number): Promise<boolean> {
  const [, , writer, pid, start, suffix] = pattern.exec(name) ?? [];
  if (suffix !== wanted) return false;
  if (pid === "0") return true;
  if (writer === host()) return !isRunning({ pid: Number(pid), start: Number(start) });
  const stats = await lstat(join(folder, name)).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > silence;
}

function baseOf(path: string): string {
  const base = basename(path);
  return Buffer.byteLength(base) <= maxBaseBytes ? base : createHash("sha256").update(base).digest("hex");
}

/** A short name for this machine, or on Linux this container: each counts its processes for itself. */
function host(): string {
  let processes = "";
  try {
    processes = readlinkSync("/proc/self/ns/pid");
  } catch {
    // Not Linux, or no /proc.
  }
  return createHash("sha256").update(hostname()).update(processes).digest("hex").slice(0, 4);
}
