/**
 * A file that is written under a temporary name and renamed when it is complete: an existing file stays until then. Links
 * are followed; anything but a regular file, such as a pipe or /dev/null, is written to directly. The leftovers of a killed
 * run are removed by the next one with the same output.
 */
import { rmSync } from "node:fs";
import { type FileHandle, link, open, readlink, rename, rm, stat } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { syncFile } from "./sync-file.ts";
import { removeAbandoned, temporaryName } from "./temporary-name.ts";

/** Size in bytes up to which small writes are buffered. */
const bufferSize = 1024 * 1024;

const suffix = "partial";

interface Names {
  readonly partial: string;
  readonly whole: string;
}

export class PartialFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** Undefined if the target is written to directly. */
  readonly #names: Names | undefined;
  #pending: Uint8Array[] = [];
  #pendingSize = 0;
  /** Cleans up if a second Ctrl-C or a closed standard output ends the process immediately. */
  readonly #removeAtExit = () => {
    if (this.#names !== undefined) rmSync(this.#names.partial, { force: true });
  };

  private constructor(path: string, handle: FileHandle, names?: Names) {
    this.#path = path;
    this.#handle = handle;
    this.#names = names;
    process.once("exit", this.#removeAtExit);
  }

  /**
   * Opens a file for writing.
   *
   * @param isSeekable whether `overwriteStart` will be called, which a pipe doesn't support
   * @throws HpdError `invalid_argument` if the file can't be created
   */
  static create(path: string, { isSeekable = false } = {}): Promise<PartialFile> {
    return writing(path, PartialFile.#open(path, isSeekable));
  }

  static async #open(path: string, isSeekable: boolean): Promise<PartialFile> {
    const present = await stat(path).catch(undefinedIfMissing);
    if (present?.isDirectory()) throw new Error("it is a folder");
    if (present === undefined || present.isFile()) {
      const whole = await linkedFrom(path);
      await removeAbandoned(whole, suffix);
      const partial = temporaryName(whole, suffix);
      const handle = await open(partial, "wx");
      // The new file keeps the permissions of the old one.
      if (present !== undefined) await handle.chmod(present.mode & 0o777).catch(() => {});
      return new PartialFile(path, handle, { partial, whole });
    }
    if (isSeekable) throw new Error("it is not a regular file, as this format needs, whose header is written last");
    return new PartialFile(path, await open(path, "w"));
  }

  /** Appends bytes, which must not change afterwards. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingSize += bytes.length;
    if (this.#pendingSize >= bufferSize) await this.#flush();
  }

  /** Overwrites the first bytes. */
  async overwriteStart(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    await writing(this.#path, this.#handle.write(bytes, 0, bytes.length, 0));
  }

  async finish(): Promise<void> {
    await this.#close();
    if (this.#names !== undefined) await writing(this.#path, rename(this.#names.partial, this.#names.whole));
    process.off("exit", this.#removeAtExit);
  }

  /**
   * Finishes it unless there is a file of that name by now, which stays: of several writers the first one has it.
   *
   * @returns whether it was this one
   */
  async finishFirst(): Promise<boolean> {
    await this.#close();
    const isFirst =
      this.#names === undefined || (await writing(this.#path, linkFirst(this.#names.partial, this.#names.whole)));
    process.off("exit", this.#removeAtExit);
    return isFirst;
  }

  async abort(): Promise<void> {
    await this.#handle.close();
    if (this.#names !== undefined) await rm(this.#names.partial, { force: true });
    process.off("exit", this.#removeAtExit);
  }

  async #close(): Promise<void> {
    await this.#flush();
    // A pipe can't be synced.
    if (this.#names !== undefined) await writing(this.#path, syncFile(this.#handle));
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    const [first] = this.#pending;
    const bytes = this.#pending.length === 1 ? first! : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingSize = 0;
    // appendFile continues after a partial write.
    if (bytes.length > 0) await writing(this.#path, this.#handle.appendFile(bytes));
  }
}

/** Gives a file its name by a link, which fails where there is one. */
async function linkFirst(partial: string, whole: string): Promise<boolean> {
  try {
    await link(partial, whole);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isThere = code === "EEXIST" || (await stat(whole).catch(undefinedIfMissing)) !== undefined;
    // Some file systems have no links: there two who finish in the same moment may both take it for theirs.
    if (!isThere && !withoutLinks.includes(code ?? "")) throw error;
    if (!isThere) {
      await rename(partial, whole);
      return true;
    }
    await rm(partial, { force: true });
    return false;
  }
  await rm(partial, { force: true });
  return true;
}

const withoutLinks: readonly string[] = ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "EXDEV"];

async function writing<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** The target of a chain of links, whether or not it exists. */
async function linkedFrom(path: string): Promise<string> {
  const target = await readlink(path).catch(() => undefined);
  if (target === undefined) return path;
  return linkedFrom(isAbsolute(target) ? target : `${dirname(path)}/${target}`);
}
