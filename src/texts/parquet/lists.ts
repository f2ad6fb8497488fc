/**
 * Lists assembled from the levels of a column: the values that begin a row, and how deep each is defined. Source:
 * the format's record shredding (Dremel), for lists of values in rows; LogicalTypes.md for how writers, older ones too,
 * nest them.
 */
import type { SchemaElement } from "hyparquet";

/** The nesting of a list, from the column down to its values. */
export interface ListShape {
  /** The names of the elements, the column's own first. */
  readonly path: readonly string[];
  /** The element that holds the values. */
  readonly leaf: SchemaElement;
  /** The definition level of a list without elements; one below, the list itself is null. */
  readonly emptyLevel: number;
  /** The definition level of a value; one below and above that of an empty list, the value is null. */
  readonly valueLevel: number;
}

/** An element of a schema with those below it. */
export interface SchemaNode {
  readonly element: SchemaElement;
  readonly children: readonly SchemaNode[];
}

/**
 * The shape of a list of values: of three levels as the format has it now, of two as older writers have it, or a
 * repeated column without any.
 *
 * @returns undefined for what is no list, or one of lists or structs
 */
export function listShapeOf({ element, children }: SchemaNode): ListShape | undefined {
  if (element.repetition_type === "REPEATED") {
    return children.length === 0 && element.type !== undefined
      ? { path: [element.name], leaf: element, emptyLevel: 0, valueLevel: 1 }
      : undefined;
  }
  const isList = element.converted_type === "LIST" || element.logical_type?.type === "LIST";
  const [repeated] = children;
  if (!isList || children.length !== 1 || repeated!.element.repetition_type !== "REPEATED") return undefined;
  const emptyLevel = element.repetition_type === "OPTIONAL" ? 1 : 0;
  const path = [element.name, repeated!.element.name];
  if (repeated!.children.length === 0) {
    return { path, leaf: repeated!.element, emptyLevel, valueLevel: emptyLevel + 1 };
  }
  // By these names the repeated group is itself the value, a struct of one field.
  const isStruct = ["array", `${element.name}_tuple`].includes(repeated!.element.name);
  const [value] = repeated!.children;
  const isValue = value!.children.length === 0 && value!.element.repetition_type !== "REPEATED";
  if (isStruct || repeated!.children.length > 1 || !isValue) return undefined;
  const isOptional = value!.element.repetition_type === "OPTIONAL";
  return {
    path: [...path, value!.element.name],
    leaf: value!.element,
    emptyLevel,
    valueLevel: emptyLevel + (isOptional ? 2 : 1),
  };
}

/** Levels of each entry of a page: repetition, 0 at the start of a row, else 1, and definition. */
export interface ListLevels {
  readonly repetitions: Uint8Array;
  readonly definitions: Uint8Array;
}

/** Elements of a list: a longer one is no group of texts, and would fill the memory. */
const maxListLength = 1024 * 1024;

/** The shared empty list: there may be many in a page of few bytes. */
const empty: readonly unknown[] = [];

/** Puts the values of a chunk together to rows, which may go on from page to page. */
export class ListRows {
  readonly #shape: ListShape;
  /** The row that isn't over; undefined before the first one. */
  #open: unknown[] | readonly unknown[] | null | undefined;

  constructor(shape: ListShape) {
    this.#shape = shape;
  }

  /**
   * @param values those of the entries that have one
   * @returns the rows that end before the last one of the entries
   * @throws RangeError where levels are such as no list has
   */
  add({ repetitions, definitions }: ListLevels, values: readonly unknown[]): unknown[] {
    const { emptyLevel, valueLevel } = this.#shape;
    const rows: unknown[] = [];
    let at = 0;
    for (const [entry, level] of definitions.entries()) {
      const hasElement = level > emptyLevel;
      const element = level === valueLevel ? values[at++] : null;
      if (repetitions[entry] === 0) {
        if (this.#open !== undefined) rows.push(this.#open);
        this.#open = hasElement ? [element] : level === emptyLevel ? empty : null;
        continue;
      }
      if (!hasElement || !this.#open || this.#open.length === 0) {
        throw new RangeError("a list goes on that has not begun");
      }
      if (this.#open.length >= maxListLength) throw new RangeError(`a list has more than ${maxListLength} elements`);
      (this.#open as unknown[]).push(element);
    }
    return rows;
  }

  /** The row that the chunk ends with. */
  end(): unknown[] {
    return this.#open === undefined ? [] : [this.#open];
  }
}
