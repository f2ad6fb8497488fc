/** Encodes texts and tokens with a loaded model: chooses routes, resolves prompts, collects batches into results. */

import { requireOptionalOneOf } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";
import type { TextKind } from "../modules/transformer/text-lengths.ts";
import { normalizeRows } from "../similarity/normalize.ts";
import { quantizeEmbeddings } from "../similarity/quantization.ts";
import { type EmbeddingPrecision, type EmbeddingsOf, embeddingPrecisions } from "../similarity/quantized-embeddings.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { requireRange, requireTruncateDim } from "./check-arguments.ts";
import { type EncodedBatch, sentenceRows, tokenMatrices } from "./encoded-rows.ts";
import type { EncodeRequest } from "./encoder.ts";
import type { LoadedModel } from "./load-model.ts";
import type { EncodeOptions, EncodeTokenizedOptions, EncodeTokensOptions } from "./options.ts";
import { resolvePrompt } from "./prompts.ts";
import type { Route } from "./route.ts";
import { groupsOf, requireIds, type TokenizedGroup } from "./tokenized.ts";
import type { TokenizedText } from "./tokenized-text.ts";

export class ModelEncoder {
  readonly model: LoadedModel;
  #isDisposed = false;

  constructor(model: LoadedModel) {
    this.model = model;
  }

  /** `[texts, dimension]` in the order of the texts. @throws HpdError as `SentenceTransformer.encode` */
  async encodeSentences(
    texts: readonly string[],
    options: EncodeOptions & Pick<EncodeRequest, "whole">,
  ): Promise<EmbeddingsOf<EmbeddingPrecision>> {
    requireTruncateDim(options.truncateDim);
    requireOptionalOneOf("precision", options.precision, embeddingPrecisions);
    requireRange(options.precision, texts.length);
    const route = this.route(options.task);
    const request = this.#request(route, options);
    if (options.truncateDim !== undefined) this.model.warnOfTruncateDim(options.truncateDim, route.dimension);
    const dimension = this.dimension(route, options.truncateDim);
    const embeddings = new Embeddings(new Float32Array(texts.length * dimension), texts.length, dimension);
    const put = sentenceRows(dimension, (index, row) => embeddings.row(index).set(row));
    const encoder = await route.encoder.get();
    await encoder.encode(texts, { ...request, onBatch: reporting(put, texts.length, options.onProgress) });
    const normalized = options.normalizeEmbeddings ? normalizeRows(embeddings) : embeddings;
    return quantizeEmbeddings(normalized, options.precision ?? "float32");
  }

  /** A matrix `[tokens, hidden]` of each text. @throws HpdError as `SentenceTransformer.encode` */
  async encodeTokens(texts: readonly string[], options: EncodeTokensOptions): Promise<Embeddings[]> {
    for (const [option, value] of Object.entries(options)) {
      if (value === undefined || !["normalizeEmbeddings", "truncateDim", "precision"].includes(option)) continue;
      throw new HpdError("invalid_argument", `token_embeddings are returned unchanged: leave ${option} out`);
    }
    const matrices = new Array<Embeddings>(texts.length);
    const route = this.route(options.task);
    const request = this.#request(route, options);
    const put = tokenMatrices((index, matrix) => {
      matrices[index] = matrix;
    });
    const encoder = await route.tokenEncoder.get();
    await encoder.encode(texts, { ...request, onBatch: reporting(put, texts.length, options.onProgress) });
    return matrices;
  }

  /** The route of a task. @throws HpdError `invalid_argument` for an unknown task, or one without a route */
  route(task: string | undefined): Route {
    if (!this.model.hasRouter) requireOptionalOneOf("task", task, ["query", "document"]);
    return this.model.route(task);
  }

  /** Maximum tokens of a query or a document: the main route's where the model has no route for them. */
  limitOf(kind: "query" | "document"): number {
    const { hasRouter, mainRoute } = this.model;
    if (!hasRouter) return mainRoute.limits[kind];
    try {
      return this.model.route(kind).limits[kind];
    } catch {
      return mainRoute.limits[kind];
    }
  }

