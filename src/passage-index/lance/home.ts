/** The place of an index in LanceDB, a folder or an object store: what differs between them. */
import type { IndexDescription } from "../description.ts";

export interface LanceHome {
  /** Name for messages. */
  readonly name: string;
  /** Writes the description atomically. */
  keepDescription(description: IndexDescription): Promise<void>;
  /** The lock of a store that is opened to write; undefined for one that reads. */
  readonly lock: WriterLock | undefined;
  /** Milliseconds for which versions are kept, since others may read them. */
  readonly keptMilliseconds: number;
}

export interface WriterLock extends AsyncDisposable {
  /** @throws HpdError `invalid_argument` if it was lost to another writer, after a long pause of this process */
  requireHeld(): void;
}
