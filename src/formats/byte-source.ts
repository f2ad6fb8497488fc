/**
 * Random access to the bytes of a file, local or remote: the only input of the readers in this folder, so that reading
 * one tensor does not read the file.
 */
export interface ByteSource {
  /** The path or URL, for error messages. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`.
   *
   * @param into memory of that length, into which they are read where the source can: then it is the result
   * @throws HpdError `corrupt_file` where the range is not inside the file.
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
  /** Frees what the source holds (a file handle). Reading afterwards is an error. */
  close(): Promise<void>;
}
