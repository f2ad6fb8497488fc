/** The place of an index in LanceDB, a folder or an object store: what differs between them. */
import type { IndexDescription } from "../description.ts";
import type { LanceDB } from "./load-lancedb.ts";

export interface LanceHome {
  /** Name for messages. */
  readonly name: string;
  /** Writes the description atomically. */
  keepDescription(description: IndexDescription): Promise<void>;
  /**
   * Checks that the index is the one that was opened. Undefined where the check costs too much.
   *
   * @throws HpdError as `requireSameIndex`
   */
  requireThere?(description: IndexDescription): Promise<void>;
  /**
   * Opens the table again if other files lie at its path by now, of an index that took the place of the one that was opened:
   * LanceDB goes on with what it has in memory of a version of the same number. Undefined in a store that writes, whose lock
   * keeps the place, and where it can't be told.
   */
  renewed?(): Promise<LanceDB.Table | undefined>;
  /** The lock of a store that is opened to write; undefined for one that reads. */
  readonly lock: WriterLock | undefined;
  /** Milliseconds for which versions are kept, since others may read them. */
  readonly keptMilliseconds: number;
}

export interface WriterLock extends AsyncDisposable {
  /** @throws HpdError `invalid_argument` if it was lost to another writer, after a long pause of this process */
  requireHeld(): void;
}
