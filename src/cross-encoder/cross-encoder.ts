/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A loaded cross-encoder: pairs of texts in, scores out, as `sentence_transformers.CrossEncoder` gives them. It reads
 * both texts together, so it judges better than embeddings do and takes as long for every pair.
 */

import { requireOptionalOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { checkedOptions } from "../common/options.ts";
import { requireLoaded } from "../common/require-loaded.ts";
import { resolvePrompt } from "../encode/prompts.ts";
import type { CallRequest } from "../encode/scheduled-call.ts";
import { HpdError } from "../errors.ts";
import { Matrix } from "../tensor/matrix.ts";
import { activate, type CrossEncoderActivation, crossEncoderActivations, softmax } from "./activations.ts";
import { isPair, requirePairs, requireText, requireTokenizedPairs } from "./check-pairs.ts";
import type { CrossEncoderDescription } from "./description.ts";
import { type CrossEncoderModel, loadCrossEncoderModel } from "./load.ts";
import {
  type CrossEncoderLoadOptions,
  crossEncoderLoadHints,
  crossEncoderLoadOptions,
  type PredictLabelsOptions,
  type PredictOptions,
  type PredictTokenizedOptions,
  predictHints,
  predictLabelsOptions,
  predictOptions,
  predictTokenizedOptions,
  type RankOptions,
  rankOptions,
  type TextPair,
  type TokenizedPair,
  type TokenizePairOptions,
  tokenizePairOptions,
} from "./options.ts";

export interface RankedDocument {
  /** Index of the document among those given. */
  readonly corpusId: number;
  readonly score: number;
  /** The document, where `returnDocuments` asks for it. */
  readonly text?: string | undefined;
}

/** A model that reads two texts together and scores them: a reranker, or a classifier of pairs. */
export class CrossEncoder implements AsyncDisposable {
  readonly #model: CrossEncoderModel;
  #isDisposed = false;

  private constructor(model: CrossEncoderModel) {
    requireLoaded("CrossEncoder", model);
    this.#model = model;
  }

  /**
   * @param idOrPath a model folder, or a model's id on the Hugging Face hub
   * @throws HpdError `invalid_argument`, `not_found`, `unauthorized`, `network`, `corrupt_file`, `invalid_model`,
   *   `unsupported`, `runtime`
   */
  static async load(idOrPath: string, options: CrossEncoderLoadOptions = {}): Promise<CrossEncoder> {
    const given = checkedOptions("CrossEncoder.load", options, crossEncoderLoadOptions, crossEncoderLoadHints);
    return new CrossEncoder(await loadCrossEncoderModel(idOrPath, given));
  }

  /** Scores that the model gives a pair: 1 for a reranker, one a label for a classifier. */
  get numLabels(): number {
    return this.#model.numLabels;
  }

  /** The label of each score, as config.json names them; empty where it names none. */
  get labels(): readonly string[] {
    return this.#model.labels;
  }

  /** Maximum tokens per pair, special ones included; the longer text is cut first. */
  get maxLength(): number {
    return this.#model.maxLength;
  }

  /** The function applied to the network's scores. */
  get activationFn(): CrossEncoderActivation {
    return this.#model.activation;
  }

  /** The text of each prompt by its name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#model.prompts.texts;
  }

  /**
   * The score of each pair, of a model with one label. One pair gives a number, several give `[pairs]` in their order.
   *
   * @throws HpdError `invalid_argument` for what is no pair of texts, or a model with several labels; `runtime`,
   *   `disposed`; the signal's reason when it aborts
   */
  async predict(pair: TextPair, options?: PredictOptions): Promise<number>;
  async predict(pairs: readonly TextPair[], options?: PredictOptions): Promise<Float32Array>;
  async predict(pairs: TextPair | readonly TextPair[], given: PredictOptions = {}): Promise<number | Float32Array> {
    const options = checkedOptions("predict", given, predictOptions, predictHints);
    this.#requireOneLabel("predict", "predictLabels gives them");
    const scores = await this.#score(isPair(pairs) ? [pairs] : pairs, options);
    return isPair(pairs) ? scores[0]! : scores;
  }

  /**
   * The scores of all labels. One pair gives `[numLabels]`, several give `[pairs, numLabels]`.
   *
   * @throws HpdError as `predict`
   */
  async predictLabels(pair: TextPair, options?: PredictLabelsOptions): Promise<Float32Array>;
  async predictLabels(pairs: readonly TextPair[], options?: PredictLabelsOptions): Promise<Matrix>;
  async predictLabels(pairs: TextPair | readonly TextPair[], given: PredictLabelsOptions = {}) {
    const options = checkedOptions("predictLabels", given, predictLabelsOptions, predictHints);
    const scores = await this.#score(isPair(pairs) ? [pairs] : pairs, options);
    const matrix = new Matrix(scores, scores.length / this.numLabels, this.numLabels);
    // Python passes over it where there is one label.
    if (options.applySoftmax && this.numLabels > 1) for (const row of matrix) softmax(row);
    return isPair(pairs) ? matrix.row(0) : matrix;
  }

  /**
   * The documents by how well they answer the query, best first; those of equal score in the order given.
   *
   * @throws HpdError as `predict`
   */
  async rank(query: string, documents: readonly string[], given: RankOptions = {}): Promise<RankedDocument[]> {
    const { topK, returnDocuments, ...options } = checkedOptions("rank", given, rankOptions, predictHints);
    this.#requireOneLabel("rank", "predictLabels gives them for pairs");
    requireText(query, "the query");
    if (!Array.isArray(documents)) {
      throw new HpdError("invalid_argument", `documents should be an array of texts, got ${describe(documents)}`);
    }
    if (topK !== undefined) requirePositiveInteger("topK", topK);
    const texts: readonly string[] = [...documents];
    const scores = await this.#score(
      texts.map((text) => [query, text] as const),
      options,
    );
    return Array.from(scores, (score, corpusId) => ({
      corpusId,
      score,
      ...(returnDocuments && { text: texts[corpusId]! }),
    }))
      .sort((a, b) => b.score - a.score)
      .slice(0, topK);
  }

  /**
   * A pair as the tokens that `predict` makes of it, for `predictTokenized`: for who wants their number, or puts pairs
   * of several callers into one batch.
   *
   * @throws HpdError `invalid_argument`
   */
  tokenize(pair: TextPair, given: TokenizePairOptions = {}): TokenizedPair {
    const options = checkedOptions("tokenize", given, tokenizePairOptions);
    requirePairs([pair]);
    const prompt = resolvePrompt(this.#model.prompts, options.prompt, options.promptName);
    const limit = options.truncate === false ? Number.MAX_SAFE_INTEGER : this.maxLength;
    return this.#model.tokenize(pair, prompt, limit);
  }

  /**
   * The scores of tokenized pairs, `[pairs, numLabels]` row by row.
   *
   * @throws HpdError `invalid_argument` for a pair of more than `maxLength` tokens; else as `predict`
   */
  async predictTokenized(pairs: readonly TokenizedPair[], given: PredictTokenizedOptions = {}): Promise<Float32Array> {
    const options = checkedOptions("predictTokenized", given, predictTokenizedOptions);
    requireOptionalOneOf("activationFn", options.activationFn, crossEncoderActivations);
    requireTokenizedPairs(pairs, this.maxLength);
    const { encoder } = this.#model;
    return await this.#collect(pairs.length, options, (request) => encoder.encodeTokens(pairs, request));
  }

  /** Describes the parts of the model. */
  describe(): CrossEncoderDescription {
    return this.#model.description;
  }

  /** Frees the workers and what they hold. Work under way rejects. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#model.encoder.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** [pairs, labels], with the activation. */
  async #score(given: readonly unknown[], options: PredictOptions): Promise<Float32Array> {
    requirePairs(given);
    requireOptionalOneOf("activationFn", options.activationFn, crossEncoderActivations);
    // The caller's arrays may change while this runs.
    const pairs = given.map(([first, second]): TextPair => [first, second]);
    const { encoder, prompts, maxLength } = this.#model;
    return await this.#collect(pairs.length, options, (request) => {
      const prompt = resolvePrompt(prompts, options.prompt, options.promptName);
      return encoder.encode(pairs, { ...request, prompt, maxLength });
    });
  }

  /** The scores of `count` pairs that `run` computes, with the activation. */
  async #collect(
    count: number,
    options: Pick<PredictOptions, "activationFn" | "signal" | "onProgress"> & Pick<PredictTokenizedOptions, "onStart">,
    run: (request: CallRequest) => Promise<void>,
  ): Promise<Float32Array> {
    if (this.#isDisposed) throw new HpdError("disposed", "the cross-encoder was disposed");
    options.signal?.throwIfAborted();
    const { numLabels } = this.#model;
    const scores = new Float32Array(count * numLabels);
    let done = 0;
    await run({
      promptLength: 0,
      signal: options.signal,
      onStart: options.onStart,
      onBatch({ indices, output }) {
        for (const [row, index] of indices.entries()) {
          scores.set(output.data.subarray(row * numLabels, (row + 1) * numLabels), index * numLabels);
        }
        done += indices.length;
        options.onProgress?.({ stage: "predict", done, total: count });
      },
    });
    for (const row of new Matrix(scores, count, numLabels)) activate(row, options.activationFn ?? this.activationFn);
    return scores;
  }

  #requireOneLabel(method: string, instead: string): void {
    if (this.numLabels === 1) return;
    throw new HpdError(
      "invalid_argument",
      `${method} is for models with one label, and ${this.#model.name} has ${this.numLabels}: ${instead}`,
    );
  }
}
