/** `hpd distill`: trains a small model to reproduce the embeddings of a teacher. */
import { fileURLToPath } from "node:url";
import type { DistillOptions } from "../train.ts";
import { defineCommand, requireNoArguments } from "./command.ts";
import { distillOptions } from "./distill/options.ts";
import { planText } from "./distill/plan.ts";
import { distillTexts } from "./distill/progress.ts";
import { sections } from "./distill/settings.ts";
import { runTeacherShards } from "./distill/teacher-shards.ts";
import { queueOf } from "./queue/settings.ts";
import { runTraining } from "./run-training.ts";
import { shortPath } from "./short-path.ts";
import { TrainingProgress } from "./training-progress.ts";

export const distillCommand = defineCommand({
  summary: "train a small model to reproduce a teacher's embeddings",
  usage: "distill --teacher NAME --student NAME --sentences FILE --out FOLDER [options]",
  about: `
    Homomorphic Projective Distillation (arXiv 2203.07687). The teacher embeds the sentences, a PCA reduces its embeddings
    to targets of fewer dimensions, and the student is trained to reproduce these targets: a model that is small, fast and
    close to its teacher. The result is a sentence-transformers folder, for Python and for hpd. No labels are needed: any
    sentences of the kind that the model is for will do.`,
  sections,
  notes: `
    Ctrl-C finishes the current step, writes a checkpoint and stops. --resume continues, also after a crash, and ends with
    the same weights as a run without interruption. Teacher embeddings are stored and computed only once.`,
  examples: {
    "A 128-dimensional student with three layers of its teacher":
      "hpd distill --teacher sentence-transformers/all-MiniLM-L6-v2 \\\n" +
      "  --student sentence-transformers/all-MiniLM-L6-v2 --layers 1,3,5 \\\n" +
      "  --sentences sentences.txt.gz --limit 320000 --max-samples 1000000 \\\n" +
      "  --batch-size 128 --learning-rate 3e-4 --warmup 200 --out my-model",
    "Two teachers, the first with twice the weight":
      "hpd distill --teacher sentence-transformers/all-mpnet-base-v2=2 \\\n" +
      "  --teacher sentence-transformers/all-MiniLM-L6-v2 ...",
    "The paper's model, with one change": `hpd distill --recipe ${paperRecipe()} \\\n  --epochs 1 --out my-model`,
  },
  async run({ values, positionals, signal }) {
    requireNoArguments(positionals, "give sentences by --sentences, a recipe by --recipe");
    if (values.shards !== undefined || values.shard !== undefined || queueOf(values) !== undefined) {
      return runTeacherShards(distillOptions(values), values, signal);
    }
    // Imported here, so that other commands start without it.
    const { distill, planDistillation } = await import("../train.ts");
    const { measuresOf } = await import("./measures.ts");
    const progress = new TrainingProgress(values.quiet === true, distillTexts);
    const options: DistillOptions = {
      ...distillOptions(values),
      ...(await measuresOf(values, signal)),
      resume: values.resume === true,
      overwrite: values.overwrite === true,
      signal,
      onEvent: (event) => progress.onEvent(event),
    };
    await runTraining(
      { values, signal },
      {
        progress,
        run: () => distill(options),
        plan: () => planDistillation(options),
        planText,
        stoppedBefore:
          "stopped; the teacher embeddings computed so far are kept: run the same command again to continue",
      },
    );
  },
});

/** The path of the paper's recipe as it can be typed here, wherever this package is installed. */
function paperRecipe(): string {
  return shortPath(fileURLToPath(new URL("../../recipes/hpd-tinybert.yaml", import.meta.url)));
}
