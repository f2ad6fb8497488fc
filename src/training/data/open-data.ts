/** Opens data files as training sets: rows of texts and labels, some of them held out. */
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";

import type { RowLoss } from "../losses/loss.ts";
import type { Fields } from "./columns.ts";
import type { DataFile } from "./data-file.ts";
import { type Reading, RowCollector } from "./row-collector.ts";
import type { LabelSpec } from "./row-values.ts";
import { TextStore } from "./text-store.ts";
import type { TrainingSet } from "./training-set.ts";

export interface DataOptions {
  readonly data: readonly DataFile[];
  /** The number of rows to hold out, or files of them. Default: a tenth, at most 1000; see `leastHeldOut`. */
  readonly validation: number | readonly DataFile[] | undefined;
  /**
   * The fields that hold texts, in the loss's order. Default: those with usual names, such as `anchor` and `positive`.
   */
  readonly columns: readonly string[] | undefined;
  /** The field that holds the label. Default: the one with a usual name, such as `score`. */
  readonly label: string | undefined;
  readonly seed: number;
}

export interface DataCounts {
  /** Rows read. */
  readonly read: number;
  /** Rows left out because a text is empty, or a group has fewer than two texts. */
  readonly empty: number;
  /** Rows left out because a negative equals the anchor or the positive, but for case and white space. */
  readonly contradictory: number;
  /** Rows to train on. */
  readonly train: number;
  /** Rows held out. */
  readonly validation: number;
}

export interface Data extends AsyncDisposable {
  readonly fields: Fields;
  readonly train: TrainingSet;
  readonly validation: TrainingSet;
  readonly counts: DataCounts;
  /** Size of all texts in UTF-8. */
  readonly textBytes: number;
  /** SHA-256 of all rows. */
  readonly fingerprint: string;
}

/**
 * @param labels the loss that the rows are for
 * @param folder of the file that holds the texts while they are in use
 * @throws HpdError `not_found`, `corrupt_file`, `invalid_argument` for unusable files, fields or values; the signal's
 *   reason
 */
export async function openData(
  options: DataOptions,
  labels: LabelSpec,
  folder: string,
  reading: Reading,
): Promise<Data> {
  const texts = await TextStore.create(folder);
  try {
    const collector = new RowCollector(texts, labels, options, reading);
    for (const file of options.data) await collector.addFile(file);
    const own = collector.count;
    const files = typeof options.validation === "object" ? options.validation : [];
    for (const file of files) await collector.addFile(file);
    const { fields, store, fingerprint } = collector.finish();
    await texts.flush();
    const { train, validation } = split(own, store.count, options, leastHeldOut(labels.loss, fields));
    return {
      fields,
      train: store.set(train),
      validation: store.set(validation),
      counts: { ...collector.counts, train: train.length, validation: validation.length },
      textBytes: texts.byteLength,
      fingerprint,
      [Symbol.asyncDispose]: () => texts.close(),
    };
  } catch (error) {
    await texts.close();
    throw error;
  }
}

/** Rows from which on their loss tells something: it is 0 for one that is compared with others alone. */
export function leastHeldOut({ hasInBatchNegatives, comparesLabels }: RowLoss, { columns }: Fields): number {
  return comparesLabels || (hasInBatchNegatives && columns.length === 2) ? 2 : 1;
}

/** @param own number of rows of `data`; the rest of `all` are those of validation files */
function split(
  own: number,
  all: number,
  { validation, seed }: DataOptions,
  least: number,
): Record<"train" | "validation", Uint32Array> {
  const range = (start: number, end: number) => Uint32Array.from({ length: end - start }, (_, at) => start + at);
  const order = new Random(seed).shuffle(range(0, own));
  const count =
    typeof validation === "object" ? 0 : (validation ?? Math.max(least, Math.min(Math.ceil(own / 10), 1000)));
  const parts = {
    train: order.slice(count),
    validation: typeof validation === "object" ? range(own, all) : order.slice(0, count),
  };
  if (parts.train.length >= 2 && parts.validation.length >= 1) return parts;
  throw new HpdError(
    "invalid_argument",
    `${own} usable rows are too few to hold out ${count} and train on 2 or more: give more rows, or hold out fewer`,
  );
}
