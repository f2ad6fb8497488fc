/** Tasks read from files of texts or pairs of texts with a column `label`: a name or a number. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { HpdError } from "../../errors.ts";
import { rowFormatOf, rowFormats } from "../../texts/open-rows.ts";
import { fieldOf, textOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import { BinaryClassificationEvaluator } from "../evaluators/binary-classification.ts";
import { ClassificationEvaluator } from "../evaluators/classification.ts";
import { ClusteringEvaluator, type LabelledTexts } from "../evaluators/clustering.ts";
import { pairLabelOf } from "./pair-label.ts";
import { folderNameOf, rowsOfFile, taskNameOf } from "./rows-of-file.ts";
import type { Task } from "./task.ts";

/** A clustering task: a file of rows with `text` and `label`. */
export function clusteringTask(file: string, name = taskNameOf(file)): Task {
  return {
    name,
    isOwnFile: true,
    load: async (_, signal) => [new ClusteringEvaluator(await readLabelledTexts(file, signal), { name })],
  };
}

/** A classification task: a folder with the files `train` and `test`, of any format, with `text` and `label`. */
export function classificationTask(folder: string, name = folderNameOf(folder)): Task {
  return {
    name,
    isOwnFile: true,
    async load(_, signal) {
      const [train, test] = [findPart(folder, "train"), findPart(folder, "test")];
      return [
        new ClassificationEvaluator(await readLabelledTexts(train, signal), await readLabelledTexts(test, signal), {
          name,
        }),
      ];
    },
  };
}

/** A pair classification task: a file of rows with `sentence1`, `sentence2` and `label`, as `pairLabelOf` reads it. */
export function pairsTask(file: string, name = taskNameOf(file)): Task {
  return {
    name,
    isOwnFile: true,
    async load(_, signal) {
      const columns = ["sentence1", "sentence2", "label"] as const;
      const pairs = { sentences1: [] as string[], sentences2: [] as string[], labels: [] as number[] };
      for await (const row of rowsOfFile(file, columns, signal)) {
        pairs.sentences1.push(textOf(row, columns[0]));
        pairs.sentences2.push(textOf(row, columns[1]));
        pairs.labels.push(pairLabelOf(labelOf(row), row.place));
      }
      return [new BinaryClassificationEvaluator(pairs, { name })];
    },
  };
}

async function readLabelledTexts(file: string, signal?: AbortSignal): Promise<LabelledTexts> {
  const texts: string[] = [];
  const labels: string[] = [];
  for await (const row of rowsOfFile(file, ["text", "label"], signal)) {
    texts.push(textOf(row, "text"));
    labels.push(labelOf(row));
  }
  return { texts, labels };
}

function labelOf(row: Row): string {
  const label = fieldOf(row, "label");
  return ["number", "bigint", "boolean"].includes(typeof label) ? String(label) : textOf(row, "label");
}

function findPart(folder: string, part: string): string {
  let files: string[] = [];
  try {
    files = readdirSync(folder);
  } catch {
    // Reported below.
  }
  const found = files.filter((file) => taskNameOf(file) === part && rowFormatOf(file) !== undefined);
  if (found.length === 1) return join(folder, found[0]!);
  const problem = found.length === 0 ? "no file" : `${found.join(" and ")} for`;
  throw new HpdError(
    "not_found",
    `${folder} has ${problem} ${part}. Expected two files in it, train and test, ending in one of ${rowFormats.join(", ")} ` +
      "(all but parquet also in .gz or .zst), with the columns text and label",
  );
}
