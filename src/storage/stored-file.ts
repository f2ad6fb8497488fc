/** A file that is read, wherever it is stored. */
import { HpdError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";

export interface StoredFile {
  /** The path or URL, for messages; without what may be a secret. */
  readonly location: string;
  /** Its path below the folder that was asked for, else its own name: the same on every machine. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Differs where the contents differ: an ETag, or a hash of the beginning and the end. */
  readonly version: string;
  /** @throws HpdError as `ByteReader.read` */
  open(signal?: AbortSignal): Promise<ByteReader>;
}

/** The error of a file that is no longer the one that was listed. */
export function changed(location: string): HpdError {
  return new HpdError(
    "invalid_argument",
    `${location} has changed since the work was begun: put the old file back, or begin anew with another output`,
  );
}
