/**
 * Reranking in Cohere's form: `/v2/rerank`, and as Jina and vLLM have it `/v1/rerank` and `/rerank`. Source: cohere-ai,
 * `V2RerankRequest`. In infinity's, a document that is returned is a text, no object.
 */

import { randomUUID } from "node:crypto";
import { isObject } from "../../common/json.ts";
import type { TextPair } from "../../cross-encoder/options.ts";
import { totalTokens } from "../engine/work.ts";
import { Failure } from "../failure.ts";
import type { Fields } from "../fields.ts";
import type { Services } from "../services.ts";
import { type Call, json, type Reply } from "./api.ts";
import { probabilities } from "./probabilities.ts";

export async function rankDocuments(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const { name, model } = services.models.crossEncoder(fields.string("model"));
  note({ model: name });
  if (model.numLabels !== 1) throw new Failure("wrong_model", "model is not a re-ranker model", { param: "model" });
  const query = fields.requiredString("query");
  const documents = documentsOf(fields);
  services.requireInputs(documents.length, "documents");
  const topN = fields.positiveInteger("top_n");
  const returnDocuments = fields.boolean("return_documents") ?? false;
  const pairs = documents.map((text): TextPair => [query, text]);
  const work = await services.scoring(model).score(pairs, services.options.truncate, signal);
  note({ inputs: documents.length, ...work });
  const results = work.results
    .map((scores, index) => ({
      index,
      relevance_score: probabilities(scores, false)[0]!,
      ...(returnDocuments && { document: { text: documents[index]! } }),
    }))
    .sort((a, b) => b.relevance_score - a.relevance_score)
    .slice(0, topN);
  const total = totalTokens(work);
  return json({
    id: randomUUID(),
    object: "rerank",
    model: name,
    results,
    usage: { prompt_tokens: total, total_tokens: total },
    meta: { api_version: { version: "2" }, billed_units: { search_units: 1 }, tokens: { input_tokens: total } },
  });
}

/** The documents to rank: strings, or objects with a `text`. */
function documentsOf(fields: Fields): string[] {
  const given = fields.value("documents");
  if (!Array.isArray(given)) return fields.strings("documents");
  if (given.length === 0) throw fields.empty("documents");
  return given.map((each: unknown, at) => {
    const text = isObject(each) ? each.text : each;
    if (typeof text === "string") return text;
    throw fields.wrong(`documents[${at}]`, "a string or an object with text", each);
  });
}
