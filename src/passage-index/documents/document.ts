/** Documents that a program gives to an index, checked. */
import { describe, isObject, maxNesting, nestingOf } from "../../common/json.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { Metadata } from "../store.ts";
import { wellFormed } from "../well-formed.ts";

/** A text of a program, a database or a crawler, by an id of its own. */
export interface PassageDocument {
  /** A text of 1 to 1,000 bytes in UTF-8, unique among the documents of the index. */
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

/** Bytes of an id in UTF-8: every passage has it, and PostgreSQL's indexes take keys of 2,700, in which U+0001 counts twice. */
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
  // `map` alone would pass over the holes of an array.
  return Array.from(documents, (document, at) => {
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
  if (typeof id === "string" && id !== "" && Buffer.byteLength(id) <= longestId && id === wellFormed(id)) return;
  throw refusal(where, `a text of 1 to ${longestId} bytes in UTF-8, without lone surrogates`, id);
}

/** A copy of metadata as JSON keeps them: a date becomes a text, what is undefined is left out. */
function plainJson(where: string, metadata: unknown): Metadata {
  let json: string | undefined;
  try {
    // A Map would become an object without keys.
    if (isObject(metadata) && !(Symbol.iterator in metadata)) json = JSON.stringify(metadata);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HpdError("invalid_argument", `${where}.metadata is no JSON: ${why}`, { cause });
  }
  const plain: unknown = json === undefined || nestingOf(json) > maxNesting ? undefined : JSON.parse(json);
  if (isObject(plain)) return plain as Metadata;
  throw refusal(`${where}.metadata`, `a JSON object, nested at most ${maxNesting} deep`, metadata);
}

function vectorOf(
  where: string,
  embedding: Float32Array | readonly number[] | undefined,
  dimension: number,
): Float32Array | undefined {
  if (embedding === undefined) return undefined;
  const what = `${where}.embedding`;
  if (!Array.isArray(embedding) && !(embedding instanceof Float32Array)) {
    throw refusal(what, `${dimension} finite numbers`, embedding);
  }
  if (embedding.length !== dimension) {
    throw new HpdError("invalid_argument", `${what} should have ${dimension} numbers, got ${embedding.length}`);
  }
  // Elements as they are: a typed array would make numbers of texts and of null.
  const wrong = Array.from<unknown>(embedding).findIndex((value) => !Number.isFinite(value));
  if (wrong !== -1) throw refusal(`${what}[${wrong}]`, "a finite number", embedding[wrong]);
  return Float32Array.from(embedding);
}

function refusal(what: string, expected: string, got: unknown): HpdError {
  return new HpdError("invalid_argument", `${what} should be ${expected}, got ${describe(got)}`);
}
