/** An embedding model for the AI SDK's `embed` and `embedMany`. */

import type { EmbeddingModelV4 } from "@ai-sdk/provider";
import { requireMethods } from "../../common/arguments.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { type AdapterEncodeOptions, checkedEncodeOptions, numberRows } from "../encode-options.ts";

export interface EmbeddingModelOptions extends AdapterEncodeOptions {
  /** The kind of the texts, for models that tell queries from documents. */
  readonly task?: "query" | "document" | undefined;
}

/**
 * An embedding model of the AI SDK. The model stays the caller's, who disposes of it.
 *
 * `dimensions` of a call cuts the embeddings and gives them length 1 again, as OpenAI's models do. `providerOptions.hpd`
 * takes the same options as this function, for one call.
 *
 * @throws HpdError `invalid_argument`; a call: as `SentenceTransformer.encode`
 */
export function embeddingModel(model: SentenceTransformer, options: EmbeddingModelOptions = {}): EmbeddingModelV4 {
  requireMethods("embeddingModel: model", model, ["encode", "describe"], "a loaded SentenceTransformer");
  const given = checked(options);
  return {
    specificationVersion: "v4",
    provider: "hpd",
    modelId: model.describe().name,
    maxEmbeddingsPerCall: Number.POSITIVE_INFINITY,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions, abortSignal, providerOptions }) {
      const own = { ...given, ...checked(providerOptions?.hpd ?? {}) };
      const { task, prompt, promptName } = own;
      const embeddings = await model.encode(values, {
        ...own,
        ...(dimensions !== undefined && { truncateDim: dimensions, normalizeEmbeddings: true }),
        ...(abortSignal && { signal: abortSignal }),
      });
      const tokens = values.reduce((sum, text) => sum + model.countTokens(text, { task, prompt, promptName }), 0);
      return { embeddings: numberRows(embeddings), usage: { tokens }, warnings: [] };
    },
  };
}

function checked(options: EmbeddingModelOptions): EmbeddingModelOptions {
  return checkedEncodeOptions("embeddingModel", options, { task: "string" });
}
