/** The datasets of `train`: what is said of each, or of the only one beside the other options. */
import { requirePositive, requirePositiveInteger } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import type { Optional } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { type DataFile, dataFile } from "../training/data/data-file.ts";
import type { Loss, RowLoss } from "../training/losses/loss.ts";

import { type PromptOptions, requireByColumn } from "./prompts.ts";

/** Rows of texts, and the loss that they are for. */
export interface TrainDataset<L extends RowLoss = Loss> extends PromptOptions {
  /** Name in events, report and card. Default: the name of its first file. */
  readonly name: string;
  /** Files of rows: pairs, triplets, texts with scores or labels. */
  readonly data: readonly DataFile[];
  readonly loss: L;
  /** Factor of the loss. Default 1. */
  readonly weight: number;
  /**
   * The fields that hold texts, in the order in which the loss takes them. Default: by their names, such as `anchor`.
   */
  readonly columns: readonly string[] | undefined;
  /** The field that holds the label. Default: by its name, such as `score`. */
  readonly label: string | undefined;
  /** Rows to hold out, or files of them. Default: a tenth, at most 1000. */
  readonly validation: number | readonly DataFile[] | undefined;
  /** Rows of a batch. Default 32. With in-batch negatives more are better; memory does not grow with it. */
  readonly batchSize: number;
}

/** A dataset's options. Its loss, batch size, validation and prompts default to those beside `datasets`. */
export type TrainDatasetOptions<L extends RowLoss = Loss> = Pick<TrainDataset<L>, "data"> &
  Optional<Omit<TrainDataset<L>, "data">>;

/** One dataset beside the other options, or several in a list. */
export type TrainDataOptions<L extends RowLoss = Loss> = Optional<
  Pick<TrainDataset<L>, "data" | "loss" | "columns" | "label" | "validation" | "prompts" | "promptNames">
> & {
  readonly datasets?: readonly TrainDatasetOptions<L>[] | undefined;
};

/** The function whose options are read, and its check of losses. */
export interface DatasetReader {
  /** The public function, for messages. */
  readonly caller: string;
  /** @throws HpdError `invalid_argument` naming the losses that there are */
  requireLoss(loss: unknown, name: string): void;
}

/** Types of the options of one dataset: a part of an `OptionTable`. */
export const dataOptionTypes = {
  data: [dataFile],
  loss: "any",
  columns: "any",
  label: "string",
  validation: "any",
  prompts: "any",
  promptNames: "any",
} as const;

const datasetTable: OptionTable<TrainDatasetOptions> = {
  ...dataOptionTypes,
  name: "string",
  weight: "number",
  batchSize: "number",
};

/** Options that say something of one dataset alone. */
const ofOne = ["data", "columns", "label"] as const;

/**
 * @param batchSize of a dataset that says nothing of it
 * @throws HpdError `invalid_argument` for invalid options
 */
export function datasetsOf<L extends RowLoss>(
  { datasets, ...own }: TrainDataOptions<L>,
  batchSize: number,
  reader: DatasetReader,
): TrainDataset<L>[] {
  const { caller } = reader;
  if (datasets === undefined) {
    return [datasetOf({ ...own, data: own.data! }, { batchSize }, "", reader)];
  }
  const misplaced = ofOne.find((name) => own[name] !== undefined);
  if (misplaced !== undefined) {
    throw new HpdError(
      "invalid_argument",
      `${caller}: ${misplaced} is that of one dataset: say it in each of the datasets`,
    );
  }
  if (typeof own.validation === "object") {
    throw new HpdError(
      "invalid_argument",
      `${caller}: files for validation are those of one dataset: say them in each`,
    );
  }
  if (!Array.isArray(datasets) || datasets.length === 0) {
    throw new HpdError(
      "invalid_argument",
      `${caller}: datasets should be a list of datasets, got ${Array.isArray(datasets) ? "none" : describe(datasets)}`,
    );
  }
  const given = datasets.map((dataset, index) =>
    datasetOf(dataset, { ...own, batchSize }, `datasets[${index}].`, reader),
  );
  return withNames(given, caller);
}

function datasetOf<L extends RowLoss>(
  options: TrainDatasetOptions<L>,
  defaults: Optional<Pick<TrainDataset<L>, "batchSize" | "loss" | "validation" | "prompts" | "promptNames">>,
  path: string,
  reader: DatasetReader,
): TrainDataset<L> {
  const { caller } = reader;
  const place = path === "" ? caller : `${caller}: ${path.slice(0, -1)}`;
  const given = checkedOptions(place, options, datasetTable as OptionTable<TrainDatasetOptions<L>>);
  const { name = "", data, loss = defaults.loss, weight = 1, columns, label } = given;
  const { validation = defaults.validation, batchSize = defaults.batchSize! } = given;
  if (data === undefined) throw new HpdError("invalid_argument", `${caller}: ${path}data is missing`);
  if (loss === undefined) throw new HpdError("invalid_argument", `${caller}: ${path}loss is missing`);
  if (data.length === 0) {
    throw new HpdError("invalid_argument", `${caller}: ${path}data should be files of rows, got none`);
  }
  reader.requireLoss(loss, `${caller}: ${path}loss`);
  if (columns !== undefined && !(Array.isArray(columns) && columns.every((column) => typeof column === "string"))) {
    throw new HpdError("invalid_argument", `${path}columns should be a list of fields, got ${describe(columns)}`);
  }
  if (typeof validation === "object") {
    checkedOptions(caller, { validation }, { validation: [dataFile] });
    if (validation.length === 0) {
      throw new HpdError("invalid_argument", `${caller}: ${path}validation should be files of rows, got none`);
    }
  } else if (validation !== undefined) requirePositiveInteger(`${path}validation`, validation);
  requirePositive(`${path}weight`, weight);
  requirePositiveInteger(`${path}batchSize`, batchSize);
  const own = given.prompts !== undefined || given.promptNames !== undefined;
  const { prompts, promptNames } = own ? given : defaults;
  for (const [option, value] of Object.entries({ prompts, promptNames })) requireByColumn(path + option, value);
  return { name, data, loss, weight, columns, label, validation, prompts, promptNames, batchSize };
}

/** Names them by their files where they have none, and numbers those that would be the same. */
function withNames<L extends RowLoss>(datasets: readonly TrainDataset<L>[], caller: string): TrainDataset<L>[] {
  const names = new Set(datasets.map(({ name }) => name).filter((name) => name !== ""));
  const twice = [...names].find((name) => datasets.filter((dataset) => dataset.name === name).length > 1);
  if (twice !== undefined) {
    throw new HpdError("invalid_argument", `${caller}: two datasets have the name ${describe(twice)}`);
  }
  return datasets.map((dataset) => {
    if (dataset.name !== "") return dataset;
    const base = fileName(dataset.data[0]!.path);
    let name = base;
    for (let number = 2; names.has(name); number++) name = `${base}-${number}`;
    names.add(name);
    return { ...dataset, name };
  });
}

/** The name of a file without folder and extensions: `nli` of `data/nli.jsonl.gz`. */
function fileName(path: string): string {
  const [name] = path.split(/[\\/]/).slice(-1);
  return name!.replace(/(?<=.)\..*$/s, "");
}
