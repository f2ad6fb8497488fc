/**
 * A lock on a folder, held by one process at a time. A process first makes a file whose name identifies it, and only
 * then looks for others: of two at once neither can miss the other. The file of a process that has ended does not
 * count; process-identity.ts has the limits of that.
 */
import { readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { InUseError } from "./in-use-error.ts";
import { makeFolder } from "./make-folder.ts";
import { isRunning, ownIdentity } from "./process-identity.ts";

const fileName = /^run-(\d{1,10})-(\d{1,16})\.lock$/;

/** Whether a file is one of a lock, in force or left behind. */
export function isLockFile(name: string): boolean {
  return fileName.test(name);
}

/**
 * Makes the folder where there is none, and removes what processes that no longer run have left.
 *
 * @returns disposed of, it lets others in, and removes a folder that it made and that is still empty
 * @throws HpdError `invalid_argument` where another run is in the folder, or it can't be written
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  await requireUnlocked(folder);
  const { pid, start } = ownIdentity();
  const ownName = `run-${pid}-${start}.lock`;
  const path = join(folder, ownName);
  let isMade = false;
  try {
    isMade = (await makeFolder(folder)) !== undefined;
    await writeFile(path, "", { flag: "wx" });
  } catch (cause) {
    // Another run of this very process was quicker.
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") await requireUnlocked(folder);
    throw cannotWrite(folder, cause);
  }
  try {
    const others = (await locksIn(folder)).filter((name) => name !== ownName);
    requireNoneRunning(folder, others);
    for (const name of others) await rm(join(folder, name), { force: true });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await rm(path, { force: true });
      // Stays where there is anything in it.
      if (isMade) await rmdir(folder).catch(() => {});
    },
  };
}

/** Changes nothing. @throws HpdError `invalid_argument` where a run, one of this process too, is in the folder */
export async function requireUnlocked(folder: string): Promise<void> {
  requireNoneRunning(folder, await locksIn(folder));
}

async function locksIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter(isLockFile);
}

function requireNoneRunning(folder: string, locks: readonly string[]): void {
  for (const name of locks) {
    const [, pid, start] = fileName.exec(name)!;
    if (!isRunning({ pid: Number(pid), start: Number(start) })) continue;
    throw new InUseError(
      `${folder} is in use by process ${pid}: wait until it is done, stop it, or choose another folder. ` +
        `If that is no process of hpd, delete ${join(folder, name)}`,
    );
  }
}
