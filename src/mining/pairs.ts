/** Rows of anchors and positives as distinct texts: each is embedded once, whatever the number of its rows. */

import { describe, isObject } from "../common/json.ts";
import { nearest } from "../common/nearest.ts";
import { yieldToEventLoop } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { columnNames } from "../training/data/columns.ts";

/** Rows between two yields to the event loop. */
const rowsBetweenYields = 1024;

export interface PairColumns {
  readonly anchor: string;
  readonly positive: string;
}

export interface Pairs {
  readonly columns: PairColumns;
  /** Distinct anchors in the order in which they came. */
  readonly queries: readonly string[];
  /** Distinct candidates: those of a corpus first, then the positives. */
  readonly corpus: readonly string[];
  /** Positives of each query, as indices of the corpus. */
  readonly positives: readonly (readonly number[])[];
  /** Rows of the query that has the most. */
  readonly mostPositives: number;
  readonly counts: {
    /** Rows. */
    readonly read: number;
    /** Left out because a text is empty. */
    readonly empty: number;
  };
}

type Rows<Item> = Iterable<Item> | AsyncIterable<Item>;

/**
 * @param names of the fields of the first row
 * @throws HpdError `invalid_argument` for one that isn't there, or where there are fewer than two
 */
export function pairColumnsOf(names: readonly string[], asked: Partial<PairColumns>): PairColumns {
  for (const name of Object.values(asked)) {
    if (name === undefined || names.includes(name)) continue;
    throw new HpdError(
      "invalid_argument",
      `the rows have no field ${JSON.stringify(name)}${nearest(name, names)}, only ${names.join(", ") || "none"}`,
    );
  }
  const [anchors, positives] = columnNames.map((known) => known.find((name) => names.includes(name)));
  // Python takes the first two.
  const areKnown = anchors !== undefined && positives !== undefined;
  const anchor = asked.anchor ?? (areKnown ? anchors : names[0]);
  const positive = asked.positive ?? (areKnown ? positives : names[1]);
  if (anchor !== undefined && positive !== undefined && anchor !== positive) return { anchor, positive };
  throw new HpdError(
    "invalid_argument",
    `rows should have a field of anchors and another one of positives, got ${names.join(", ") || "none"}`,
  );
}

/**
 * @param rows objects with two fields of texts; null is an empty one
 * @throws HpdError `invalid_argument` for rows that are none, and where there is nothing to mine from; the signal's
 *   reason
 */
export async function readPairs(
  rows: Rows<object>,
  corpus: Rows<string>,
  asked: Partial<PairColumns>,
  signal: AbortSignal | undefined,
): Promise<Pairs> {
  const candidates = new Places();
  const queries = new Places();
  const positives: Set<number>[] = [];
  const perQuery: number[] = [];
  const counts = { read: 0, empty: 0 };
  let seen = 0;
  const turn = async (): Promise<void> => {
    if (++seen % rowsBetweenYields !== 0) return;
    await yieldToEventLoop();
    signal?.throwIfAborted();
  };
  for await (const text of corpus) {
    if (typeof text !== "string") {
      throw new HpdError("invalid_argument", `corpus: text ${seen} should be a string, got ${describe(text)}`);
    }
    if (text.trim() !== "") candidates.of(text);
    await turn();
  }
  let columns: PairColumns | undefined;
  for await (const row of rows) {
    if (!isObject(row)) {
      throw new HpdError(
        "invalid_argument",
        `row ${counts.read} should be an object with two texts, got ${describe(row)}`,
      );
    }
    columns ??= pairColumnsOf(Object.keys(row), asked);
    const anchor = textOf(row, columns.anchor, counts.read);
    const positive = textOf(row, columns.positive, counts.read);
    counts.read++;
    if (anchor.trim() === "" || positive.trim() === "") counts.empty++;
    else {
      const query = queries.of(anchor);
      const candidate = candidates.of(positive);
      positives[query] ??= new Set();
      positives[query].add(candidate);
      perQuery[query] = (perQuery[query] ?? 0) + 1;
    }
    await turn();
  }
  if (columns === undefined)
    throw new HpdError("invalid_argument", "there are no rows: expected anchors and positives");
  if (queries.texts.length === 0) {
    throw new HpdError("invalid_argument", `all ${counts.read} rows have an empty text: there is nothing to mine for`);
  }
  if (candidates.texts.length < 2) {
    throw new HpdError(
      "invalid_argument",
      `${counts.read === 1 ? "the only row's positive is" : `the positives of all ${counts.read} rows are`} the only ` +
        "candidate, so nothing could be a negative: give more rows, or a corpus of other texts",
    );
  }
  return {
    columns,
    queries: queries.texts,
    corpus: candidates.texts,
    positives: positives.map((own) => [...own]),
    mostPositives: perQuery.reduce((most, count) => Math.max(most, count), 0),
    counts,
  };
}

/** Distinct texts and where they stand. */
class Places {
  readonly texts: string[] = [];
  readonly #places = new Map<string, number>();

  of(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.#places.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

function textOf(row: Readonly<Record<string, unknown>>, field: string, place: number): string {
  const value = Object.hasOwn(row, field) ? row[field] : undefined;
  if (value === null) return "";
  if (typeof value === "string") return value;
  throw new HpdError("invalid_argument", `row ${place}: the field ${field} should be a string, got ${describe(value)}`);
}
