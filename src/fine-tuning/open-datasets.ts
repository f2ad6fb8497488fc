/** The rows of all datasets, read, with the batches that can be made of them. */
import { createHash } from "node:crypto";
import { defined } from "../common/optional.ts";
import { HpdError } from "../errors.ts";
import { type Guide, guidedSets } from "../training/data/guided-set.ts";
import { type Data, type DataCounts, openData } from "../training/data/open-data.ts";
import type { TrainingSet } from "../training/data/training-set.ts";
import type { Dataset } from "../training/loop/dataset.ts";
import { batchesWithoutDuplicates, epochWindows, shuffled } from "../training/loop/epoch-order.ts";
import { minLabelBatch, rowsOfLabels } from "../training/loop/label-order.ts";
import { batchesOfDatasets, datasetSeed } from "../training/loop/sampling.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import type { Student } from "../training/student/student.ts";
import type { TrainDataset } from "./dataset-options.ts";
import type { DatasetSummary } from "./events.ts";
import type { FineTuneOptions, FineTuningRecipe } from "./options.ts";

export interface OpenDatasets extends AsyncDisposable {
  /** The datasets in the order of the recipe, as their summaries. */
  readonly datasets: readonly Dataset[];
  readonly summaries: readonly DatasetSummary[];
  /** Dimension of the embeddings of each loss's guide; undefined for a loss without one. */
  readonly guideWidths: readonly (number | undefined)[];
  /** Counts of all datasets together. */
  readonly counts: DataCounts;
  /** Size of all texts in UTF-8. */
  readonly textBytes: number;
  /** Hash of all rows. */
  readonly fingerprint: string;
}

interface Opening {
  readonly recipe: Pick<FineTuningRecipe<RowLoss>, "datasets" | "sampling" | "seed" | "dropout">;
  readonly student: Pick<Student, "dimension">;
  readonly signal: AbortSignal;
  onWarning(message: string): void;
}

/** The rows of a dataset, with the embeddings of a guide if its loss has one. */
type Ready = Pick<Data, "train" | "validation"> & { readonly guideWidth?: number };

/**
 * @param folder of the files that hold the texts while they are in use
 * @throws HpdError naming the dataset, where there are several; the signal's reason
 */
export async function openDatasets(
  { recipe, student, signal, onWarning }: Opening,
  folder: string,
  { onEvent, token, cacheFolder, localFilesOnly }: FineTuneOptions,
): Promise<OpenDatasets> {
  const opened: Data[] = [];
  const ready: Ready[] = [];
  const files: AsyncDisposable[] = [];
  const close = async () => {
    for (const file of files) await file[Symbol.asyncDispose]();
  };
  let read = 0;
  const withGuide = async (guide: Guide, { train, validation }: Ready): Promise<Ready> => {
    const onDone = (done: number, total: number) => onEvent?.({ type: "prepare", stage: "guide", done, total });
    const hub = defined({ token, cacheFolder, localFilesOnly });
    const guided = await guidedSets(guide, [train, validation], { ...hub, folder, signal, onWarning, onDone });
    files.push(guided);
    return { train: guided.sets[0]!, validation: guided.sets[1]!, guideWidth: guided.width };
  };
  try {
    for (const [index, dataset] of recipe.datasets.entries()) {
      const seed = datasetSeed(recipe.seed, index);
      await naming(dataset, async (prefix) => {
        const onRead = (rows: number) =>
          onEvent?.({ type: "prepare", stage: "read", done: read + rows, total: undefined });
        const labels = { loss: dataset.loss, dimension: student.dimension };
        const data = await openData({ ...dataset, seed }, labels, folder, { signal, onRead });
        opened.push(data);
        files.push(data);
        read += data.counts.read;
        const warn = (message: string) => onWarning(prefix + message);
        await requireBatches(dataset, data, seed, warn);
        const { guide } = dataset.loss;
        if (guide !== undefined && data.fields.isGroup) {
          throw new HpdError(
            "invalid_argument",
            "a loss with a guide takes pairs, not groups that they are drawn from",
          );
        }
        ready.push(guide === undefined ? data : await withGuide(guide, data));
        const { columns, isGroup } = data.fields;
        const [first, second] = columns;
        if (dataset.loss.pairsWithItself && !isGroup && first === second && recipe.dropout === 0) {
          warn(`both columns are ${first}: the same text twice, and no dropout that makes two embeddings of it`);
        }
      });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const datasets = recipe.datasets.map(
    ({ name, batchSize }, index): Dataset => ({
      name,
      train: ready[index]!.train,
      validation: ready[index]!.validation,
      batchSize,
      rowsByLabel: recipe.datasets[index]!.loss.groupsByLabel && rowsByLabel(opened[index]!, batchSize),
      noDuplicates: recipe.datasets[index]!.loss.hasInBatchNegatives,
    }),
  );
  const batches = batchesOfDatasets(datasets, recipe.sampling);
  return {
    datasets,
    summaries: opened.map(({ counts, fields }, index) => ({
      name: datasets[index]!.name,
      counts,
      columns: fields.columns,
      label: fields.label,
      classes: fields.classes,
      batches: batches[index]!,
    })),
    guideWidths: ready.map(({ guideWidth }) => guideWidth),
    counts: opened.map(({ counts }) => counts).reduce(sumOfCounts),
    textBytes: opened.reduce((sum, { textBytes }) => sum + textBytes, 0),
    fingerprint: fingerprintOf(opened),
    [Symbol.asyncDispose]: close,
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

function fingerprintOf(opened: readonly Data[]): string {
  const [first, ...others] = opened.map(({ fingerprint }) => fingerprint);
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

/** Errors and warnings say which dataset they are about, if there are several. */
async function naming({ name }: Pick<TrainDataset, "name">, work: (prefix: string) => Promise<void>): Promise<void> {
  const prefix = name === "" ? "" : `dataset ${name}: `;
  try {
    await work(prefix);
  } catch (cause) {
    throw ofDataset(name, cause);
  }
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
