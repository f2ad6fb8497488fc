/** `hpd train`: fine-tunes a model on rows of texts. */

import { counted, grouped } from "../common/numbers.ts";
import type { FineTuningEvent, FineTuningPreparedEvent, TrainOptions } from "../train.ts";
import { defineCommand, requireNoArguments } from "./command.ts";
import { runTraining } from "./run-training.ts";
import { datasetText } from "./train/dataset-text.ts";
import { planText, weightsText } from "./train/plan.ts";
import { sections, settings, type Values } from "./train/settings.ts";
import { type ProgressTexts, TrainingProgress } from "./training-progress.ts";

const texts: ProgressTexts<FineTuningEvent> = {
  stages: { read: "rows read", guide: "rows embedded by the guide" },
  summary,
  settings,
};

export const trainCommand = defineCommand({
  summary: "fine-tune a model on pairs, triplets, scores or labels",
  usage: "train --model NAME --data FILE --out FOLDER [options]",
  about: `
    Trains a model further on rows of texts: pairs of a question and its answer, triplets with a hard negative, pairs with
    scores or labels. With the default loss the other rows of a batch are the negatives, so pairs are enough. The result
    is a sentence-transformers folder, for Python and for hpd.

    A model that is a cross-encoder, or becomes one by --cross-encoder, learns to score pairs: the first column with each
    other column. It is evaluated on the held-out rows, by a metric that fits the loss, and the best state is kept:
    average precision for labels 0 and 1, Spearman's correlation for other scores, macro F1 for classes, nDCG@10 for rows
    with negatives.`,
  sections,
  notes: `
    Ctrl-C finishes the current step, writes a checkpoint and stops. --resume continues, also after a crash, and ends with
    the same weights as a run without interruption.`,
  examples: {
    'Train on pairs with the fields "query" and "positive"':
      "hpd train --model sentence-transformers/all-MiniLM-L6-v2 --data pairs.jsonl \\\n" +
      "  --batch-size 64 --out my-model",
    "Train on pairs labelled entailment, neutral, contradiction, as Sentence-BERT was":
      "hpd train --model my-model --data nli.jsonl --columns premise,hypothesis --loss softmax \\\n" +
      "  --out my-nli-model",
    "Train on pairs with scores, for embeddings that can be truncated":
      "hpd train --model my-model --data scored.csv --columns left,right --label score --loss cosent \\\n" +
      "  --matryoshka 384,128,64 --out my-second-model",
    "Train a reranker on queries and passages labelled 1 and 0, with three negatives per positive":
      "hpd train --cross-encoder --model my-model --data judged.jsonl --pos-weight 3 --out my-reranker",
    "Train a classifier of pairs whose labels are names":
      "hpd train --cross-encoder --model my-model --data nli.jsonl \\\n" +
      "  --labels contradiction,entailment,neutral --out my-nli",
  },
  async run({ values, positionals, signal }) {
    requireNoArguments(positionals, "give rows by --data, a recipe by --recipe");
    const progress = new TrainingProgress<FineTuningEvent>(values.quiet === true, texts);
    const running = {
      resume: values.resume === true,
      overwrite: values.overwrite === true,
      signal,
      onEvent: (event: FineTuningEvent) => progress.onEvent(event),
    };
    const { run, plan } = await ((await isCrossEncoder(values)) ? forCrossEncoder : forEmbedder)(values, running);
    await runTraining({ values, signal }, { progress, run, plan, planText, stoppedBefore: "stopped" });
  },
});

type Running = Pick<TrainOptions, "resume" | "overwrite" | "onEvent"> & { readonly signal: AbortSignal };

// Modules that train are imported in these functions, so that other commands start without them.

async function forEmbedder(values: Values, running: Running) {
  const { planTraining, train } = await import("../train.ts");
  const { trainOptions } = await import("./train/options.ts");
  const { measuresOf } = await import("./measures.ts");
  const { recipeText } = await import("./train/recipe-text.ts");
  const { evaluator, tasks, out, "task-data": data } = values;
  const measures = await measuresOf({ evaluator, tasks, out, data }, running.signal);
  const options = { ...trainOptions(values), ...measures, ...running, recipeFile: recipeText(values) };
  return { run: () => train(options), plan: () => planTraining(options) };
}

async function forCrossEncoder(values: Values, running: Running) {
  const { planCrossEncoderTraining, trainCrossEncoder } = await import("../train.ts");
  const { crossEncoderOptions } = await import("./train/cross-encoder-options.ts");
  const { recipeText } = await import("./train/recipe-text.ts");
  const options = { ...crossEncoderOptions(values), ...running, recipeFile: recipeText(values) };
  return { run: () => trainCrossEncoder(options), plan: () => planCrossEncoderTraining(options) };
}

/** Whether the model is a cross-encoder or becomes one. @throws UsageError for settings of cross-encoders if it isn't */
async function isCrossEncoder(values: Values): Promise<boolean> {
  if (values["cross-encoder"]) return true;
  const { model, offline } = values;
  const { isCrossEncoder } = await import("../cross-encoder/is-cross-encoder.ts");
  const { refuseCrossEncoderSettings } = await import("./train/cross-encoder-options.ts");
  const is = await isCrossEncoder(model, { localFilesOnly: offline === true });
  if (!is) refuseCrossEncoderSettings(values);
  return is;
}

function summary({ counts, datasets, ...event }: FineTuningPreparedEvent): string[] {
  const left = [
    `${grouped(counts.empty)} with an empty text`,
    `${grouped(counts.contradictory)} whose negative is none`,
  ];
  return [
    `${counted(counts.train, "row")} to train on, ${grouped(counts.validation)} held out (left out: ${left.join(", ")})`,
    ...datasets.map((dataset) => datasetText(dataset)),
    `model: ${weightsText(event)}, ${counted(event.totalSteps, "step")}` +
      (event.resumedFrom > 0 ? `, ${grouped(event.resumedFrom)} of them done before` : ""),
  ];
}
