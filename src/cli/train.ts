/** `hpd train`: a model and rows of texts become a model of one's own. */
import type { FineTuningEvent, FineTuningPreparedEvent } from "../train.ts";
import { type Command, UsageError } from "./command.ts";
import { grouped } from "./progress.ts";
import { runTraining, trainingFlags } from "./run-training.ts";
import { readSettings } from "./settings/read.ts";
import { flagsOf } from "./settings/table.ts";
import { datasetText } from "./train/dataset-text.ts";
import { planText } from "./train/plan.ts";
import { help, settings } from "./train/settings.ts";
import { type ProgressTexts, TrainingProgress } from "./training-progress.ts";

const texts: ProgressTexts<FineTuningEvent> = { stages: { read: "rows read" }, summary, settings };

export const trainCommand: Command = {
  summary: "fine-tune a model on pairs, triplets, scores or labels",
  help: `Usage: hpd train --model NAME --data FILE --out FOLDER [options]

Trains a model further on rows of texts: pairs of a question and its answer, triplets with a hard negative, pairs with
scores or labels. With the default loss the other rows of a batch are the negatives, so that pairs alone will do. The
result is a sentence-transformers folder, for Python and for hpd.

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
  Pairs with scores, and embeddings that can be cut:
    hpd train --model my-model --data scored.csv --columns left,right --label score --loss cosent \\
      --matryoshka 384,128,64 --out my-second-model`,
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
    // Here, so that other commands start without it.
    const { planTraining, train } = await import("../train.ts");
    const { trainOptions } = await import("./train/options.ts");
    const { measuresOf } = await import("./measures.ts");
    const { evaluator, tasks, out, "task-data": data } = values;
    const options = {
      ...trainOptions(values),
      ...(await measuresOf({ evaluator, tasks, out, data }, signal)),
      resume: flags.resume === true,
      overwrite: flags.overwrite === true,
      signal,
      onEvent: (event: FineTuningEvent) => progress.onEvent(event),
    };
    await runTraining(
      { flags, signal },
      {
        progress,
        run: () => train(options),
        plan: () => planTraining(options),
        planText,
        stoppedBefore: "stopped",
      },
    );
  },
};

function summary({ counts, datasets, ...event }: FineTuningPreparedEvent): string[] {
  const left = [
    `${grouped(counts.empty)} with an empty text`,
    `${grouped(counts.contradictory)} whose negative is none`,
  ];
  return [
    `${grouped(counts.train)} rows to train on, ${grouped(counts.validation)} held out (left out: ${left.join(", ")})`,
    ...datasets.map((dataset) => datasetText(dataset)),
    `model: ${grouped(event.parameters)} weights, ${grouped(event.totalSteps)} steps` +
      (event.resumedFrom > 0 ? `, ${grouped(event.resumedFrom)} of them made before` : ""),
  ];
}
