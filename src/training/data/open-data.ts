/** Rows of texts and labels out of files, some of them held out. */
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";
import type { RowLoss } from "../losses/loss.ts";
import type { Fields } from "./columns.ts";
import type { DataFile } from "./data-file.ts";
import { RowCollector } from "./row-collector.ts";
import { TextStore } from "./text-store.ts";
import type { TrainingSet } from "./training-set.ts";

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
  /** Left out because a text is empty, or a group has no two texts. */
  readonly empty: number;
  /** Left out because a negative is the positive or the anchor, but for cases and spaces. */
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

/**
 * @param folder of the file that holds the texts while they are in use
 * @param dimension of the model's embeddings, for labels that are embeddings
 * @throws HpdError `not_found`, `corrupt_file`, `invalid_argument` for files, fields or values that can't do; the signal's
 *   reason
 */
export async function openData(
  options: DataOptions,
  loss: RowLoss,
  folder: string,
  dimension: number,
  signal: AbortSignal,
  onRead: (rows: number) => void,
): Promise<Data> {
  const texts = await TextStore.create(folder);
  try {
    const collector = new RowCollector(texts, { loss, dimension }, options, signal, onRead);
    for (const file of options.data) await collector.addFile(file);
    const own = collector.count;
    const files = typeof options.validation === "object" ? options.validation : [];
    for (const file of files) await collector.addFile(file);
    const { fields, store, fingerprint } = collector.finish();
    await texts.flush();
    const { train, validation } = split(own, store.count, options);
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
