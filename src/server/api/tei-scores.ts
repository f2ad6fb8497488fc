/** The routes of text-embeddings-inference for cross-encoders: `/rerank` and `/predict`. */
import type { TextPair } from "../../cross-encoder/options.ts";
import { Failure } from "../failure.ts";
import type { Services } from "../services.ts";
import { type Call, json, type Reply } from "./api.ts";
import { probabilities } from "./probabilities.ts";
import { rankDocuments } from "./rank-documents.ts";
import { timeHeaders } from "./tei-headers.ts";

export async function rerank(services: Services, call: Call): Promise<Reply> {
  // Cohere's form is served at this path too, as in infinity.
  if (call.fields.has("documents")) return rankDocuments(services, call);
  const started = performance.now();
  const { fields, signal, note } = call;
  const { name, model } = services.models.crossEncoder(fields.string("model"));
  note({ model: name });
  if (model.numLabels !== 1) throw new Failure("wrong_model", "model is not a re-ranker model", { param: "model" });
  const query = fields.requiredString("query");
  const texts = fields.strings("texts");
  services.requireInputs(texts.length, "texts");
  const raw = fields.boolean("raw_scores") ?? false;
  const returnText = fields.boolean("return_text") ?? false;
  const truncate = fields.boolean("truncate") ?? services.options.truncate;
  const pairs = texts.map((text): TextPair => [query, text]);
  const work = await services.scoring(model).score(pairs, truncate, signal);
  note({ inputs: texts.length, ...work });
  const ranks = work.results
    .map((scores, index) => ({
      index,
      ...(returnText && { text: texts[index]! }),
      score: probabilities(scores, raw)[0]!,
    }))
    .sort((a, b) => b.score - a.score);
  return json(ranks, timeHeaders(pairs.flat(), work, started));
}

export async function predict(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const started = performance.now();
  const { name, model } = services.models.crossEncoder(fields.string("model"));
  note({ model: name });
  const { pairs, isSingle } = pairsOf(fields.value("inputs"));
  services.requireInputs(pairs.length, "inputs");
  const raw = fields.boolean("raw_scores") ?? false;
  const truncate = fields.boolean("truncate") ?? services.options.truncate;
  const work = await services.scoring(model).score(pairs, truncate, signal);
  note({ inputs: pairs.length, ...work });
  const predictions = work.results.map((scores) =>
    Array.from(probabilities(scores, raw), (score, at) => ({ score, label: model.labels[at] ?? `LABEL_${at}` })).sort(
      (a, b) => b.score - a.score,
    ),
  );
  return json(isSingle ? predictions[0] : predictions, timeHeaders(pairs.flat(), work, started));
}

function pairsOf(inputs: unknown): { pairs: TextPair[]; isSingle: boolean } {
  const expected = "a pair of texts, [string, string], or an array of pairs: this server's models judge pairs";
  const wrong = () => new Failure("invalid", `inputs should be ${expected}`, { param: "inputs" });
  const isPair = (value: unknown): value is TextPair =>
    Array.isArray(value) && value.length === 2 && value.every((text) => typeof text === "string");
  if (isPair(inputs)) return { pairs: [inputs], isSingle: true };
  if (!Array.isArray(inputs)) throw wrong();
  if (inputs.length === 0) throw new Failure("empty", "`inputs` cannot be empty", { param: "inputs" });
  if (!inputs.every(isPair)) throw wrong();
  return { pairs: inputs, isSingle: false };
}
