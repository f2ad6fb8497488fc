/** A reranking model for the AI SDK's `rerank`. */

import type { RerankingModelV4 } from "@ai-sdk/provider";
import { requireMethods } from "../../common/arguments.ts";
import type { CrossEncoder } from "../../cross-encoder/cross-encoder.ts";

/**
 * A reranking model of the AI SDK, for `rerank`. Documents that are objects are read as their JSON. The cross-encoder stays
 * the caller's.
 *
 * @throws a call: HpdError as `CrossEncoder.rank`
 */
export function rerankingModel(crossEncoder: CrossEncoder): RerankingModelV4 {
  requireMethods("rerankingModel: crossEncoder", crossEncoder, ["rank", "describe"], "a loaded CrossEncoder");
  return {
    specificationVersion: "v4",
    provider: "hpd",
    modelId: crossEncoder.describe().name,
    async doRerank({ documents, query, topN, abortSignal }) {
      const texts = documents.type === "text" ? documents.values : documents.values.map((each) => JSON.stringify(each));
      const ranked = await crossEncoder.rank(query, texts, {
        ...(topN !== undefined && { topK: topN }),
        ...(abortSignal && { signal: abortSignal }),
      });
      return { ranking: ranked.map(({ corpusId, score }) => ({ index: corpusId, relevanceScore: score })) };
    },
  };
}