  #request(
    route: Route,
    options: Pick<EncodeOptions, "prompt" | "promptName" | "task" | "signal" | "fixedBatches"> &
      Pick<EncodeRequest, "whole">,
  ): Omit<EncodeRequest, "onBatch"> {
    this.#requireUsable(options.signal);
    const prompt = resolvePrompt(this.model.prompts, options.prompt, options.promptName);
    const maxLength = route.limits[textKind(options.task)];
    return {
      prompt,
      promptLength: route.promptLength(prompt),
      maxLength,
      signal: options.signal,
      whole: options.whole,
      fixedBatches: options.fixedBatches,
    };
  }

  /** Dimension of a sentence embedding, after truncation. */
  dimension(route: Route, truncateDim: number | undefined): number {
    return Math.min(truncateDim ?? this.model.truncateDim ?? route.dimension, route.dimension);
  }

  /** `[texts, dimension]` of texts that are tokens already. */
  async encodeTokenizedSentences(
    texts: readonly TokenizedText[],
    { signal, onStart }: EncodeTokenizedOptions,
  ): Promise<Embeddings> {
    const groups = this.#checkedGroups(texts, signal);
    const dimensions = groups.map(({ task }) => this.dimension(this.route(task), undefined));
    const dimension = dimensions[0] ?? this.dimension(this.model.mainRoute, undefined);
    const other = dimensions.find((each) => each !== dimension);
    if (other !== undefined) {
      throw new HpdError("invalid_argument", `the tasks of the texts give ${dimension} and ${other} dimensions`);
    }
    const embeddings = new Embeddings(new Float32Array(texts.length * dimension), texts.length, dimension);
    for (const [at, { task, promptLength, items }] of groups.entries()) {
      const encoder = await this.route(task).encoder.get();
      const onBatch = sentenceRows(dimension, (index, row) => embeddings.row(items[index]!.index).set(row));
      await encoder.encodeTokens(items, { promptLength, signal, onStart: at === 0 ? onStart : undefined, onBatch });
    }
    return embeddings;
  }

  /** A matrix `[tokens, hidden]` of each text that is tokens already. */
  async encodeTokenizedTokens(
    texts: readonly TokenizedText[],
    { signal, onStart }: EncodeTokenizedOptions,
  ): Promise<Embeddings[]> {
    const matrices = new Array<Embeddings>(texts.length);
    for (const [at, { task, promptLength, items }] of this.#checkedGroups(texts, signal).entries()) {
      const encoder = await this.route(task).tokenEncoder.get();
      const onBatch = tokenMatrices((index, matrix) => {
        matrices[items[index]!.index] = matrix;
      });
      await encoder.encodeTokens(items, { promptLength, signal, onStart: at === 0 ? onStart : undefined, onBatch });
    }
    return matrices;
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await Promise.all(this.model.routes.map((route) => route.dispose()));
  }

  #checkedGroups(texts: readonly TokenizedText[], signal: AbortSignal | undefined): readonly TokenizedGroup[] {
    const groups = groupsOf(texts);
    for (const { task, items } of groups) {
      const route = this.route(task);
      for (const { index, ids } of items) requireIds(ids, index, route, route.limits[textKind(task)]);
    }
    this.#requireUsable(signal);
    return groups;
  }

  #requireUsable(signal: AbortSignal | undefined): void {
    if (this.#isDisposed) throw new HpdError("disposed", "the model was disposed");
    signal?.throwIfAborted();
  }
}

/** The kind of a task's texts. A task of another name, that of a route, has the common length. */
export function textKind(task: string | undefined): TextKind {
  return task === "query" || task === "document" ? task : "sentence";
}

/** `put`, followed by a report of the progress. */
function reporting(
  put: (batch: EncodedBatch) => void,
  total: number,
  onProgress: EncodeOptions["onProgress"],
): (batch: EncodedBatch) => void {
  let done = 0;
  return (batch) => {
    put(batch);
    done += batch.indices.length;
    onProgress?.({ stage: "encode", done, total });
  };
}
