/** Sets up `trainCrossEncoder`: a model that scores pairs, and how it is trained. */
import { HpdError } from "../../errors.ts";
import { crossEncoderKind } from "../../publishing/card/card-kind.ts";
import { requireScore } from "../../training/loop/evaluator.ts";
import { timesWeight } from "../../training/losses/times-weight.ts";
import { requireMainThread } from "../../training/run/checks.ts";
import { tuningOf } from "../../training/tuning/tuning.ts";
import type { TrainDataset } from "../dataset-options.ts";
import type { ModelKind } from "../model-kind.ts";
import { openFineTuning, type Setup } from "../set-up.ts";
import { type CrossEncoderEvaluator, evaluatorOfRows } from "./evaluator.ts";
import { type CrossEncoderLoss, learnerLossOf, type PairShape } from "./losses/cross-encoder-loss.ts";
import { type CrossEncoderStudent, openCrossEncoder } from "./open-cross-encoder.ts";
import { crossEncoderRecipeOf, type TrainCrossEncoderOptions, type TrainCrossEncoderRecipe } from "./options.ts";
import { PairEncoder } from "./pair-encoder.ts";
import { scoreWith } from "./score-pairs.ts";

/** Checks everything and writes nothing. @throws HpdError as `trainCrossEncoder` does before any work */
export async function setUpCrossEncoder(
  name: string,
  options: TrainCrossEncoderOptions,
): Promise<Setup<CrossEncoderLoss>> {
  requireMainThread(name);
  const recipe = crossEncoderRecipeOf(options);
  const run = await openFineTuning(recipe, options);
  const { model, revision, numLabels, labels, seed } = recipe;
  const { token, cacheFolder, localFilesOnly } = options;
  const opened = await openCrossEncoder({
    ...{ model, revision, numLabels, labels, seed },
    ...{ token, cacheFolder, localFilesOnly, onWarning: run.onWarning },
  });
  const datasets = recipe.datasets.map((dataset) => withLabels(dataset, opened));
  requireLength(recipe, opened);
  return {
    ...run,
    recipe: { ...recipe, datasets },
    student: opened.student,
    tuning: tuningOf(opened.student, recipe),
    kind: crossEncoder(recipe, opened, options.evaluator, run.onWarning),
  };
}

/** @throws HpdError `invalid_argument` for a loss that is for another number of scores */
function withLabels(
  dataset: TrainDataset<CrossEncoderLoss>,
  { labels }: CrossEncoderStudent,
): TrainDataset<CrossEncoderLoss> {
  const { loss } = dataset;
  const [name] = Object.keys(loss.recipe);
  if ((loss.scores === "one") !== (labels.length === 1)) {
    throw new HpdError(
      "invalid_argument",
      loss.scores === "one"
        ? `${name} is for a model with one label, and this one has ${labels.length}: take crossEntropy`
        : `${name} is for a model with several labels, and this one has one: name them, \`labels: ["no", "yes"]\`, or ` +
            "take binaryCrossEntropy, mse, marginMse, multipleNegativesRanking or listNet",
    );
  }
  const labelRange = loss.labelRangeOf?.(labels.length) ?? loss.labelRange;
  const labelNames = loss.scores === "several" && { labelNames: labels };
  return { ...dataset, loss: { ...loss, ...(labelRange && { labelRange }), ...labelNames } };
}

function crossEncoder(
  { batchSize, maxSeqLength, prompt }: TrainCrossEncoderRecipe,
  { tokenizer, maxLength, hasTypes, labels, hasNewHead }: CrossEncoderStudent,
  evaluator: CrossEncoderEvaluator | undefined,
  onWarning: (message: string) => void,
): ModelKind<CrossEncoderLoss> {
  const encoderOf = (others: number, length = maxLength) =>
    new PairEncoder({ tokenizer, maxLength: length, hasTypes, prompt }, others);
  const shapeOf = ({ loss, batchSize }: TrainDataset<CrossEncoderLoss>, columns: number): PairShape => {
    const pairs = columns - 1;
    return { pairs, others: loss.othersOf?.(pairs, batchSize) ?? 0, scores: labels.length };
  };
  return {
    madeBy: "trainCrossEncoder",
    hasTypes,
    labels,
    maxLength,
    tokenizer,
    objectiveOf(dataset, columns) {
      const shape = shapeOf(dataset, columns);
      const loss = timesWeight(learnerLossOf(dataset.loss, shape), dataset.weight);
      return { loss, columns: shape.pairs + shape.others };
    },
    encoderOf: (dataset, columns) => encoderOf(shapeOf(dataset, columns.length).others, maxSeqLength),
    async measureOf(losses, heldOut) {
      const evaluators = evaluator
        ? [evaluator]
        : (await heldOut()).map((rows, index) => evaluatorOfRows(losses[index]!, rows));
      const name = [...new Set(evaluators.map(({ name }) => name))].join(", ");
      let isWarned = false;
      return {
        name,
        async score(learner) {
          const score = scoreWith(learner, encoderOf(0), batchSize);
          const scores: number[] = [];
          for (const each of evaluators) scores.push(requireScore(each.name, await each.evaluate(score)));
          const defined = scores.filter(Number.isFinite);
          if (defined.length < scores.length && !isWarned) {
            isWarned = true;
            onWarning(
              `${name} is undefined where labels or scores of held-out rows are all alike: where no score is left, the ` +
                "lowest loss decides which state is kept. Hold out more rows",
            );
          }
          return defined.reduce((sum, value) => sum + value, 0) / defined.length;
        },
      };
    },
    scoresOf: async () => [],
    card: crossEncoderKind(labels),
    summary: (base) => {
      const what =
        labels.length === 1 ? "a score for a pair of texts" : `one of ${labels.length} labels for a pair of texts`;
      const from = hasNewHead ? `${base} with a classification head` : base;
      return `This is a [cross-encoder](https://www.sbert.net) of sentence-transformers: it gives ${what}.
It is ${from}, fine-tuned with hpd.`;
    },
  };
}

/** @throws HpdError `invalid_argument` for a length above the model's, or without room for two texts */
function requireLength({ maxSeqLength }: TrainCrossEncoderRecipe, { tokenizer, maxLength }: CrossEncoderStudent): void {
  if (maxSeqLength === undefined) return;
  const special = tokenizer.encodePair("", "", maxLength).ids.length;
  if (maxSeqLength > special && maxSeqLength <= maxLength) return;
  throw new HpdError(
    "invalid_argument",
    `maxSeqLength should be from ${special + 1}, more than the special tokens, to ${maxLength}, the length of the model, ` +
      `got ${maxSeqLength}`,
  );
}
