/** A folder for results, on the disk or in an object store, whose files appear whole or not at all. */
import type { ByteReader } from "./byte-reader.ts";

export interface OutputFolder {
  /** The path or URL, without a slash at the end. */
  readonly name: string;
  /** The sizes of the files right in it, by their names; half-written ones are none. */
  list(signal?: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** @throws HpdError `not_found` and as `ByteReader.read` */
  open(file: string, signal?: AbortSignal): Promise<ByteReader>;
  /** Begins a file. @throws HpdError `invalid_argument` where the disk refuses, `unauthorized`, `network` */
  create(file: string, signal?: AbortSignal): Promise<NewFile>;
  /** Removes what killed processes have left of files that were not finished. */
  sweep(signal?: AbortSignal): Promise<void>;
}

/** A file that is written from one end to the other and then gets its name. */
export interface NewFile {
  /** Appends bytes, which must not change afterwards. */
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites the first bytes, a few hundred at most. */
  overwriteStart(bytes: Uint8Array): Promise<void>;
  /**
   * Gives the file its name, in one act, unless there is one of that name by now, which stays.
   *
   * @returns whether it was this one
   */
  finishFirst(): Promise<boolean>;
  /** Removes it. */
  abort(): Promise<void>;
}
