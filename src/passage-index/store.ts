/**
 * What an index needs of the place where it is kept: passages by part, vector search, full-text search. All else
 * (chunking, hashing, what changed, fusion, whether the model fits) is written once, above this, for every store.
 * `test/passage-index/store-contract.ts` says in tests what is said here in words, and runs over each store.
 *
 * A file is divided into **parts** of some ten thousand characters. A part is what is replaced, and what a hash
 * stands for: one file of a million lines is then not embedded anew because its last line changed or a build was killed.
 */
import type { Embeddings } from "../tensor/embeddings.ts";
import type { BuildSettings, IndexDescription } from "./description.ts";
import type { Condition } from "./filter.ts";

export interface Passage {
  /** Unique in the index. */
  readonly id: string;
  /**
   * What the file is called in the index, with forward slashes: its path from the folder that the index lies in, where
   * it is below that, else its whole path.
   */
  readonly file: string;
  /** Lines of the file, counted from 1; the last one included. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly text: string;
  /** What JSON can hold. Filters see the strings, finite numbers and booleans right under it, and lists of them. */
  readonly metadata: Metadata;
}

export type Metadata = Readonly<Record<string, unknown>>;

/** What filters can ask of a field. */
export interface MetadataField {
  readonly name: string;
  /** The types of its values, and of the items of lists, sorted. */
  readonly types: readonly ("string" | "number" | "boolean")[];
}

/** Which part: `(file, number)` is unique in the index. */
export interface PartKey {
  readonly file: string;
  /** Counted from 0. */
  readonly part: number;
}

export interface StoredPart extends PartKey {
  /** Of all that its passages and embeddings were made from. The store keeps it and doesn't look inside. */
  readonly hash: string;
}

export interface NewPart extends StoredPart {
  /** At least one. */
  readonly passages: readonly Passage[];
  /** `[passages, dimension]`, the row of each passage. The store makes its own precision of them. */
  readonly embeddings: Embeddings;
}

export interface IndexUpdate {
  /** Each takes the place of the part with the same key, of all its passages, or is new. */
  readonly parts: readonly NewPart[];
  /** Disappear with all their passages. One that isn't there is passed over. None is also among `parts`. */
  readonly removed: readonly PartKey[];
}

export interface StoreQuery {
  /** At most so many hits: a positive integer; more than there are passages gives all of them. */
  readonly topK: number;
  /** All must hold, before the best are taken: there are fewer than `topK` hits only where no more passages match. */
  readonly conditions: readonly Condition[];
}

export interface StoreHit {
  readonly passage: Passage;
  /** Higher is better. */
  readonly score: number;
}

/**
 * An open index. Reading methods see the last update that was committed, also by another process; they may run at the
 * same time. Errors are HpdErrors: `corrupt_file` or `runtime` where the store fails, `disposed` after `dispose`.
 */
export interface IndexStore extends AsyncDisposable {
  /** As it was when the store was opened. */
  readonly description: IndexDescription;

  /** All parts, in any order. */
  parts(): Promise<StoredPart[]>;

  /** Passages there are. */
  count(): Promise<number>;

  /** The fields of all passages that a condition can hold for, sorted by their names. May read through all passages. */
  fields(): Promise<MetadataField[]>;

  /**
   * All of the update or, if this process is killed at any moment, nothing of it. Once it has returned, it stays. Only
   * of a store opened to write; one update at a time.
   *
   * @throws HpdError `invalid_argument` where the store was opened to read
   */
  update(update: IndexUpdate): Promise<void>;

  /** Writes down what later builds take where they are told nothing else. Only of a store opened to write. */
  keepSettings(settings: BuildSettings): Promise<void>;

  /**
   * Puts in order what updates have left behind and builds or completes the indexes that make both searches fast.
   * Searches find everything before and without it, only slower. Where all is in order, it takes no time to speak of.
   */
  optimize(): Promise<void>;

  /**
   * The passages nearest to a query, best first.
   *
   * @param query `[dimension]`, scaled as the description says
   * @returns scores as the description's similarity function gives them, up to the rounding of the stored precision:
   *   cosine, dot product, or the negative euclidean distance. Above a size that the store states, an approximate
   *   index may miss some of the nearest.
   */
  searchVector(query: Float32Array, options: StoreQuery): Promise<StoreHit[]>;

  /**
   * The passages whose text matches the words of a query, best first. Any word is enough; words are compared without
   * case and, where the store does so, by their English stem. A query without a word finds nothing. No character of it
   * is syntax.
   *
   * @returns scores of the store's own ranking: only their order means something, and only within one search
   */
  searchText(query: string, options: StoreQuery): Promise<StoreHit[]>;

  /** Lets other writers in. An update under way is finished or undone first. */
  dispose(): Promise<void>;
}

/** Where an index is or will be: a folder, a database. Nothing is opened before it is asked for. */
export interface IndexLocation {
  /** For messages, without secrets. */
  readonly name: string;

  /** The whole path of the folder that it lies in; undefined where it lies in none. Paths in it begin there. */
  base(): Promise<string | undefined>;

  /**
   * @param access `write` keeps other writers out until `dispose`; any number may read meanwhile
   * @returns undefined where there is no index, and nothing else either
   * @throws HpdError `invalid_argument` where another process writes, or where something is there that is no index;
   *   `unsupported` for a newer format; `corrupt_file`; `not_found` where the store's library isn't installed, with the
   *   command that installs it; `network`
   */
  open(access: "read" | "write"): Promise<IndexStore | undefined>;

  /**
   * Makes an empty index, opened to write. Killed in the middle, it has made nothing that `open` takes for an index.
   *
   * @throws HpdError as `open`; `invalid_argument` where there is an index already
   */
  create(description: IndexDescription): Promise<IndexStore>;
}
