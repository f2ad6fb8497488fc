/** Rows as they are read: texts go to the disk, labels stay in memory, and any row can be read again. */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { openRows, type RowFormat } from "../../texts/open-rows.ts";
import { fieldOf, numberOf, textOrEmptyOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import type { RowLoss } from "../losses/loss.ts";
import { type Fields, fieldsOf } from "./columns.ts";
import { type DataFile, formatOf } from "./data-file.ts";
import type { TextStore } from "./text-store.ts";
import type { TrainingSet } from "./training-set.ts";

/** Rows between two turns of the event loop. */
const turnRows = 1024;

/** The fields that are asked for. */
export type AskedFields = { readonly [Name in keyof Fields]: Fields[Name] | undefined };

export class RowCollector {
  fields: Fields | undefined;
  rows = 0;
  readonly counts = { read: 0, empty: 0, contradictory: 0 };
  readonly #texts: TextStore;
  readonly #loss: RowLoss;
  readonly #asked: AskedFields;
  readonly #signal: AbortSignal;
  readonly #onRead: (rows: number) => void;
  readonly #hash = createHash("sha256");
  readonly #labels: number[] = [];

  constructor(
    texts: TextStore,
    loss: RowLoss,
    asked: AskedFields,
    signal: AbortSignal,
    onRead: (rows: number) => void,
  ) {
    this.#texts = texts;
    this.#loss = loss;
    this.#asked = asked;
    this.#signal = signal;
    this.#onRead = onRead;
  }

  fingerprint(): string {
    return this.#hash.digest("hex");
  }

  async addFile(file: DataFile): Promise<void> {
    const { path } = file;
    const format = formatOf(file);
    const before = this.rows;
    // All columns of a Parquet file are read only to know which they are.
    if (format === "parquet") this.fields ??= await this.#fieldsIn(path, format);
    const { columns = [], label } = this.fields ?? this.#asked;
    const asked = new Set([...columns, ...(label === undefined ? [] : [label])]);
    const source = await openRows(path, { format, columns: [...asked], signal: this.#signal });
    for await (const row of source.rows) {
      this.fields ??= fieldsOf(row, this.#loss, this.#asked);
      await this.#add(row, this.fields);
      if (++this.counts.read % turnRows !== 0) continue;
      await nextTurn();
      this.#signal.throwIfAborted();
      this.#onRead(this.counts.read);
    }
    if (this.rows > before) return;
    throw new HpdError("invalid_argument", `${path} holds no rows of use: expected texts in every column`);
  }

  async #fieldsIn(path: string, format: RowFormat): Promise<Fields | undefined> {
    const { rows } = await openRows(path, { format, columns: [], signal: this.#signal });
    for await (const row of rows) return fieldsOf(row, this.#loss, this.#asked);
    return undefined;
  }

  async #add(row: Row, { columns, label }: Fields): Promise<void> {
    const texts = columns.map((column) => textOrEmptyOf(row, column));
    const labels = label === undefined ? [] : numbersOf(row, label, this.#loss.labelNames);
    const wanted = this.#labelSize(columns.length);
    if (labels.length !== wanted) {
      throw new HpdError(
        "invalid_argument",
        `${row.place}: the field ${label} should hold ${wanted === 1 ? "a number" : `${wanted} numbers`}, got ` +
          describe(fieldOf(row, label!)),
      );
    }
    const { labelRange } = this.#loss;
    const wrong = labels.find((value) => !(labelRange?.holds(value) ?? true));
    if (wrong !== undefined) {
      throw new HpdError(
        "invalid_argument",
        `${row.place}: the field ${label} should be ${labelRange!.expected}, got ${wrong}`,
      );
    }
    if (texts.some((text) => text.trim() === "")) this.counts.empty++;
    else if (texts.length > 2 && texts.slice(2).some((negative) => texts.indexOf(negative) < 2)) {
      this.counts.contradictory++;
    } else {
      for (const text of texts) await this.#texts.append(text);
      this.#labels.push(...labels);
      this.#hash.update(JSON.stringify([texts, labels]));
      this.rows++;
    }
  }

  /** @throws HpdError `invalid_argument` where nothing can be learnt of the labels */
  requireDifferentLabels(): void {
    const [first] = this.#labels;
    if (!this.#loss.comparesLabels || this.#labels.some((label) => label !== first)) return;
    throw new HpdError(
      "invalid_argument",
      `the field ${this.fields!.label} is ${first} in all rows, but the loss is about which of two rows has the larger one`,
    );
  }

  /** Numbers of a row's label. */
  #labelSize(columns: number): number {
    const [shape] = Object.values(this.#loss.labels(1, columns));
    return shape === undefined ? 0 : shape.reduce((size, length) => size * length, 1);
  }

  /** @param rows that are in it, in order */
  set(rows: Uint32Array): TrainingSet {
    const { columns } = this.fields!;
    const [label] = Object.entries(this.#loss.labels(1, columns.length));
    const size = this.#labelSize(columns.length);
    const all = Float32Array.from(this.#labels);
    return {
      count: rows.length,
      read: async (places) => {
        const own = places.map((place) => rows[place]!);
        const texts = await this.#texts.read(
          own.flatMap((row) => columns.map((_, column) => row * columns.length + column)),
        );
        const data = Float32Array.from(own.flatMap((row) => [...all.subarray(row * size, (row + 1) * size)]));
        return {
          columns: columns.map((_, column) => own.map((_, at) => texts[at * columns.length + column]!)),
          labels:
            label === undefined ? {} : { [label[0]]: { dtype: "float32", shape: [own.length, ...label[1]], data } },
        };
      },
    };
  }
}

/** True and false are 1 and 0, as in Python. */
function numbersOf(row: Row, label: string, names: readonly string[] = []): number[] {
  const value = fieldOf(row, label);
  const named = names.indexOf(String(value));
  if (named >= 0) return [named];
  if (typeof value === "boolean") return [Number(value)];
  const numbers = Array.isArray(value) ? value : [numberOf(row, label)];
  if (numbers.every((number) => typeof number === "number" && Number.isFinite(Math.fround(number)))) return numbers;
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the field ${label} should hold ` +
      `${names.length > 0 ? `one of ${names.join(", ")}, or its place among them` : "numbers that float32 has"}, got ` +
      describe(value),
  );
}
