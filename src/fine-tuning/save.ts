/** Saves the result of a fine-tuning: the model with its card. */

import { basename, resolve } from "node:path";
import { isObject } from "../common/json.ts";
import { grouped } from "../common/numbers.ts";
import { packageVersion } from "../common/package-version.ts";
import { modelCard, trainingSummary } from "../publishing/card/model-card.ts";
import { nameOf, readOrigin } from "../publishing/card/origins.ts";
import { saveStudent } from "../publishing/save-model.ts";
import type { Learner } from "../training/learner/learner.ts";
import type { LoopState } from "../training/loop/loop-state.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import type { RunRecord } from "../training/run/run-record.ts";
import type { TrainDataset } from "./dataset-options.ts";
import type { DatasetSummary, FineTuningPreparedEvent } from "./events.ts";
import type { FineTuneOptions } from "./options.ts";
import { programOf } from "./program.ts";
import { trainIdentityOf } from "./recipe.ts";
import type { Setup } from "./set-up.ts";

export interface FineTuned<L extends RowLoss> {
  readonly setup: Setup<L>;
  readonly prepared: FineTuningPreparedEvent;
  /** Holds the state to be saved. */
  readonly learner: Learner;
  readonly end: LoopState;
  readonly record: RunRecord;
  /** Name of the score of validations; undefined without one. */
  readonly scoreName: string | undefined;
}

/** @throws HpdError where the folder can't be written or replaced */
export async function saveFineTuned<L extends RowLoss>(
  { out, weightsDtype, signal, token, cacheFolder, localFilesOnly, recipeFile, evaluator }: FineTuneOptions,
  { setup, prepared, learner, end, record, scoreName }: FineTuned<L>,
): Promise<void> {
  const { recipe, student, kind, work } = setup;
  const { model, revision } = recipe;
  const origin = await readOrigin("base", model, { revision, token, cacheFolder, localFilesOnly }, signal);
  const card = modelCard({
    name: basename(resolve(out)),
    tags: ["generated_from_trainer"],
    summary: kind.summary(nameOf(model, [origin])),
    kind: kind.card,
    parameters: prepared.parameters,
    maxSeqLength: kind.maxLength,
    origins: [origin],
    scores: await kind.scoresOf(learner),
    data: [
      ...recipe.datasets.flatMap((dataset, index) => dataRows(dataset, prepared.datasets[index]!)),
      ...trainedRows(prepared),
    ],
    training: trainingSummary(end, record.curves.validations, scoreName, "rows"),
    recipe: trainIdentityOf(recipe),
    madeBy: kind.madeBy,
    reproduction: (options) =>
      recipeFile === undefined
        ? `The program that makes it:

\`\`\`ts
${programOf(kind.madeBy, { ...options, out: basename(resolve(out)) }, evaluator?.name)}
\`\`\``
        : `Saved as \`recipe.yaml\`, \`hpd train --recipe recipe.yaml\` makes it:

\`\`\`yaml
${recipeFile}\`\`\``,
    limits: ["It has the biases of the model that it derives from, and of the rows that it was trained on."],
    citation: undefined,
    version: packageVersion,
  });
  const trained = student.withParameters(await learner.parameters());
  await saveStudent(trained, out, { weightsDtype, overwrite: work.mayReplace, modelCard: card });
}

function trainedRows({ parameters, trained }: FineTuningPreparedEvent): [string, string][] {
  return trained === parameters ? [] : [["weights that were trained", grouped(trained)]];
}

/** Rows of the card's table about a dataset. */
function dataRows(
  { data, loss }: Pick<TrainDataset<RowLoss>, "data" | "loss">,
  { name, counts, columns, label }: DatasetSummary,
): [string, string][] {
  return [
    ...(name === "" ? [] : [["**dataset**", `**${name}**`] as [string, string]]),
    ["files", data.map(({ path }) => basename(path)).join(", ")],
    // That of a group, or of a text that is its own positive, is there twice.
    ["columns", [...new Set(columns)].join(", ")],
    ...(label === undefined ? [] : [["label", label] as [string, string]]),
    ["rows in them", grouped(counts.read)],
    [
      "left out: a text is empty, a negative is no negative",
      [counts.empty, counts.contradictory].map(grouped).join(", "),
    ],
    ["trained on", grouped(counts.train)],
    ["held out for validation", grouped(counts.validation)],
    ["loss", lossName(loss.recipe)],
  ];
}

/** `cosent`, `matryoshka of cosent`, or `cosent + 0.5 x triplet`; the options stand with all others. */
function lossName(recipe: RowLoss["recipe"]): string {
  return Object.entries(recipe)
    .map(([name, options]) => {
      const { loss: inner, losses, weights } = isObject(options) ? options : {};
      if (isObject(inner)) return `${name} of ${lossName(inner)}`;
      if (!Array.isArray(losses)) return name;
      return losses
        .map((each, at) => {
          const weight = (weights as readonly number[])[at];
          return `${weight === 1 ? "" : `${weight} x `}${lossName(each)}`;
        })
        .join(" + ");
    })
    .join(", ");
}
