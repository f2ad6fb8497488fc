/** The description of an index: the model of its embeddings, their precision, and the settings of its builds. */
import { describe, isObject, type JsonObject, parseJsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";

/** Version of the format: raised when older versions of this library can't read it, or it can't read theirs. */
export const formatVersion = 1;

/** Precisions of stored embeddings. `int8` and `binary` take a quarter and a thirty-second of `float32`. */
export const indexPrecisions = ["float32", "int8", "binary"] as const;

export type IndexPrecision = (typeof indexPrecisions)[number];

export interface IndexDescription {
  readonly formatVersion: number;
  readonly model: {
    /** The folder or hub id from which the model is loaded for searches. */
    readonly name: string;
    /** Hash of its files and of the options that change embeddings, by which another model is refused. */
    readonly fingerprint: string;
    /** Options of loading that change embeddings. */
    readonly options: ModelOptions;
  };
  /** Dimension of embeddings. */
  readonly dimension: number;
  /** Whether embeddings and queries are scaled to length 1; always for cosine. */
  readonly isNormalized: boolean;
  /** The model's similarity function, except manhattan, which LanceDB doesn't have. */
  readonly similarity: IndexSimilarity;
  readonly precision: IndexPrecision;
  /** Settings of the last build, the only part that changes after the creation. */
  readonly settings: BuildSettings;
}

/** Settings by which files were divided into passages: the defaults of the next build. */
export interface BuildSettings {
  /** Whether every line of a plain text is a passage. */
  readonly lines: boolean;
  /** The text field of JSONL, CSV and TSV. */
  readonly field: string;
  /** Maximum tokens per passage. */
  readonly chunkTokens: number;
  /** Maximum tokens of whole sentences that two adjacent passages share. */
  readonly overlapTokens: number;
}

export interface ModelOptions {
  readonly dtype?: "fp32" | "int8" | undefined;
  readonly pooling?: string | undefined;
  readonly truncateDim?: number | undefined;
  readonly revision?: string | undefined;
}

export type IndexSimilarity = Exclude<SimilarityFunction, "manhattan">;

/**
 * Parses a description. Only known fields are taken over, each with its type: an index may come from a stranger, and
 * its model's options are passed on to loading.
 *
 * @param text JSON of a description
 * @param name of the index, for messages
 * @throws HpdError `unsupported` for a newer format, `corrupt_file` if it isn't a description
 */
export function parseDescription(text: string, name: string): IndexDescription {
  const value = parseJsonObject(text, name);
  const version = value.formatVersion;
  if (typeof version === "number" && version > formatVersion) {
    throw new HpdError(
      "unsupported",
      `${name} is an index of format ${version}, made by a newer hpd; this one reads format ${formatVersion}: update hpd`,
    );
  }
  const fields = new Fields(name, "", value);
  const model = fields.object("model");
  const options = model.object("options");
  const settings = fields.object("settings");
  return {
    formatVersion: fields.oneOf("formatVersion", [formatVersion]),
    model: {
      name: model.string("name"),
      fingerprint: model.string("fingerprint"),
      options: {
        ...options.optional("dtype", (key) => options.oneOf(key, ["fp32", "int8"] as const)),
        ...options.optional("pooling", (key) => options.string(key)),
        ...options.optional("truncateDim", (key) => options.integer(key, 1)),
        ...options.optional("revision", (key) => options.string(key)),
      },
    },
    dimension: fields.integer("dimension", 1),
    isNormalized: fields.boolean("isNormalized"),
    similarity: fields.oneOf("similarity", ["cosine", "dot", "euclidean"] as const),
    precision: fields.oneOf("precision", indexPrecisions),
    settings: {
      lines: settings.boolean("lines"),
      field: settings.string("field"),
      chunkTokens: settings.integer("chunkTokens", 1),
      overlapTokens: settings.integer("overlapTokens", 0),
    },
  };
}

/**
 * Checks that the index at a place is the one that was opened: somebody may have deleted it and made one of another model or
 * precision there, in which vectors of the one before would find anything.
 *
 * @param found the description that is there now, if any
 * @throws HpdError `not_found`
 */
export function requireSameIndex(name: string, opened: IndexDescription, found: IndexDescription | undefined): void {
  if (found?.model.fingerprint === opened.model.fingerprint && found.precision === opened.precision) return;
  const now = found === undefined ? "none is" : `one of ${found.model.name} in ${found.precision} is`;
  throw new HpdError(
    "not_found",
    `${name}: the index was deleted since it was opened, ${now} there now: open it again`,
  );
}

/** The fields of a JSON object, read by name and type. */
class Fields {
  readonly #index: string;
  /** Prefix of the object in messages: `model.` */
  readonly #path: string;
  readonly #value: JsonObject;

  constructor(index: string, path: string, value: JsonObject) {
    this.#index = index;
    this.#path = path;
    this.#value = value;
  }

  object(key: string): Fields {
    const value = this.#get(key);
    if (!isObject(value)) throw this.#refusal(key, "an object");
    return new Fields(this.#index, `${this.#path}${key}.`, value);
  }

  string(key: string): string {
    const value = this.#get(key);
    if (typeof value !== "string") throw this.#refusal(key, "a text");
    return value;
  }

  boolean(key: string): boolean {
    const value = this.#get(key);
    if (typeof value !== "boolean") throw this.#refusal(key, "true or false");
    return value;
  }

  integer(key: string, least: number): number {
    const value = this.#get(key);
    if (!Number.isSafeInteger(value) || (value as number) < least) {
      throw this.#refusal(key, `an integer of at least ${least}`);
    }
    return value as number;
  }

  oneOf<T>(key: string, choices: readonly T[]): T {
    const choice = choices.find((known) => known === this.#get(key));
    if (choice === undefined) throw this.#refusal(key, `one of ${choices.join(", ")}`);
    return choice;
  }

  /** An object with the field, or an empty one. */
  optional<K extends string, T>(key: K, read: (key: K) => T): { [key in K]?: T } {
    return this.#get(key) === undefined ? {} : ({ [key]: read(key) } as { [key in K]: T });
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.#value, key) ? this.#value[key] : undefined;
  }

  #refusal(key: string, expected: string): HpdError {
    const found = describe(this.#get(key));
    return new HpdError(
      "corrupt_file",
      `${this.#index}: invalid description: ${this.#path}${key} should be ${expected}, got ${found}`,
    );
  }
}
