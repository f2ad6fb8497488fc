/** `hpd distill`: a teacher, a student and sentences become a small model. */
import { fileURLToPath } from "node:url";
import type { DistillOptions } from "../train.ts";
import { type Command, UsageError } from "./command.ts";
import { distillOptions } from "./distill/options.ts";
import { planText } from "./distill/plan.ts";
import { distillTexts } from "./distill/progress.ts";
import { help, settings } from "./distill/settings.ts";
import { runTraining, trainingFlags } from "./run-training.ts";
import { readSettings } from "./settings/read.ts";
import { flagsOf } from "./settings/table.ts";
import { shortPath } from "./short-path.ts";
import { TrainingProgress } from "./training-progress.ts";

export const distillCommand: Command = {
  summary: "a teacher and sentences make a small model",
  help: `Usage: hpd distill --teacher NAME --student NAME --sentences FILE --out FOLDER [options]

Homomorphic Projective Distillation (arXiv 2203.07687). The teacher embeds the sentences, a PCA of its embeddings makes
targets of a few dimensions, and the student learns to give these targets: a model that is small, fast and close to its
teacher. The result is a sentence-transformers folder, for Python and for hpd. No labels are needed: any sentences of
the kind that the model is for.

${help}

Run:
  --recipe FILE                 a YAML or JSON file with any of the settings above, such as "dim: 128" or
                                "batch-size: 64" (batchSize too); flags win over it
  --resume                      go on from the latest checkpoint, if there is one
  --overwrite                   replace what is there
  --dry-run                     say what would be done, how long it would take and how much disk it needs: measured
                                with a few batches
  --json                        at the end, print the outcome, or the plan, as JSON
  --quiet                       say nothing on stderr but errors

Ctrl-C finishes the step under way, writes a checkpoint and stops; --resume goes on as if it had never been stopped, and
so it does after a crash, from the latest checkpoint. Teacher embeddings are kept and made only once.

Examples:
  A 128-dimensional student of three layers of its teacher:
    hpd distill --teacher sentence-transformers/all-MiniLM-L6-v2 \\
      --student sentence-transformers/all-MiniLM-L6-v2 --layers 1,3,5 \\
      --sentences sentences.txt.gz --limit 320000 --max-samples 1000000 --batch-size 128 --learning-rate 3e-4 \\
      --warmup 200 --out my-model
  Two teachers, the first one counting twice:
    hpd distill --teacher sentence-transformers/all-mpnet-base-v2=2 --teacher sentence-transformers/all-MiniLM-L6-v2 ...
  The paper's model, with a change:
    hpd distill --recipe ${paperRecipe()} --epochs 1 --out my-model`,
  options: {
    ...flagsOf(settings),
    ...trainingFlags,
  },
  async run({ flags, positionals, signal }) {
    if (positionals.length > 0) {
      throw new UsageError(`what is ${positionals[0]} for? Sentences come with --sentences, a recipe with --recipe`);
    }
    // Here, so that other commands start without it.
    const { distill, planDistillation } = await import("../train.ts");
    const { measuresOf } = await import("./measures.ts");
    const progress = new TrainingProgress(flags.quiet === true, distillTexts);
    const values = await readSettings(flags, settings);
    const options: DistillOptions = {
      ...distillOptions(values),
      ...(await measuresOf(values, signal)),
      resume: flags.resume === true,
      overwrite: flags.overwrite === true,
      signal,
      onEvent: (event) => progress.onEvent(event),
    };
    await runTraining(
      { flags, signal },
      {
        progress,
        run: () => distill(options),
        plan: () => planDistillation(options),
        planText,
        stoppedBefore: "stopped; the teacher embeddings made so far are kept: the same command goes on",
      },
    );
  },
};

/** The paper's recipe as it can be typed here, wherever this package is installed. */
function paperRecipe(): string {
  return shortPath(fileURLToPath(new URL("../../recipes/hpd-tinybert.yaml", import.meta.url)));
}
