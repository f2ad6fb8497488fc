/** `hpd train`: a model and rows of texts become a model of one's own. */
import type { FineTuningEvent, FineTuningPreparedEvent, TrainOptions } from "../train.ts";
import { type Command, UsageError } from "./command.ts";
import { grouped } from "./progress.ts";
import { runTraining, trainingFlags } from "./run-training.ts";
import { readSettings } from "./settings/read.ts";
import { flagsOf } from "./settings/table.ts";
import { datasetText } from "./train/dataset-text.ts";
import { planText, weightsText } from "./train/plan.ts";
import { help, settings, type Values } from "./train/settings.ts";
import { type ProgressTexts, TrainingProgress } from "./training-progress.ts";

const texts: ProgressTexts<FineTuningEvent> = {
  stages: { read: "rows read", guide: "rows embedded by the guide" },
  summary,
  settings,
};

export const trainCommand: Command = {
  summary: "fine-tune a model on pairs, triplets, scores or labels",
  help: `Usage: hpd train --model NAME --data FILE --out FOLDER [options]

Trains a model further on rows of texts: pairs of a question and its answer, triplets with a hard negative, pairs with
scores or labels. With the default loss the other rows of a batch are the negatives, so that pairs alone will do. The
result is a sentence-transformers folder, for Python and for hpd.

A model that is a cross-encoder, or becomes one by --cross-encoder, learns to score pairs: the first column with each
other one. It is measured on the rows that are held out, by what the loss is for, and the best state is kept: average
precision of the labels 0 and 1, Spearman of other scores, macro F1 of classes, nDCG@10 of rows with negatives.

${help}

Run:
  --recipe FILE                 a YAML or JSON file with any of the settings above, such as "batch-size: 64" (batchSize
                                too); flags win over it
  --resume                      go on from the latest checkpoint, if there is one
  --overwrite                   replace what is there
  --dry-run                     say what would be done, how long it would take and how much disk it needs: rows are read,
                                a few batches measured
  --json                        at the end, print the outcome as JSON
  --quiet                       say nothing on stderr but errors

Ctrl-C finishes the step under way, writes a checkpoint and stops; --resume goes on as if it had never been stopped, and
so it does after a crash, from the latest checkpoint.

Examples:
  Pairs of the fields "query" and "positive", other rows' positives as negatives:
    hpd train --model sentence-transformers/all-MiniLM-L6-v2 --data pairs.jsonl --batch-size 64 --out my-model
  Pairs with labels such as entailment and contradiction, as Sentence-BERT learnt from NLI:
    hpd train --model my-model --data nli.jsonl --columns premise,hypothesis --loss softmax --out my-nli-model
  Pairs with scores, and embeddings that can be cut:
    hpd train --model my-model --data scored.csv --columns left,right --label score --loss cosent \\
      --matryoshka 384,128,64 --out my-second-model
  A reranker: pairs of a query and a passage with the labels 1 and 0, three negatives for each positive:
    hpd train --cross-encoder --model my-model --data judged.jsonl --pos-weight 3 --out my-reranker
  A classifier of pairs, whose labels are names:
    hpd train --cross-encoder --model my-model --data nli.jsonl --labels contradiction,entailment,neutral --out my-nli`,
  options: {
    ...flagsOf(settings),
    ...trainingFlags,
  },
  async run({ flags, positionals, signal }) {
    if (positionals.length > 0) {
      throw new UsageError(`what is ${positionals[0]} for? Rows come with --data, a recipe with --recipe`);
    }
    const progress = new TrainingProgress<FineTuningEvent>(flags.quiet === true, texts);
    const values = await readSettings(flags, settings);
    const running = {
      resume: flags.resume === true,
      overwrite: flags.overwrite === true,
      signal,
      onEvent: (event: FineTuningEvent) => progress.onEvent(event),
    };
    const { run, plan } = await ((await isCrossEncoder(values)) ? forCrossEncoder : forEmbedder)(values, running);
    await runTraining(
      { flags, signal },
      {
        progress,
        run,
        plan,
        planText,
        stoppedBefore: "stopped",
      },
    );
  },
};

type Running = Pick<TrainOptions, "resume" | "overwrite" | "onEvent"> & { readonly signal: AbortSignal };

// What trains is imported here, so that other commands start without it.

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

/** Whether the model is one, or is to become one. @throws UsageError for settings of cross-encoders where it isn't */
async function isCrossEncoder(values: Values): Promise<boolean> {
  if (values["cross-encoder"]) return true;
  const { model, offline } = values;
  const { isCrossEncoder } = await import("../cross-encoder/is-cross-encoder.ts");
  const { refuseCrossEncoderSettings } = await import("./train/cross-encoder-options.ts");
  const is = model !== undefined && (await isCrossEncoder(model, { localFilesOnly: offline === true }));
  if (!is) refuseCrossEncoderSettings(values);
  return is;
}

function summary({ counts, datasets, ...event }: FineTuningPreparedEvent): string[] {
  const left = [
    `${grouped(counts.empty)} with an empty text`,
    `${grouped(counts.contradictory)} whose negative is none`,
  ];
  return [
    `${grouped(counts.train)} rows to train on, ${grouped(counts.validation)} held out (left out: ${left.join(", ")})`,
    ...datasets.map((dataset) => datasetText(dataset)),
    `model: ${weightsText(event)}, ${grouped(event.totalSteps)} steps` +
      (event.resumedFrom > 0 ? `, ${grouped(event.resumedFrom)} of them made before` : ""),
  ];
}
