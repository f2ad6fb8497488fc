/** Sets up `train`: a model that embeds texts, and how it is trained. */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { embeddingKind } from "../publishing/card/card-kind.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { embedWith, rolesOf, scoreBy } from "../training/loop/evaluator.ts";
import { textEncoder } from "../training/loop/text-encoder.ts";
import type { Loss } from "../training/losses/loss.ts";
import { timesWeight } from "../training/losses/times-weight.ts";
import { requireMainThread } from "../training/run/checks.ts";
import { openStudent } from "../training/student/open-student.ts";
import type { Student } from "../training/student/student.ts";
import { tuningOf } from "../training/tuning/tuning.ts";
import type { ModelKind } from "./model-kind.ts";
import { type TrainOptions, trainRecipeOf } from "./options.ts";
import { columnPrompts } from "./prompts.ts";
import type { TrainRecipe } from "./recipe.ts";
import { openFineTuning, type Setup } from "./set-up.ts";

/** Checks everything and writes nothing. @throws HpdError as `train` does before any work */
export async function setUpEmbedder(name: string, options: TrainOptions): Promise<Setup<Loss>> {
  requireMainThread(name);
  const recipe = trainRecipeOf(options);
  const run = await openFineTuning(recipe, options);
  const { onWarning } = run;
  const { model, pooling, revision } = recipe;
  const { token, cacheFolder, localFilesOnly } = options;
  const student = await openStudent({ model, pooling, revision, token, cacheFolder, localFilesOnly, onWarning });
  requireTextLength(recipe, student);
  warnOfDefaultPrompt(recipe, student, onWarning);
  const tuning = tuningOf(student, recipe);
  return { ...run, recipe, student, tuning, kind: embedder(recipe, student, options) };
}

function embedder(
  { batchSize, maxSeqLength }: TrainRecipe,
  student: Student,
  { evaluator, measure }: TrainOptions,
): ModelKind<Loss> {
  const { dimension, tokenizer } = student;
  const ownTokenizer = cutting(tokenizer, maxSeqLength);
  return {
    madeBy: "train",
    hasTypes: false,
    maxLength: student.maxSeqLength,
    tokenizer: ownTokenizer,
    objectiveOf({ loss, weight }, columns, { guideWidth, classes }) {
      const guided = loss.withGuide?.(guideWidth!) ?? loss;
      return { loss: timesWeight(guided.withClasses?.(classes!) ?? guided, weight), columns };
    },
    encoderOf: (dataset, columns) => {
      const prompts = columnPrompts(dataset, columns, student, maxSeqLength ?? tokenizer.maxLength);
      return prompts && textEncoder(ownTokenizer, prompts);
    },
    // At the model's own length.
    measureOf: async () => evaluator && { name: evaluator.name, score: scoreBy(evaluator, student, batchSize)! },
    scoresOf: async (learner) => (await measure?.(embedWith(learner, student, batchSize), rolesOf(student))) ?? [],
    card: embeddingKind(dimension),
    summary: (
      base,
    ) => `This is a [sentence-transformers](https://www.sbert.net) model: it maps texts to vectors of ${dimension}
dimensions. It is ${base}, fine-tuned with hpd.`,
  };
}

/** A tokenizer that cuts texts to the length of the recipe. */
function cutting(tokenizer: Tokenizer, length: number | undefined): Pick<Tokenizer, "encode"> {
  return { encode: (text) => tokenizer.encode(text, length) };
}

/** Warns of a default prompt that training doesn't use, as Python doesn't either, unless requested. */
function warnOfDefaultPrompt(
  { datasets }: TrainRecipe,
  { prompts }: Student,
  onWarning: (message: string) => void,
): void {
  const { texts, defaultName } = prompts;
  if (defaultName === undefined || texts[defaultName] === "") return;
  if (datasets.every(({ prompts, promptNames }) => prompts !== undefined || promptNames !== undefined)) return;
  onWarning(
    `the model puts its prompt ${describe(texts[defaultName])} before the texts that it encodes, but texts are trained on ` +
      `without it: say \`promptNames: "${defaultName}"\` to have it there, or \`prompts: ""\``,
  );
}

/** @throws HpdError `invalid_argument` for a length above the model's, or without room for text */
function requireTextLength({ maxSeqLength }: TrainRecipe, { tokenizer, maxSeqLength: most }: Student): void {
  if (maxSeqLength === undefined) return;
  const special = tokenizer.encode("").length;
  if (maxSeqLength > special && maxSeqLength <= most) return;
  throw new HpdError(
    "invalid_argument",
    `maxSeqLength should be from ${special + 1}, more than the special tokens, to ${most}, the length of the model, got ` +
      `${maxSeqLength}`,
  );
}
