/**
 * A file for data that doesn't fit in memory: appended to, read at random. It is unlinked once it is open, so that its
 * space is free again when it is closed or when the process ends, however it ends. The empty file of a process that was
 * killed between the two is removed by the next one.
 */
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileReason } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
import { makeFolder } from "./make-folder.ts";
import { type ReadRecord, readRecords } from "./read-records.ts";
import { removeAbandoned, temporaryName } from "./temporary-name.ts";
import { writeFully } from "./write-fully.ts";

/** Small writes are gathered into larger ones. */
const bufferSize = 1024 * 1024;

export class ScratchFile {
  readonly #handle: FileHandle;
  /** The folder of the file, for messages. */
  readonly #folder: string;
  readonly #buffer = Buffer.allocUnsafe(bufferSize);
  #buffered = 0;
  #written = 0;

  private constructor(handle: FileHandle, folder: string) {
    this.#handle = handle;
    this.#folder = folder;
  }

  /** @throws HpdError `invalid_argument` where the folder or the file can't be made. */
  static async create(folder: string): Promise<ScratchFile> {
    const name = join(folder, "data");
    const path = temporaryName(name, "scratch");
    try {
      await makeFolder(folder);
      await removeAbandoned(name, "scratch");
      const handle = await open(path, "wx+");
      await rm(path);
      return new ScratchFile(handle, folder);
    } catch (cause) {
      throw new HpdError("invalid_argument", `${folder} can't be written to: ${fileReason(cause)}`, { cause });
    }
  }

  /** Size in bytes so far. */
  get size(): number {
    return this.#written + this.#buffered;
  }

  /** @throws HpdError `invalid_argument` where the disk is full. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#buffered + bytes.length > bufferSize) await this.flush();
    if (bytes.length > bufferSize) {
      await this.#write(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
  }

  /** Writes the buffer, so that all that was appended can be read. */
  async flush(): Promise<void> {
    await this.#write(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  /** Reads records as `readRecords` does. */
  async read(offsets: ArrayLike<number>, lengthOf: (index: number) => number, onRecord: ReadRecord): Promise<void> {
    await readRecords(this.#handle, `a file in ${this.#folder}`, { offsets, lengthOf, onRecord });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await writeFully(this.#handle, bytes, this.#written, this.#folder);
    this.#written += bytes.length;
  }
}
