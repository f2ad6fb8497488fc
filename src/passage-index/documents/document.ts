/** Documents that a program gives to an index, checked. */
import { describe, isObject } from "../../common/json.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { Metadata } from "../store.ts";
import { wellFormed } from "../well-formed.ts";

/** A text of a program, a database or a crawler, by an id of its own. */
export interface PassageDocument {
  /** Any text that isn't empty, unique among the documents of the index. */
  readonly id: string;
  readonly text: string;
  /** A JSON object: filters compare the texts, numbers and booleans at its top level, and lists of them. Default: none. */
  readonly metadata?: Metadata | undefined;
  /** Whether the text is divided at paragraphs, or as Markdown at its headings. Default `text`. */
  readonly format?: "text" | "markdown" | undefined;
  /**
   * `[dimension]`: the embedding of the text, if it has been computed elsewhere by the index's model. The document is then
   * one passage, however long it is.
   */
  readonly embedding?: Float32Array | readonly number[] | undefined;
}

const documentOptions: OptionTable<PassageDocument> = {
  id: "string",
  text: "string",
  metadata: "any",
  format: "string",
  embedding: "any",
};

/** UTF-16 code units of an id: every passage has it. */
const longestId = 1000;

/** A document whose metadata are plain JSON. */
export interface CheckedDocument {
  readonly id: string;
  readonly text: string;
  readonly metadata: Metadata;
  readonly format: "text" | "markdown";
  readonly embedding: Float32Array | undefined;
}

/**
 * @param dimension of the index
 * @throws HpdError `invalid_argument`, with the place of the document
 */
export function checkedDocuments(documents: readonly PassageDocument[], dimension: number): CheckedDocument[] {
  if (!Array.isArray(documents)) {
    throw new HpdError("invalid_argument", `documents should be an array, got ${describe(documents)}`);
  }
  const ids = new Set<string>();
  return documents.map((document, at) => {
    const where = `documents[${at}]`;
    const checked = checkedDocument(where, document, dimension);
    if (ids.has(checked.id)) throw refusal(`${where}.id`, "unique", checked.id);
    ids.add(checked.id);
    return checked;
  });
}

/** @throws HpdError `invalid_argument` */
export function requireIds(ids: readonly string[]): void {
  if (!Array.isArray(ids)) throw refusal("ids", "an array of ids", ids);
  for (const [at, id] of ids.entries()) requireId(`ids[${at}]`, id);
}

function checkedDocument(where: string, document: PassageDocument, dimension: number): CheckedDocument {
  const { id, text, metadata = {}, format = "text", embedding } = checkedOptions(where, document, documentOptions);
  requireId(`${where}.id`, id);
  if (typeof text !== "string" || text.trim() === "") throw refusal(`${where}.text`, "a text that is not blank", text);
  if (format !== "text" && format !== "markdown") throw refusal(`${where}.format`, "text or markdown", format);
  return { id, text, format, metadata: plainJson(where, metadata), embedding: vectorOf(where, embedding, dimension) };
}

function requireId(where: string, id: unknown): void {
  // Of two ids that differ in a lone surrogate a store would make the same.
  if (typeof id === "string" && id !== "" && id.length <= longestId && id === wellFormed(id)) return;
  throw refusal(where, `a text of 1 to ${longestId} characters`, id);
}

/** A copy of metadata as JSON keeps them: a date becomes a text, what is undefined is left out. */
function plainJson(where: string, metadata: unknown): Metadata {
  try {
    if (isObject(metadata)) return JSON.parse(JSON.stringify(metadata));
  } catch (cause) {
    throw new HpdError("invalid_argument", `${where}.metadata is no JSON: ${(cause as Error).message}`, { cause });
  }
  throw refusal(`${where}.metadata`, "an object", metadata);
}

function vectorOf(
  where: string,
  embedding: Float32Array | readonly number[] | undefined,
  dimension: number,
): Float32Array | undefined {
  if (embedding === undefined) return undefined;
  const isList = Array.isArray(embedding) || embedding instanceof Float32Array;
  const vector = isList ? Float32Array.from(embedding) : undefined;
  if (vector?.length === dimension && vector.every(Number.isFinite)) return vector;
  const got = isList ? `${embedding.length}` : describe(embedding);
  throw new HpdError("invalid_argument", `${where}.embedding should be ${dimension} finite numbers, got ${got}`);
}

function refusal(what: string, expected: string, got: unknown): HpdError {
  return new HpdError("invalid_argument", `${what} should be ${expected}, got ${describe(got)}`);
}
