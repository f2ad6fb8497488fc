/** Rows of anchors and positives as distinct texts: each is embedded once, whatever the number of its rows. */

import { requireIterable, requireObject, requireStrings } from "../common/arguments.ts";
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
  requireStrings("names", names);
  requireObject("asked", asked, "an object with anchor, positive, both or neither");
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
  requireIterable("corpus", corpus, "strings");
  const collected = new PairCollector(asked);
  let seen = 0;
  const yieldSometimes = async (): Promise<void> => {
    if (++seen % rowsBetweenYields !== 0) return;
    await yieldToEventLoop();
    signal?.throwIfAborted();
  };
  for await (const text of corpus) {
    if (typeof text !== "string") {
      throw new HpdError("invalid_argument", `corpus: text ${seen} should be a string, got ${describe(text)}`);
    }
    collected.addText(text);
    await yieldSometimes();
  }
  for await (const row of rows) {
    collected.addRow(row);
    await yieldSometimes();
  }
  return collected.finish();
}

/** Rows and texts of a corpus as distinct queries and candidates. */
class PairCollector {
  readonly #asked: Partial<PairColumns>;
  readonly #candidates = new Places();
  readonly #queries = new Places();
  /** Positives and number of rows of each query. */
  readonly #positives: Set<number>[] = [];
  readonly #rows: number[] = [];
  readonly #counts = { read: 0, empty: 0 };
  /** The columns of the first row. */
  #columns: PairColumns | undefined;

  constructor(asked: Partial<PairColumns>) {
    this.#asked = asked;
  }

  addText(text: string): void {
    if (text.trim() !== "") this.#candidates.of(text);
  }

  /** @throws HpdError `invalid_argument` for a value that isn't an object with two texts */
  addRow(row: unknown): void {
    const index = this.#counts.read++;
    if (!isObject(row)) {
      throw new HpdError("invalid_argument", `row ${index} should be an object with two texts, got ${describe(row)}`);
    }
    this.#columns ??= pairColumnsOf(Object.keys(row), this.#asked);
    const anchor = textOf(row, this.#columns.anchor, index);
    const positive = textOf(row, this.#columns.positive, index);
    if (anchor.trim() === "" || positive.trim() === "") {
      this.#counts.empty++;
      return;
    }
    const query = this.#queries.of(anchor);
    this.#positives[query] ??= new Set();
    this.#positives[query].add(this.#candidates.of(positive));
    this.#rows[query] = (this.#rows[query] ?? 0) + 1;
  }

  /** @throws HpdError `invalid_argument` if nothing could be a negative */
  finish(): Pairs {
    const { read } = this.#counts;
    if (this.#columns === undefined) {
      throw new HpdError("invalid_argument", "there are no rows: expected anchors and positives");
    }
    if (this.#queries.texts.length === 0) {
      throw new HpdError("invalid_argument", `all ${read} rows have an empty text: there is nothing to mine for`);
    }
    if (this.#candidates.texts.length < 2) {
      throw new HpdError(
        "invalid_argument",
        `${read === 1 ? "the only row's positive is" : `the positives of all ${read} rows are`} the only candidate, so ` +
          "nothing could be a negative: give more rows, or a corpus of other texts",
      );
    }
    return {
      columns: this.#columns,
      queries: this.#queries.texts,
      corpus: this.#candidates.texts,
      positives: this.#positives.map((own) => [...own]),
      mostPositives: this.#rows.reduce((most, count) => Math.max(most, count), 0),
      counts: this.#counts,
    };
  }
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
