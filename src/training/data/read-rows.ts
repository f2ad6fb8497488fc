/** Rows of texts and labels out of files, kept on the disk: any can be read, none need be in memory. */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe } from "../../common/json.ts";
import type { OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";
import { openRows, type RowFormat, rowFormatOf, rowFormats } from "../../texts/open-rows.ts";
import { fieldOf, numberOf, textOrEmptyOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import type { Loss } from "../losses/loss.ts";
import { type Fields, fieldsOf } from "./columns.ts";
import { TextStore } from "./text-store.ts";
import type { TrainingSet } from "./training-set.ts";

/** A file of rows: JSONL, CSV, TSV, Parquet or JSON, `.gz` too. */
export interface DataFile {
  readonly path: string;
  /** Default: by the file's name. */
  readonly format?: RowFormat | undefined;
}

export const dataFile: OptionTable<DataFile> = { path: "string", format: "string" };

export interface DataOptions {
  readonly data: readonly DataFile[];
  /** Rows to hold out, or files of them. Default: a tenth, at most 1000. */
  readonly validation: number | readonly DataFile[] | undefined;
  /** The fields that hold texts, in the order in which the loss takes them. Default: by the names that they have. */
  readonly columns: readonly string[] | undefined;
  /** The field that holds the label. Default: by its name. */
  readonly label: string | undefined;
  readonly seed: number;
}

export interface DataCounts {
  /** Rows in the files. */
  readonly read: number;
  /** Left out because a text is empty. */
  readonly empty: number;
  /** Left out because a negative is the positive or the anchor. */
  readonly contradictory: number;
  readonly train: number;
  readonly validation: number;
}

export interface Data extends AsyncDisposable {
  readonly fields: Fields;
  readonly train: TrainingSet;
  readonly validation: TrainingSet;
  readonly counts: DataCounts;
  /** Of all texts, in UTF-8. */
  readonly textBytes: number;
  /** SHA-256 over all rows. */
  readonly fingerprint: string;
}

/** Rows between two turns of the event loop. */
const turnRows = 1024;

/**
 * @param folder of the file that holds the texts while they are in use
 * @throws HpdError `not_found`, `corrupt_file`, `invalid_argument` for files, fields or values that can't do; the signal's
 *   reason
 */
export async function openData(
  options: DataOptions,
  loss: Loss,
  folder: string,
  signal: AbortSignal,
  onRead: (rows: number) => void,
): Promise<Data> {
  const texts = await TextStore.create(folder);
  try {
    const collector = new RowCollector(texts, loss, options, signal, onRead);
    for (const file of options.data) await collector.addFile(file);
    const own = collector.rows;
    const files = typeof options.validation === "object" ? options.validation : [];
    for (const file of files) await collector.addFile(file);
    collector.requireDifferentLabels();
    await texts.flush();
    const { train, validation } = split(own, collector.rows, options);
    return {
      fields: collector.fields!,
      train: collector.set(train),
      validation: collector.set(validation),
      counts: { ...collector.counts, train: train.length, validation: validation.length },
      textBytes: texts.byteLength,
      fingerprint: collector.fingerprint(),
      [Symbol.asyncDispose]: () => texts.close(),
    };
  } catch (error) {
    await texts.close();
    throw error;
  }
}

/** @param own rows of the data, which those of validation files follow up to `all` */
function split(
  own: number,
  all: number,
  { validation, seed }: DataOptions,
): Record<"train" | "validation", Uint32Array> {
  const range = (start: number, end: number) => Uint32Array.from({ length: end - start }, (_, at) => start + at);
  const order = new Random(seed).shuffle(range(0, own));
  const count = typeof validation === "object" ? 0 : (validation ?? Math.min(Math.ceil(own / 10), 1000));
  const parts = {
    train: order.slice(count),
    validation: typeof validation === "object" ? range(own, all) : order.slice(0, count),
  };
  if (parts.train.length >= 2 && parts.validation.length >= 1) return parts;
  throw new HpdError(
    "invalid_argument",
    `there are ${own} rows of use, too few to hold out ${count} and train on 2 or more: give more rows, or hold out fewer`,
  );
}

class RowCollector {
  fields: Fields | undefined;
  rows = 0;
  readonly counts = { read: 0, empty: 0, contradictory: 0 };
  readonly #texts: TextStore;
  readonly #loss: Loss;
  readonly #options: DataOptions;
  readonly #signal: AbortSignal;
  readonly #onRead: (rows: number) => void;
  readonly #hash = createHash("sha256");
  readonly #labels: number[] = [];

  constructor(texts: TextStore, loss: Loss, options: DataOptions, signal: AbortSignal, onRead: (rows: number) => void) {
    this.#texts = texts;
    this.#loss = loss;
    this.#options = options;
    this.#signal = signal;
    this.#onRead = onRead;
  }

  fingerprint(): string {
    return this.#hash.digest("hex");
  }

  async addFile({ path, format = rowFormatOf(path) }: DataFile): Promise<void> {
    if (format === undefined) {
      throw new HpdError(
        "invalid_argument",
        `${path}: the name doesn't tell the format; say \`format\`, one of ${rowFormats.join(", ")}`,
      );
    }
    const before = this.rows;
    // All columns of a Parquet file are read only to know which they are.
    if (format === "parquet") this.fields ??= await this.#fieldsIn(path, format);
    const { columns = [], label } = this.fields ?? this.#options;
    const asked = new Set([...columns, ...(label === undefined ? [] : [label])]);
    const source = await openRows(path, { format, columns: [...asked], signal: this.#signal });
    for await (const row of source.rows) {
      this.fields ??= fieldsOf(row, this.#loss, this.#options);
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
    for await (const row of rows) return fieldsOf(row, this.#loss, this.#options);
    return undefined;
  }

  async #add(row: Row, { columns, label }: Fields): Promise<void> {
    const texts = columns.map((column) => textOrEmptyOf(row, column));
    const labels = label === undefined ? [] : numbersOf(row, label);
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
function numbersOf(row: Row, label: string): number[] {
  const value = fieldOf(row, label);
  if (typeof value === "boolean") return [Number(value)];
  const numbers = Array.isArray(value) ? value : [numberOf(row, label)];
  if (numbers.every((number) => typeof number === "number" && Number.isFinite(Math.fround(number)))) return numbers;
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the field ${label} should hold numbers that float32 has, got ${describe(value)}`,
  );
}
