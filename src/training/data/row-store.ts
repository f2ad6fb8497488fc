/** A store of rows: texts on the disk, labels in memory, read by index. */
import type { Random } from "../../random.ts";
import type { Fields } from "./columns.ts";
import { GrowingArray } from "./growing-array.ts";
import type { RowValues } from "./row-values.ts";
import type { TextStore } from "./text-store.ts";
import type { Labels, Rows, TrainingSet } from "./training-set.ts";

/** The name of a label, and its shape in one row. */
export type LabelShape = readonly [name: string, shape: readonly number[]];

export class RowStore {
  readonly #texts: TextStore;
  readonly #fields: Fields;
  readonly #label: LabelShape | undefined;
  readonly #labels = new GrowingArray((length) => new Float32Array(length));
  /** The end of each row's texts, if rows have different numbers of them. */
  readonly #ends = new GrowingArray((length) => new Float64Array(length));
  #count = 0;
  /** Texts of the row that has the most. */
  #longest = 0;

  constructor(texts: TextStore, fields: Fields, label: LabelShape | undefined) {
    this.#texts = texts;
    this.#fields = fields;
    this.#label = label;
  }

  get count(): number {
    return this.#count;
  }

  /** The fields of the columns that rows are read in: of lists the second one for each text. */
  get columns(): readonly string[] {
    const { columns, isList } = this.#fields;
    return isList ? [columns[0]!, ...new Array<string>(this.#longest - 1).fill(columns[1]!)] : columns;
  }

  /** The label of all rows, if they have the same; else undefined. */
  get onlyLabel(): number | undefined {
    const first = this.#labels.at(0);
    for (let at = 1; at < this.#labels.length; at++) if (this.#labels.at(at) !== first) return undefined;
    return this.#labels.length === 0 ? undefined : first;
  }

  async append({ texts, labels }: RowValues): Promise<void> {
    for (const text of texts) await this.#texts.append(text);
    for (const label of labels) this.#labels.push(label);
    if (this.#hasEnds) this.#ends.push(this.#texts.count);
    this.#longest = Math.max(this.#longest, texts.length);
    this.#count++;
  }

  get #hasEnds(): boolean {
    return this.#fields.isGroup || this.#fields.isList;
  }

  /** Replaces each label by the number at its index. */
  renumber(numbers: readonly number[]): void {
    for (let at = 0; at < this.#labels.length; at++) this.#labels.set(at, numbers[this.#labels.at(at)]!);
  }

  /** The training set of some rows. @param rows their indices in the store */
  set(rows: Uint32Array): TrainingSet {
    const [, shape] = this.#label ?? [];
    return {
      count: rows.length,
      ...(shape?.length === 0 && { labelOf: (index: number) => this.#labels.at(rows[index]!) }),
      read: async (indices, random) => {
        const own = indices.map((index) => rows[index]!);
        const ranges = own.map((row) => this.#range(row));
        const texts = await this.#texts.read(
          ranges.flatMap(([start, end]) => Array.from({ length: end - start }, (_, at) => start + at)),
        );
        let at = 0;
        const ofRows = ranges.map(([start, end]) => {
          const first = at;
          at += end - start;
          return texts.slice(first, at);
        });
        return { ...this.#columnsOf(ofRows, random), labels: this.#labelsOf(own) };
      },
    };
  }

  /** The range of a row's texts in the text store. */
  #range(row: number): [start: number, end: number] {
    const { columns } = this.#fields;
    if (!this.#hasEnds) return [row * columns.length, (row + 1) * columns.length];
    return [row === 0 ? 0 : this.#ends.at(row - 1), this.#ends.at(row)];
  }

  /** The columns of rows; anchor and positive are drawn from groups. */
  #columnsOf(ofRows: readonly (readonly string[])[], random: Random): Pick<Rows, "columns" | "groups"> {
    const { isGroup } = this.#fields;
    const { columns } = this;
    const columnsOf = (rows: readonly (readonly string[])[]) =>
      columns.map((_, column) => rows.map((texts) => texts[column] ?? ""));
    if (!isGroup) return { columns: columnsOf(ofRows) };
    const negatives = columns.length - 2;
    const drawn = ofRows.map((texts) => {
      const members = texts.length - negatives;
      const anchor = random.nextInteger(members);
      const positive = random.nextInteger(members - 1);
      return [texts[anchor]!, texts[positive < anchor ? positive : positive + 1]!, ...texts.slice(members)];
    });
    return { columns: columnsOf(drawn), groups: ofRows };
  }

  #labelsOf(rows: readonly number[]): Labels {
    if (this.#label === undefined) return {};
    const [name, shape] = this.#label;
    if (this.#fields.isList) return { [name]: this.#listLabels(rows) };
    const size = shape.reduce((product, length) => product * length, 1);
    const data = new Float32Array(rows.length * size);
    for (const [at, row] of rows.entries()) {
      for (let number = 0; number < size; number++) data[at * size + number] = this.#labels.at(row * size + number);
    }
    return { [name]: { dtype: "float32", shape: [rows.length, ...shape], data } };
  }
  /** A number for each text but the first, -Infinity where a row has fewer. */
  #listLabels(rows: readonly number[]): Labels[string] {
    const width = this.#longest - 1;
    const data = new Float32Array(rows.length * width).fill(Number.NEGATIVE_INFINITY);
    for (const [at, row] of rows.entries()) {
      const [start, end] = this.#range(row);
      // Rows before it have one label fewer than texts.
      for (let text = start + 1; text < end; text++) {
        data[at * width + text - start - 1] = this.#labels.at(text - row - 1);
      }
    }
    return { dtype: "float32", shape: [rows.length, width], data };
  }
}
