/**
 * The interface of stores: passages by part, vector search, full-text search. All else (chunking, hashing, detection of
 * changes, fusion, the check of the model) is written once, above this, for all stores.
 * `test/passage-index/store-contract.ts` tests what is specified here, for each store.
 *
 * A file is divided into **parts** of some ten thousand characters, which are hashed and replaced as a whole. So a file
 * of a million lines isn't embedded again because its last line has changed or a build was killed.
 */
import type { Embeddings } from "../tensor/embeddings.ts";
import type { BuildSettings, IndexDescription } from "./description.ts";
import type { Condition } from "./filter.ts";

export interface Passage {
  /** Unique in the index. */
  readonly id: string;
  /**
   * The name of the file in the index, with forward slashes: its path from the folder that contains the index, if it is
   * below that, else its absolute path.
   */
  readonly file: string;
  /** Lines of the file, counted from 1; the last one included. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly text: string;
  /** A JSON object. Filters compare strings, finite numbers and booleans at its top level, and lists of them. */
  readonly metadata: Metadata;
}

export interface EmbeddedPassage {
  readonly passage: Passage;
  /** `[dimension]` */
  readonly embedding: Float32Array;
}

export type Metadata = Readonly<Record<string, unknown>>;

/** A field of metadata that filters can compare. */
export interface MetadataField {
  readonly name: string;
  /** Types of its values, and of the items of lists, sorted. */
  readonly types: readonly ("string" | "number" | "boolean")[];
}

/** The key of a part, unique in the index. */
export interface PartKey {
  readonly file: string;
  /** Number of the part in its file, counted from 0. */
  readonly part: number;
}

export interface StoredPart extends PartKey {
  /** Hash of everything that its passages and embeddings depend on; opaque to the store. */
  readonly hash: string;
}

export interface NewPart extends StoredPart {
  /** The passages, at least one. */
  readonly passages: readonly Passage[];
  /** `[passages, dimension]`, which the store converts to its precision. */
  readonly embeddings: Embeddings;
}

export interface IndexUpdate {
  /** Parts to add. Each replaces the part with the same key, with all its passages, if there is one. */
  readonly parts: readonly NewPart[];
  /** Parts to remove with all their passages; unknown ones are ignored. None is also among `parts`. */
  readonly removed: readonly PartKey[];
}

export interface StoreQuery {
  /** Maximum number of hits, a positive integer. */
  readonly topK: number;
  /** Conditions that hits must satisfy. There are fewer than `topK` hits only if no more passages satisfy them. */
  readonly conditions: readonly Condition[];
}

export interface StoreHit {
  readonly passage: Passage;
  /** Higher is better. */
  readonly score: number;
}

/**
 * An open index. Reading methods see the last update that was committed, also by another process; they may run at the
 * same time. Errors are HpdErrors: `corrupt_file` or `runtime` if the store fails, `disposed` after `dispose`.
 */
export interface IndexStore extends AsyncDisposable {
  /** The description as it was when the store was opened. */
  readonly description: IndexDescription;

  /** All parts, or those of some files, in any order. */
  parts(files?: readonly string[]): Promise<StoredPart[]>;

  /** Names of the files of which some passage satisfies all conditions, sorted. */
  filesWith(conditions: readonly Condition[]): Promise<string[]>;

  /** A text that is another one after every update: two reads between which it stayed the same saw the same passages. */
  version(): Promise<string>;

  /** Number of passages. */
  count(): Promise<number>;

  /** The fields of all passages that filters can compare, sorted by name. May scan all passages. */
  fields(): Promise<MetadataField[]>;

  /**
   * Applies an update atomically, even if this process is killed; once it has returned, it is durable. Only for a store
   * opened to write.
   *
   * @throws HpdError `invalid_argument` if the store was opened to read
   */
  update(update: IndexUpdate): Promise<void>;

  /** Stores the settings that are the defaults of later builds. Only for a store opened to write. */
  keepSettings(settings: BuildSettings): Promise<void>;

  /**
   * Cleans up after updates and builds or completes the indexes of both searches. Searches find everything without it,
   * only more slowly. Fast if there is nothing to do.
   */
  optimize(): Promise<void>;

  /** Whether there is so much to do for `optimize` that it pays after an update. */
  isOptimizable(): Promise<boolean>;

  /**
   * The stored embeddings of passages by id, up to the stored precision, `[dimension]` each. Of `int8` and `binary` they
   * have length 1. Unknown ids are left out.
   */
  embeddings(ids: readonly string[]): Promise<Map<string, Float32Array>>;

  /**
   * All passages with their embeddings as `embeddings` gives them, in pieces of some hundred, each once and of one
   * version of the index.
   *
   * @param take called with one piece after the other, which it may keep; scanning waits for it
   * @throws what `take` throws
   */
  scan(take: (passages: readonly EmbeddedPassage[]) => Promise<void>): Promise<void>;

  /**
   * The passages nearest to a query, best first.
   *
   * @param query `[dimension]`, of length 1 if the description says so
   * @returns scores by the description's similarity function, up to the stored precision: cosine, dot product, or the
   *   negative euclidean distance. Above a size that the store states, an approximate index may miss some hits.
   */
  searchVector(query: Float32Array, options: StoreQuery): Promise<StoreHit[]>;

  /**
   * The passages that have any word of a query, best first. Words are compared without case and, if the store does so,
   * by their English stem. A query without a word finds nothing. No character of it is syntax.
   *
   * @returns scores of the store's own ranking: only their order within one search is meaningful
   */
  searchText(query: string, options: StoreQuery): Promise<StoreHit[]>;

  /** Releases the store for other writers, after a pending update is finished or undone. */
  dispose(): Promise<void>;
}

/** The location of an index, a folder or a database, which need not exist yet. */
export interface IndexLocation {
  /** Name for messages, without secrets. */
  readonly name: string;

  /** Absolute path of the folder that contains the index, from which names of files start; undefined for a database. */
  base(): Promise<string | undefined>;

  /**
   * Opens the index.
   *
   * @param access `write` excludes other writers until `dispose`; any number of processes may read meanwhile
   * @returns undefined if there is nothing
   * @throws HpdError `invalid_argument` if another process writes, or if there is something other than an index;
   *   `unsupported` for a newer format; `corrupt_file`; `not_found` if the store's library isn't installed, with the
   *   command that installs it; `network`
   */
  open(access: "read" | "write"): Promise<IndexStore | undefined>;

  /**
   * Creates an empty index, opened to write. If it is killed, `open` finds no index.
   *
   * @throws HpdError as `open`; `invalid_argument` if there is an index already
   */
  create(description: IndexDescription): Promise<IndexStore>;
}
