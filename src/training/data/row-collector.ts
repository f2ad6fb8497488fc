/** Takes the rows of files into a store, and counts those that are of no use. */
import { createHash } from "node:crypto";
import { yieldToEventLoop } from "../../common/yielder.ts";
import { HpdError } from "../../errors.ts";
import { openRows, type RowFormat } from "../../texts/open-rows.ts";
import type { Row } from "../../texts/source.ts";
import { ClassNames } from "./class-names.ts";
import { type AskedFields, type Fields, fieldsOf } from "./columns.ts";
import { type DataFile, formatOf } from "./data-file.ts";
import { RowStore } from "./row-store.ts";
import { type LabelsOf, rowValues } from "./row-values.ts";
import type { TextStore } from "./text-store.ts";

/** Rows between two yields to the event loop. */
const rowsBetweenYields = 1024;

/** Rows of a file that are looked into for one without a missing value, which doesn't tell whether it is a list. */
const mostLooked = 1024;

export class RowCollector {
  readonly counts = { read: 0, empty: 0, contradictory: 0 };
  /** Made when the first row tells what its fields are. */
  #rows: { readonly fields: Fields; readonly store: RowStore } | undefined;
  readonly #texts: TextStore;
  readonly #labels: LabelsOf;
  readonly #asked: AskedFields;
  readonly #signal: AbortSignal;
  readonly #onRead: (rows: number) => void;
  readonly #hash = createHash("sha256");
  /** Where labels have names. */
  readonly #classes: ClassNames | undefined;

  constructor(
    texts: TextStore,
    labels: LabelsOf,
    asked: AskedFields,
    signal: AbortSignal,
    onRead: (rows: number) => void,
  ) {
    this.#texts = texts;
    this.#labels = labels;
    this.#asked = asked;
    this.#signal = signal;
    this.#onRead = onRead;
    this.#classes = labels.loss.namesLabels && new ClassNames();
  }

  /** What was collected. @throws HpdError `invalid_argument` where nothing can be learnt of the labels */
  finish(): { readonly fields: Fields; readonly store: RowStore; readonly fingerprint: string } {
    const { fields, store } = this.#rows!;
    const { loss } = this.#labels;
    const label = loss.comparesLabels ? store.onlyLabel : undefined;
    if (label !== undefined) {
      throw new HpdError(
        "invalid_argument",
        `the field ${fields.label} is ${label} in all rows, but the loss is about which of two rows has the larger one`,
      );
    }
    const sorted = this.#classes?.sorted();
    if (loss.withClasses && sorted!.names.length < 2) {
      throw new HpdError(
        "invalid_argument",
        `the field ${fields.label} is ${sorted!.names[0]} in all rows, but the loss tells two labels or more from each other`,
      );
    }
    if (sorted !== undefined) {
      store.renumber(sorted.places);
      this.#hash.update(JSON.stringify(sorted.names));
    }
    return { fields: { ...fields, classes: sorted?.names }, store, fingerprint: this.#hash.digest("hex") };
  }

  /** Rows of use so far. */
  get count(): number {
    return this.#rows?.store.count ?? 0;
  }

  async addFile(file: DataFile): Promise<void> {
    const { path } = file;
    const format = formatOf(file);
    const before = this.count;
    // All columns of a Parquet file are read only to know which they are.
    if (format === "parquet" && this.#rows === undefined) await this.#lookInto(path, format);
    const { columns = [], label } = this.#rows?.fields ?? this.#asked;
    const asked = new Set([...columns, ...(label === undefined ? [] : [label])]);
    const source = await openRows(path, { format, columns: [...asked], lists: true, signal: this.#signal });
    for await (const row of source.rows) {
      await this.#add(row);
      if (++this.counts.read % rowsBetweenYields !== 0) continue;
      await yieldToEventLoop();
      this.#signal.throwIfAborted();
      this.#onRead(this.counts.read);
    }
    if (this.count > before) return;
    const reason =
      this.counts.contradictory > 0
        ? "negatives are the anchors or positives of their own rows"
        : "expected texts in every column";
    throw new HpdError("invalid_argument", `${path} holds no rows of use: ${reason}`);
  }

  async #lookInto(path: string, format: RowFormat): Promise<void> {
    const { rows } = await openRows(path, { format, columns: [], lists: true, signal: this.#signal });
    let first: Row | undefined;
    let looked = 0;
    for await (const row of rows) {
      first ??= row;
      const isWhole = Object.values(row.values).every((value) => value !== null);
      if (isWhole) first = row;
      if (isWhole || ++looked === mostLooked) break;
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
    const values = rowValues(row, fields, this.#labels, this.#classes);
    if (typeof values === "string") this.counts[values]++;
    else {
      await store.append(values);
      this.#hash.update(JSON.stringify([values.texts, values.labels]));
    }
  }
}
