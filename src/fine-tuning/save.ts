/** What is left of a fine-tuning: the model with its card. */
import { basename, resolve } from "node:path";
import { modelCard, trainingSummary } from "../publishing/card/model-card.ts";
import { nameOf, readOrigin } from "../publishing/card/origins.ts";
import { packageVersion } from "../publishing/package-version.ts";
import { saveStudent } from "../publishing/save-model.ts";
import type { Learner } from "../training/learner/learner.ts";
import { embedWith } from "../training/loop/evaluator.ts";
import type { LoopState } from "../training/loop/loop-state.ts";
import { grouped } from "../training/report/text.ts";
import type { RunRecord } from "../training/run/run-record.ts";
import type { Student } from "../training/student/student.ts";
import type { TrainDataset } from "./dataset-options.ts";
import type { DatasetSummary, FineTuningPreparedEvent } from "./events.ts";
import { type TrainOptions, type TrainRecipe, trainIdentityOf } from "./options.ts";

export interface FineTuned {
  readonly recipe: TrainRecipe;
  readonly student: Student;
  readonly prepared: FineTuningPreparedEvent;
  /** Holds the state to be saved. */
  readonly learner: Learner;
  readonly end: LoopState;
  readonly record: RunRecord;
  /** Whether a folder that is there may be replaced. */
  readonly mayReplace: boolean;
}

/** @throws HpdError where the folder can't be written or replaced */
export async function saveFineTuned(
  { out, precision, evaluator, measure, signal, token, cacheFolder, localFilesOnly }: TrainOptions,
  { recipe, student, prepared, learner, end, record, mayReplace }: FineTuned,
): Promise<void> {
  const { model, revision } = recipe;
  const origin = await readOrigin("base", model, { revision, token, cacheFolder, localFilesOnly }, signal);
  const card = modelCard({
    name: basename(resolve(out)),
    tags: ["generated_from_trainer"],
    summary: `This is a [sentence-transformers](https://www.sbert.net) model: it maps texts to vectors of ${prepared.dimension}
dimensions. It is ${nameOf(model, [origin])}, fine-tuned with hpd.`,
    dimension: prepared.dimension,
    parameters: prepared.parameters,
    maxSeqLength: student.maxSeqLength,
    origins: [origin],
    scores: (await measure?.(embedWith(learner, student.tokenizer, recipe.batchSize))) ?? [],
    data: recipe.datasets.flatMap((dataset, index) => dataRows(dataset, prepared.datasets[index]!)),
    training: trainingSummary(end, record.curves.validations, evaluator?.name),
    recipe: trainIdentityOf(recipe),
    madeBy: "train",
    limits: ["It has the biases of the model that it derives from, and of the rows that it was trained on."],
    citation: undefined,
    version: await packageVersion(),
  });
  const trained = student.withParameters(await learner.parameters());
  const dtype = precision === "fp16" ? "float16" : "float32";
  await saveStudent(trained, out, { dtype, overwrite: mayReplace, modelCard: card });
}

/** What the card says of a dataset. */
function dataRows({ data }: TrainDataset, { name, counts, columns, label }: DatasetSummary): [string, string][] {
  return [
    ...(name === "" ? [] : [["**dataset**", `**${name}**`] as [string, string]]),
    ["files", data.map(({ path }) => basename(path)).join(", ")],
    ["columns", columns.join(", ")],
    ...(label === undefined ? [] : [["label", label] as [string, string]]),
    ["rows in them", grouped(counts.read)],
    [
      "left out: a text is empty, a negative is no negative",
      [counts.empty, counts.contradictory].map(grouped).join(", "),
    ],
    ["trained on", grouped(counts.train)],
    ["held out for validation", grouped(counts.validation)],
  ];
}
