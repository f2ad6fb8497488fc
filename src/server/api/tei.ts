/**
 * The routes of text-embeddings-inference. Source: its `router/src/http`, `server.rs` and `types.rs`. Extension: `model`
 * chooses one of several models. The routes for scores are in `tei-scores.ts`.
 */

import { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { SparseEncoder, type SparseVector } from "../../sparse-encoder/index.ts";
import type { TokenizeRequest } from "../engine/embedding-engine.ts";
import type { Fields } from "../fields.ts";
import { arrayPieces } from "../http/reply.ts";
import type { NamedModel } from "../served-models.ts";
import type { Services } from "../services.ts";
import { dimensionsOf, jsonOf, shaped } from "../vectors.ts";
import { type Api, type Call, json, type Reply } from "./api.ts";
import { dot } from "./dot.ts";
import { promptChoice } from "./prompt-choice.ts";
import { teiFailed } from "./tei-errors.ts";
import { timeHeaders } from "./tei-headers.ts";
import { teiInfo } from "./tei-info.ts";
import { predict, rerank } from "./tei-scores.ts";
import { tokenize } from "./tei-tokenize.ts";

export function tei(services: Services): Api {
  const first = services.models.named[0]!.model;
  const post = (handle: (services: Services, call: Call) => Promise<Reply>) => (call: Call) => handle(services, call);
  return {
    prefix: "/",
    posts: {
      "/embed": post(embed),
      "/embed_all": post(embedAll),
      "/embed_sparse": post(embedSparse),
      "/similarity": post(similarity),
      "/rerank": post(rerank),
      "/predict": post(predict),
      "/tokenize": post(tokenize),
      "/": post(mainOf(first)),
    },
    gets: { "/info": () => teiInfo(services) },
    failed: teiFailed,
  };
}

/** The route to which requests without a path go. */
function mainOf(model: NamedModel["model"]): (services: Services, call: Call) => Promise<Reply> {
  if (model instanceof SentenceTransformer) return embedOrSimilarity;
  if (model instanceof SparseEncoder) return embedSparse;
  return model.numLabels === 1 ? rerank : predict;
}

/** The tokenization that a request for embeddings asks for. */
function embedRequest(
  services: Services,
  fields: Fields,
  model: SentenceTransformer | SparseEncoder,
  settings = fields,
): TokenizeRequest {
  const direction = settings.string("truncation_direction")?.toLowerCase();
  if (direction !== undefined && direction !== "left" && direction !== "right") {
    throw settings.wrong("truncation_direction", "Left or Right", direction);
  }
  return {
    ...promptChoice(model, settings.string("prompt_name"), undefined),
    truncate: settings.boolean("truncate") ?? services.options.truncate,
    ...(direction !== undefined && { truncationSide: direction }),
  };
}

/** The texts of a request, and the model that embeds them. */
function textsToEmbed(services: Services, fields: Fields, note: Call["note"]) {
  const { name, model } = services.models.embedder(fields.string("model"));
  note({ model: name });
  const { inputs } = fields.inputs("inputs");
  services.requireInputs(inputs.length, "inputs");
  return { model, inputs, request: embedRequest(services, fields, model) };
}

async function embed(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const started = performance.now();
  const { model, inputs, request } = textsToEmbed(services, fields, note);
  const dimensions = dimensionsOf(fields, "dimensions", model.dimension);
  const normalize = fields.boolean("normalize") ?? true;
  const work = await services.embedding(model).embed(inputs, request, signal);
  note({ inputs: inputs.length, ...work });
  const vectors = shaped(work.results, { dimensions, normalize });
  return { pieces: arrayPieces(vectors, jsonOf), headers: timeHeaders(inputs, work, started) };
}

async function embedAll(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const started = performance.now();
  const { model, inputs, request } = textsToEmbed(services, fields, note);
  const work = await services.embedding(model).embedTokens(inputs, request, signal);
  note({ inputs: inputs.length, ...work });
  function* pieces(): Generator<string> {
    yield "[";
    for (const [index, matrix] of work.results.entries()) {
      if (index > 0) yield ",";
      yield* arrayPieces(matrix, jsonOf);
    }
    yield "]";
  }
  return { pieces: pieces(), headers: timeHeaders(inputs, work, started) };
}

/** Extension: `prompt_name` of `query` or `document` takes that route of a model with a Router. */
async function embedSparse(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const started = performance.now();
  const { name, model } = services.models.sparseEncoder(fields.string("model"));
  note({ model: name });
  const { inputs } = fields.inputs("inputs");
  services.requireInputs(inputs.length, "inputs");
  const promptName = fields.string("prompt_name");
  const task = promptName !== undefined && model.routes.includes(promptName) ? { task: promptName } : {};
  const request = { ...embedRequest(services, fields, model), ...task };
  const work = await services.sparse(model).embed(inputs, request, signal);
  note({ inputs: inputs.length, ...work });
  const jsonOfRow = ({ indices, values }: SparseVector) =>
    JSON.stringify(Array.from(indices, (index, at) => ({ index, value: values[at]! })));
  return { pieces: arrayPieces(work.results, jsonOfRow), headers: timeHeaders(inputs, work, started) };
}

async function similarity(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const started = performance.now();
  const { name, model } = services.models.embedder(fields.string("model"));
  note({ model: name });
  const given = fields.object("inputs");
  if (given === undefined) throw fields.missing("inputs");
  const inputs = [given.requiredString("source_sentence"), ...given.strings("sentences")];
  services.requireInputs(inputs.length - 1, "inputs.sentences");
  const request = embedRequest(services, fields, model, fields.object("parameters"));
  const work = await services.embedding(model).embed(inputs, request, signal);
  note({ inputs: inputs.length, ...work });
  const [source, ...others] = shaped(work.results, { normalize: true });
  const scores = others.map((other) => dot(source!, other));
  return json(scores, timeHeaders(inputs, work, started));
}

/** The route `/`, to which Hugging Face's inference clients send both kinds of request. */
function embedOrSimilarity(services: Services, call: Call): Promise<Reply> {
  const inputs = call.fields.value("inputs");
  const isPairing = typeof inputs === "object" && inputs !== null && "source_sentence" in inputs;
  return isPairing ? similarity(services, call) : embed(services, call);
}
