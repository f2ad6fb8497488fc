/**
 * One process at a time in a folder. Each that comes makes a file whose name says who it is, and only then looks for
 * others: of two at once neither can miss the other. A file counts no longer than its process lives, however that ends.
 * Limits: processes are those of this machine; and where the number of one that was killed went to another program, it
 * takes a person to see that, whom the error tells what to delete.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HpdError } from "./errors.ts";

/** The number of a process and when it started: in a container the number is often that of the process before. */
const fileName = /^run-(\d+)-(\d+)\.lock$/;
const ownName = `run-${process.pid}-${Math.round(performance.timeOrigin)}.lock`;

/**
 * Makes the folder where there is none, and removes what processes that no longer live have left.
 *
 * @returns disposed of, it lets others in
 * @throws HpdError `invalid_argument` where another run is in the folder, or it can't be written
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  await requireUnlocked(folder);
  const path = join(folder, ownName);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, "", { flag: "wx" });
  } catch (cause) {
    // Another run of this very process was quicker.
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") await requireUnlocked(folder);
    throw new HpdError("invalid_argument", `${folder} can't be written: ${(cause as Error).message}`, { cause });
  }
  try {
    const others = (await locksIn(folder)).filter((name) => name !== ownName);
    requireNoneAlive(folder, others);
    for (const name of others) await rm(join(folder, name), { force: true });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** Changes nothing. @throws HpdError `invalid_argument` where a run, one of this process too, is in the folder */
export async function requireUnlocked(folder: string): Promise<void> {
  requireNoneAlive(folder, await locksIn(folder));
}

async function locksIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => fileName.test(name));
}

function requireNoneAlive(folder: string, locks: readonly string[]): void {
  const name = locks.find(isAlive);
  if (name === undefined) return;
  const pid = fileName.exec(name)![1];
  throw new HpdError(
    "invalid_argument",
    `process ${pid} is at work in ${folder}: wait until it is done, stop it, or name another folder. ` +
      `If that process is no run of hpd, delete ${join(folder, name)}.`,
  );
}

function isAlive(name: string): boolean {
  const pid = Number(fileName.exec(name)![1]);
  if (pid === process.pid) return name === ownName;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
