/** What an index says of itself: which model its embeddings are from, how they are kept, and how it is built. */
import { describe, isObject, type JsonObject, parseJsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";

/** Goes up when what older versions of this library wrote or read is no longer understood. */
export const formatVersion = 1;

/** Of the embeddings in the store. `int8` and `binary` take a quarter and a thirty-second of `float32`. */
export const indexPrecisions = ["float32", "int8", "binary"] as const;

export type IndexPrecision = (typeof indexPrecisions)[number];

export interface IndexDescription {
  readonly formatVersion: number;
  readonly model: {
    /** The folder or hub id that it was loaded from: a search loads it from there again. */
    readonly name: string;
    /** Of its files and of the options that change what it gives: another model's query is refused by it. */
    readonly fingerprint: string;
    /** With which it was loaded, those that change what it gives. */
    readonly options: ModelOptions;
  };
  /** Of an embedding. */
  readonly dimension: number;
  /** Whether embeddings, and those of queries, were scaled to length 1. Always so where the similarity is cosine. */
  readonly isNormalized: boolean;
  /** The model's own. Manhattan distance is refused: LanceDB doesn't have it. */
  readonly similarity: IndexSimilarity;
  readonly precision: IndexPrecision;
  /** The only thing that changes after the creation. */
  readonly settings: BuildSettings;
}

/** With which files were made into passages: the next build does the same, where it is told nothing else. */
export interface BuildSettings {
  /** Every line of a plain text is a passage. */
  readonly lines: boolean;
  /** Of JSONL, CSV and TSV, the one that is the text. */
  readonly field: string;
  /** That a passage may have. */
  readonly chunkTokens: number;
  /** Of whole sentences that two passages have in common. */
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
 * Only what a description has is taken over, each of its kind: an index may come from elsewhere, and what it says of its
 * model goes on to whatever loads that.
 *
 * @param text the JSON that `JSON.stringify` made of a description
 * @param name of the index, for messages
 * @throws HpdError `unsupported` for a newer format, `corrupt_file` where it isn't a description
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

/** The fields of a JSON object, each asked for by name and type. */
class Fields {
  readonly #index: string;
  /** The object's place in the whole: `model.` */
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

  /** Nothing where there is no such field. */
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
      `${this.#index}: what it says of itself is not whole: ${this.#path}${key} should be ${expected}, got ${found}`,
    );
  }
}
