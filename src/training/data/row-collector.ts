/** Collects the rows of files in a store, and counts those that are left out. */
import { createHash } from "node:crypto";
import { yieldToEventLoop } from "../../common/yielder.ts";
import { HpdError } from "../../errors.ts";
import { openRows, type RowFormat } from "../../texts/open-rows.ts";
import type { Row } from "../../texts/source.ts";
import { ClassNames } from "./class-names.ts";
import { type AskedFields, type Fields, fieldsOf, unusedColumnOf } from "./columns.ts";
import { type DataFile, formatOf } from "./data-file.ts";
import { RowStore } from "./row-store.ts";
import { type LabelSpec, rowValues } from "./row-values.ts";
import type { TextStore } from "./text-store.ts";

/** Rows between two yields to the event loop. */
const rowsBetweenYields = 1024;

/** Maximum rows of a file searched for one without null: a null doesn't show whether its column holds lists. */
const maxSearched = 1024;

/** The means to stop and to follow a long read. */
export interface Reading {
  readonly signal: AbortSignal;
  /** Called with the number of rows read so far. */
  onRead(rows: number): void;
}

export class RowCollector {
  readonly counts = { read: 0, empty: 0, contradictory: 0 };
  /** Created with the first row, which shows the fields. */
  #rows: { readonly fields: Fields; readonly store: RowStore } | undefined;
  readonly #texts: TextStore;
  readonly #labels: LabelSpec;
  readonly #asked: AskedFields;
  readonly #reading: Reading;
  readonly #hash = createHash("sha256");
  #unusedColumn: string | undefined;
  /** The class labels; undefined for a loss that takes none. */
  readonly #classes: ClassNames | undefined;

  constructor(texts: TextStore, labels: LabelSpec, asked: AskedFields, reading: Reading) {
    this.#texts = texts;
    this.#labels = labels;
    this.#asked = asked;
    this.#reading = reading;
    this.#classes = labels.loss.namesLabels && new ClassNames();
  }

  /**
   * The collected rows.
   *
   * @throws HpdError `invalid_argument` for labels that are all alike where the loss compares them
   */
  finish(): { readonly fields: Fields; readonly store: RowStore; readonly fingerprint: string } {
    const { fields, store } = this.#rows!;
    const { loss } = this.#labels;
    const label = loss.comparesLabels ? store.onlyLabel : undefined;
    if (label !== undefined) {
      throw new HpdError(
        "invalid_argument",
        `the field ${fields.label} should differ between rows, which the loss puts in order by it, got ${label} in all rows`,
      );
    }
    const sorted = this.#classes?.sorted();
    if (loss.withClasses && sorted!.names.length < 2) {
      throw new HpdError(
        "invalid_argument",
        `the field ${fields.label} should have two or more different labels, got ${sorted!.names[0]} in all rows`,
      );
    }
    if (sorted !== undefined) {
      store.renumber(sorted.indices);
      this.#hash.update(JSON.stringify(sorted.names));
    }
    return {
      fields: { ...fields, columns: store.columns, classes: sorted?.names, unusedColumn: this.#unusedColumn },
      store,
      fingerprint: this.#hash.digest("hex"),
    };
  }

  /** Number of usable rows so far. */
  get count(): number {
    return this.#rows?.store.count ?? 0;
  }

  async addFile(file: DataFile): Promise<void> {
    const { path } = file;
    const format = formatOf(file);
    const before = this.count;
    // Of a Parquet file all columns are read once, for one row, to know which to read.
    if (format === "parquet" && this.#rows === undefined) await this.#lookInto(path, format);
    const { columns = [], label } = this.#rows?.fields ?? this.#asked;
    const asked = new Set([...columns, ...(label === undefined ? [] : [label])]);
    const { signal } = this.#reading;
    const source = await openRows(path, { format, columns: [...asked], lists: true, signal });
    for await (const row of source.rows) {
      await this.#add(row);
      if (++this.counts.read % rowsBetweenYields !== 0) continue;
      await yieldToEventLoop();
      signal.throwIfAborted();
      this.#reading.onRead(this.counts.read);
    }
    if (this.count > before) return;
    const reason =
      this.counts.contradictory > 0
        ? "negatives are the anchors or positives of their own rows"
        : "expected texts in every column";
    throw new HpdError("invalid_argument", `${path} holds no usable rows: ${reason}`);
  }

  async #lookInto(path: string, format: RowFormat): Promise<void> {
    const { rows } = await openRows(path, { format, columns: [], lists: true, signal: this.#reading.signal });
    let first: Row | undefined;
    let searched = 0;
    for await (const row of rows) {
      first ??= row;
      const isWhole = Object.values(row.values).every((value) => value !== null);
      if (isWhole) first = row;
      if (isWhole || ++searched === maxSearched) break;
    }
    if (first !== undefined) this.#rowsLike(first);
  }

  #rowsLike(first: Row): { readonly fields: Fields; readonly store: RowStore } {
    const { loss, dimension } = this.#labels;
    const fields = fieldsOf(first, loss, this.#asked);
    const [label] = Object.entries(loss.labels(dimension, fields.columns.length));
    this.#rows = { fields, store: new RowStore(this.#texts, fields, label) };
    return this.#rows;
  }

  async #add(row: Row): Promise<void> {
    const { fields, store } = this.#rows ?? this.#rowsLike(row);
    if (this.#asked.columns === undefined) this.#unusedColumn ??= unusedColumnOf(row, this.#labels.loss, fields);
    const values = rowValues(row, fields, this.#labels, this.#classes);
    if (typeof values === "string") this.counts[values]++;
    else {
      await store.append(values);
      this.#hash.update(JSON.stringify([values.texts, values.labels]));
    }
  }
}
