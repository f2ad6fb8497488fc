/** The evaluation of a model: texts are encoded once, then scored by every evaluator. */
import { requireArray, requireFunction, requireMethods } from "../common/arguments.ts";
import { checkedOptions } from "../common/options.ts";
import { EmbeddedTexts, type EmbedOptions, embedOptions } from "./embedded-texts.ts";
import type { Encode, Evaluation, Evaluator } from "./evaluator.ts";

/**
 * Scores a model, or any function from texts to embeddings.
 *
 * @param encode a model's `encode`, or any function from texts to `Embeddings`, such as a model in training
 * @throws HpdError as the evaluators do; the signal's reason when it aborts
 */
export async function evaluate(
  encode: Encode,
  evaluators: readonly Evaluator[],
  options: EmbedOptions = {},
): Promise<Evaluation[]> {
  checkedOptions("evaluate", options, embedOptions);
  requireFunction("encode", encode, "a function from texts to embeddings, as (texts) => model.encode(texts)");
  requireEvaluators(evaluators);
  const embeddings = await EmbeddedTexts.encode(
    encode,
    evaluators.map(({ texts }) => texts),
    options,
  );
  return evaluateEmbedded(evaluators, embeddings, options.signal);
}

/**
 * Scores texts that are already encoded, for instance the same ones at several dimensions.
 *
 * @throws HpdError as `evaluate`
 */
export async function evaluateEmbedded(
  evaluators: readonly Evaluator[],
  embeddings: EmbeddedTexts,
  signal?: AbortSignal,
): Promise<Evaluation[]> {
  requireEvaluators(evaluators);
  requireMethods("embeddings", embeddings, ["of"], "what EmbeddedTexts.encode gives");
  const evaluations: Evaluation[] = [];
  for (const evaluator of evaluators) {
    signal?.throwIfAborted();
    evaluations.push(await evaluator.evaluate(embeddings, signal));
  }
  return evaluations;
}

function requireEvaluators(evaluators: readonly Evaluator[]): void {
  requireArray("evaluators", evaluators);
  for (const [index, evaluator] of evaluators.entries()) {
    requireMethods(`evaluators[${index}]`, evaluator, ["evaluate"], "an evaluator");
  }
}
