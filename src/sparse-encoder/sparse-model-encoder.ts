/** Encodes texts and tokens with a loaded sparse encoder: chooses routes, resolves prompts, collects batches into rows. */
import { requireOptionalOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { sentenceRows } from "../encode/encoded-rows.ts";
import { textKind } from "../encode/model-encoder.ts";
import type { EncodeTokenizedOptions } from "../encode/options.ts";
import { resolvePrompt } from "../encode/prompts.ts";
import { groupsOf, requireIds } from "../encode/tokenized.ts";
import type { TokenizedText } from "../encode/tokenized-text.ts";
import { HpdError } from "../errors.ts";
import type { SparseEncoderModel, SparseRoute } from "./load.ts";
import type { SparseEncodeOptions } from "./options.ts";
import { activeDimensions, SparseEmbeddings, type SparseVector } from "./sparse-embeddings.ts";

export class SparseModelEncoder {
  readonly model: SparseEncoderModel;
  #isDisposed = false;

  constructor(model: SparseEncoderModel) {
    this.model = model;
  }

  /** @param whole shared by the windows of a stream @throws HpdError as `SparseEncoder.encode` */
  async encode(texts: readonly string[], options: SparseEncodeOptions, whole?: object): Promise<SparseEmbeddings> {
    const { signal, fixedBatches, onProgress } = options;
    if (options.maxActiveDims !== undefined) requirePositiveInteger("maxActiveDims", options.maxActiveDims);
    const { route, maxActiveDims } = this.route(options.task);
    this.#requireUsable(signal);
    const prompt = resolvePrompt(this.model.prompts, options.prompt, options.promptName);
    const most = options.maxActiveDims ?? maxActiveDims;
    const rows = new Array<SparseVector>(texts.length);
    const put = sentenceRows(route.dimension, (index, row) => {
      rows[index] = activeDimensions(row, most);
    });
    let done = 0;
    const encoder = await route.encoder.get();
    await encoder.encode(texts, {
      prompt,
      promptLength: route.promptLength(prompt),
      maxLength: route.limits[textKind(options.task)],
      signal,
      whole,
      fixedBatches,
      onBatch(batch) {
        put(batch);
        done += batch.indices.length;
        onProgress?.({ stage: "encode", done, total: texts.length });
      },
    });
    return SparseEmbeddings.fromRows(rows, route.dimension);
  }

  /** @throws HpdError as `SparseEncoder.encodeTokenized` */
  async encodeTokenized(
    texts: readonly TokenizedText[],
    { signal, onStart }: Omit<EncodeTokenizedOptions, "outputValue">,
  ): Promise<SparseEmbeddings> {
    const groups = groupsOf(texts);
    for (const { task, items } of groups) {
      const { route } = this.route(task);
      for (const { index, ids } of items) requireIds(ids, index, route, route.limits[textKind(task)]);
    }
    this.#requireUsable(signal);
    const rows = new Array<SparseVector>(texts.length);
    for (const [at, { task, promptLength, items }] of groups.entries()) {
      const { route, maxActiveDims } = this.route(task);
      const encoder = await route.encoder.get();
      const onBatch = sentenceRows(route.dimension, (index, row) => {
        rows[items[index]!.index] = activeDimensions(row, maxActiveDims);
      });
      await encoder.encodeTokens(items, { promptLength, signal, onStart: at === 0 ? onStart : undefined, onBatch });
    }
    return SparseEmbeddings.fromRows(rows, this.model.mainRoute.route.dimension);
  }

  /** The route of a task. @throws HpdError `invalid_argument` for an unknown task, or one without a route */
  route(task: string | undefined): SparseRoute {
    if (!this.model.hasRouter) requireOptionalOneOf("task", task, ["query", "document"]);
    return this.model.route(task);
  }

  /** Maximum tokens of a query or a document: the main route's where the model has no route for them. */
  limitOf(kind: "query" | "document"): number {
    const hasRoute = this.model.description.routes.includes(kind);
    return (hasRoute ? this.model.route(kind) : this.model.mainRoute).route.limits[kind];
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await Promise.all(this.model.routes.map(({ route }) => route.dispose()));
  }

  #requireUsable(signal: AbortSignal | undefined): void {
    if (this.#isDisposed) throw new HpdError("disposed", "the model was disposed");
    signal?.throwIfAborted();
  }
}
