/** A file that is written under another name and takes its own when it is whole: what stood there stays until then. */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { HpdError } from "../../errors.ts";

/** Small writes are gathered into larger ones. */
const bufferSize = 1024 * 1024;

export class PartialFile {
  readonly #path: string;
  readonly #partialPath: string;
  readonly #handle: FileHandle;
  #pending: Uint8Array[] = [];
  #pendingSize = 0;

  private constructor(path: string, partialPath: string, handle: FileHandle) {
    this.#path = path;
    this.#partialPath = partialPath;
    this.#handle = handle;
  }

  /** @throws HpdError `invalid_argument` where the file can't be made. */
  static async create(path: string): Promise<PartialFile> {
    const partialPath = `${path}.${process.pid}.partial`;
    try {
      return new PartialFile(path, partialPath, await open(partialPath, "w"));
    } catch (cause) {
      throw new HpdError("invalid_argument", `${path} can't be written: ${(cause as Error).message}`, { cause });
    }
  }

  /** The bytes must not change afterwards. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingSize += bytes.length;
    if (this.#pendingSize >= bufferSize) await this.#flush();
  }

  /** Overwrites what was appended at the start. */
  async overwriteStart(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    await this.#writing(this.#handle.write(bytes, 0, bytes.length, 0));
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#writing(this.#handle.sync());
    await this.#handle.close();
    await this.#writing(rename(this.#partialPath, this.#path));
  }

  async abort(): Promise<void> {
    await this.#handle.close();
    await rm(this.#partialPath, { force: true });
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingSize = 0;
    // appendFile writes on where a write was cut short.
    if (bytes.length > 0) await this.#writing(this.#handle.appendFile(bytes));
  }

  async #writing(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      throw new HpdError("invalid_argument", `${this.#path} can't be written: ${(cause as Error).message}`, { cause });
    }
  }
}
