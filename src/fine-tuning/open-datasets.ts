/** The rows of all datasets, read, with the batches that can be made of them. */
import { createHash } from "node:crypto";
import { defined } from "../common/optional.ts";
import type { LoadOptions } from "../encode/options.ts";
import { HpdError } from "../errors.ts";
import { type Guided, type GuideSize, guidedSets } from "../training/data/guided-set.ts";
import { type Data, type DataCounts, leastHeldOut, openData } from "../training/data/open-data.ts";
import type { TrainingSet } from "../training/data/training-set.ts";
import type { Dataset } from "../training/loop/dataset.ts";
import { batchesWithoutDuplicates, epochWindows, shuffled } from "../training/loop/epoch-order.ts";
import { minLabelBatch, rowsOfLabels } from "../training/loop/label-order.ts";
import { batchesOfDatasets, datasetSeed } from "../training/loop/sampling.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import type { Student } from "../training/student/student.ts";
import type { TrainDataset } from "./dataset-options.ts";
import type { DatasetSummary } from "./events.ts";
import type { FineTuneOptions } from "./options.ts";
import type { FineTuningRecipe } from "./recipe.ts";

export interface OpenDatasets extends AsyncDisposable {
  /** The datasets in the order of the recipe, as their summaries. */
  readonly datasets: readonly Dataset[];
  readonly summaries: readonly DatasetSummary[];
  /** The guide of each loss; undefined for a loss without one. */
  readonly guides: readonly (GuideSize | undefined)[];
  /** Counts of all datasets together. */
  readonly counts: DataCounts;
  /** Size of all texts in UTF-8. */
  readonly textBytes: number;
  /** Hash of all rows, and of the files of guides. */
  readonly fingerprint: string;
}

interface Opening {
  readonly recipe: Pick<FineTuningRecipe<RowLoss>, "datasets" | "sampling" | "seed" | "dropout">;
  readonly student: Pick<Student, "dimension">;
  readonly signal: AbortSignal;
  onWarning(message: string): void;
}

/**
 * @param folder of the files that hold the texts while they are in use
 * @param mostGuided rows that a guide embeds, where only its speed matters
 * @throws HpdError naming the dataset, where there are several; the signal's reason
 */
export async function openDatasets(
  { recipe, student, signal, onWarning }: Opening,
  folder: string,
  { onEvent, token, cacheFolder, localFilesOnly }: FineTuneOptions,
  mostGuided = Infinity,
): Promise<OpenDatasets> {
  const opened: OpenDataset[] = [];
  const close = async () => {
    for (const dataset of opened) await dataset[Symbol.asyncDispose]();
  };
  let read = 0;
  try {
    for (const [index, dataset] of recipe.datasets.entries()) {
      const opening: DatasetOpening = {
        seed: datasetSeed(recipe.seed, index),
        dimension: student.dimension,
        dropout: recipe.dropout,
        folder,
        mostGuided,
        signal,
        load: defined({ token, cacheFolder, localFilesOnly }),
        onWarning,
        onRead: (rows) => onEvent?.({ type: "prepare", stage: "read", done: read + rows, total: undefined }),
        onGuided: (done, total) => onEvent?.({ type: "prepare", stage: "guide", done, total }),
      };
      const one = await openDataset(dataset, opening).catch((cause: unknown) => {
        throw ofDataset(dataset.name, cause);
      });
      opened.push(one);
      read += one.data.counts.read;
    }
  } catch (error) {
    await close();
    throw error;
  }
  const datasets = opened.map(({ dataset }) => dataset);
  const batches = batchesOfDatasets(datasets, recipe.sampling);
  const all = opened.map(({ data }) => data);
  return {
    datasets,
    summaries: all.map(({ counts, fields: { columns, label, classes } }, index) => ({
      name: datasets[index]!.name,
      ...{ counts, columns, label, classes },
      batches: batches[index]!,
    })),
    guides: opened.map(({ guide }) => guide),
    counts: all.map(({ counts }) => counts).reduce(sumOfCounts),
    textBytes: all.reduce((sum, { textBytes }) => sum + textBytes, 0),
    fingerprint: fingerprintOf(opened),
    [Symbol.asyncDispose]: close,
  };
}

/** A dataset whose rows are read and, if its loss has a guide, embedded by it. */
interface OpenDataset extends AsyncDisposable {
  readonly data: Data;
  readonly dataset: Dataset;
  readonly guide: Guided | undefined;
}

interface DatasetOpening {
  readonly seed: number;
  /** Dimension of the student's embeddings. */
  readonly dimension: number;
  readonly dropout: number;
  /** Folder of the files that hold texts and a guide's embeddings. */
  readonly folder: string;
  readonly mostGuided: number;
  readonly signal: AbortSignal;
  /** Options of loading a guide. */
  readonly load: LoadOptions;
  onWarning(message: string): void;
  onRead(rows: number): void;
  onGuided(done: number, total: number): void;
}

/** @throws HpdError as `openData` does, and `invalid_argument` for rows that no batch can be made of */
async function openDataset(dataset: TrainDataset<RowLoss>, opening: DatasetOpening): Promise<OpenDataset> {
  const { seed, dimension, dropout, folder, signal } = opening;
  const { name, batchSize, loss } = dataset;
  const warn = (message: string) => opening.onWarning(name === "" ? message : `dataset ${name}: ${message}`);
  const data = await openData({ ...dataset, seed }, { loss, dimension }, folder, {
    signal,
    onRead: (rows) => opening.onRead(rows),
  });
  let guided: Guided | undefined;
  try {
    await requireBatches(dataset, data, seed, warn);
    const { columns, isGroup, unusedLabel, unusedColumn } = data.fields;
    if (unusedColumn !== undefined) {
      warn(
        `the field ${unusedColumn} of some rows is not used, for the first row has none: give it to all rows, or name the ` +
          "columns that are meant",
      );
    }
    if (unusedLabel !== undefined) {
      warn(
        `the field ${unusedLabel} is not used, for the loss takes no label: rows with any ${unusedLabel} count alike. ` +
          "Losses that take scores are cosent and cosine similarity, labels of pairs contrastive and softmax",
      );
    }
    if (data.validation.count < leastHeldOut(loss, data.fields)) {
      warn(
        "the one row that is held out has nothing to be compared with: its loss is 0 whatever the model is, and doesn't tell " +
          "which state is best. Hold out two rows or more",
      );
    }
    if (loss.guide !== undefined) {
      if (isGroup) {
        throw new HpdError("invalid_argument", "a loss with a guide takes pairs, not groups that they are drawn from");
      }
      const onDone = (done: number, total: number) => opening.onGuided(done, total);
      const { mostGuided: mostRows, onWarning } = opening;
      const options = { ...opening.load, folder, mostRows, signal, onWarning, onDone };
      guided = await guidedSets(loss.guide, [data.train, data.validation], options);
    }
    if (loss.pairsWithItself && !isGroup && columns[0] === columns[1] && dropout === 0) {
      warn(`both columns are ${columns[0]}: the same text twice, and no dropout that makes two embeddings of it`);
    }
  } catch (error) {
    await guided?.[Symbol.asyncDispose]();
    await data[Symbol.asyncDispose]();
    throw error;
  }
  const [train = data.train, validation = data.validation] = guided?.sets ?? [];
  return {
    data,
    dataset: {
      ...{ name, train, validation, batchSize },
      rowsByLabel: loss.groupsByLabel && rowsByLabel(data, batchSize),
      noDuplicates: loss.hasInBatchNegatives,
    },
    guide: guided,
    async [Symbol.asyncDispose]() {
      await data[Symbol.asyncDispose]();
      await guided?.[Symbol.asyncDispose]();
    },
  };
}

function sumOfCounts(a: DataCounts, b: DataCounts): DataCounts {
  return {
    read: a.read + b.read,
    empty: a.empty + b.empty,
    contradictory: a.contradictory + b.contradictory,
    train: a.train + b.train,
    validation: a.validation + b.validation,
  };
}

function fingerprintOf(opened: readonly OpenDataset[]): string {
  const [first, ...others] = opened.flatMap(({ data, guide }) => [
    data.fingerprint,
    ...(guide ? [guide.fingerprint] : []),
  ]);
  return others.length === 0
    ? first!
    : createHash("sha256")
        .update([first, ...others].join(" "))
        .digest("hex");
}

/** An error that says which dataset it is about, if there are several. */
export function ofDataset(name: string, cause: unknown): unknown {
  if (!(cause instanceof HpdError) || name === "") return cause;
  return new HpdError(cause.code, `dataset ${name}: ${cause.message}`, { cause });
}

/**
 * Warns where rows will often be left out.
 *
 * @throws HpdError `invalid_argument` where every batch would have one row, so that nothing could be learnt
 */
async function requireBatches(
  { loss, batchSize }: TrainDataset<RowLoss>,
  { train }: Data,
  seed: number,
  onWarning: (message: string) => void,
): Promise<void> {
  if (loss.groupsByLabel) requireLabels(train, batchSize);
  if (!loss.hasInBatchNegatives) return;
  if (batchSize < 2) {
    throw new HpdError(
      "invalid_argument",
      "batchSize should be 2 or more: the other rows of a batch are the negatives",
    );
  }
  const [window] = epochWindows(shuffled(train.count), batchSize, { seed, epoch: 0, batch: 0 }).windows;
  const batches = batchesWithoutDuplicates(await train.read(window!.indices, window!.random), batchSize);
  if (batches.some((batch) => batch.length > 1)) {
    const rows = window!.indices.length;
    const used = batches.reduce((sum, batch) => sum + batch.length, 0);
    if (used < 0.9 * rows) {
      onWarning(
        `many rows have texts in common: of ${rows} rows, ${rows - used} find no batch in which their texts aren't yet, and ` +
          "are left out of a pass. Smaller batches take more of them.",
      );
    }
    return;
  }
  throw new HpdError(
    "invalid_argument",
    "all rows have a text in common, so no batch can be made in which a text stands once: a text that is another row's " +
      "negative can't be its own positive. Give rows with different texts, or take a loss without in-batch negatives",
  );
}

const rowsByLabel = ({ train }: Pick<Data, "train">, batchSize: number): number =>
  rowsOfLabels(train.count, train.labelOf!, batchSize);

/** @throws HpdError `invalid_argument` where no batch has two rows of two labels each */
function requireLabels(train: TrainingSet, batchSize: number): void {
  if (batchSize < minLabelBatch || batchSize % 2 !== 0) {
    throw new HpdError(
      "invalid_argument",
      `batchSize should be even and ${minLabelBatch} or more, got ${batchSize}: the loss compares rows of a label with each ` +
        "other and with those of other labels, and each label of a batch has two",
    );
  }
  if (rowsByLabel({ train }, batchSize) > 0) return;
  throw new HpdError(
    "invalid_argument",
    "the loss compares rows of the same label with those of others, but there are no two labels with two rows each to train on",
  );
}
