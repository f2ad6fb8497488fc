/** Searches in indexes: `POST /search`, and what there is to search, `GET /search`. An API of this server's own. */
import { nearest } from "../../common/nearest.ts";
import { CrossEncoder } from "../../cross-encoder/cross-encoder.ts";
import { HpdError } from "../../errors.ts";
import { type Filter, type PassageHit, type PassageIndex, searchModes } from "../../passage-index/index.ts";
import { Failure, failureStatuses } from "../failure.ts";
import type { NamedIndex } from "../served-indexes.ts";
import type { Services } from "../services.ts";
import { untilStopped } from "../until-stopped.ts";
import { type Api, type Call, json, type Reply } from "./api.ts";
import { probabilities } from "./probabilities.ts";
import { promptChoice } from "./prompt-choice.ts";

/** Passages that a request may ask for: an answer of some megabytes. */
const maxTopK = 1000;

/** UTF-16 code units of a query: the time of a search by words grows with them. */
const maxQueryLength = 10_000;

const knownFields = ["query", "index", "top_k", "mode", "filter", "vector", "rerank", "rerank_top", "truncate"];

export function search(services: Services): Api {
  return {
    prefix: "/search",
    posts: { "/search": (call) => searchIndex(services, call) },
    gets: { "/search": async () => contents(services) },
    failed: ({ kind, message, param }) => ({
      status: failureStatuses[kind],
      body: { error: { type: kind, message, ...(param !== undefined && { param }) } },
    }),
  };
}

async function searchIndex(services: Services, call: Call): Promise<Reply> {
  const { fields, signal, note } = call;
  requireKnown(fields.names());
  const { name, index } = services.indexes.find(fields.string("index"));
  note({ index: name });
  const query = queryOf(call);
  const mode = fields.choice("mode", searchModes) ?? (query === "" ? "vector" : "hybrid");
  const topK = atMost(fields.positiveInteger("top_k") ?? 10, "top_k", maxTopK);
  const rerank = rerankerOf(services, call);
  const rerankTop = fields.positiveInteger("rerank_top");
  const filter = (fields.value("filter") ?? {}) as Filter;
  const options = {
    ...{ topK, mode, filter, signal },
    ...(rerank && { rerank: rankBy(services, rerank, call) }),
    ...(rerankTop !== undefined && { rerankTop: atMost(rerankTop, "rerank_top", services.options.maxInputs) }),
  };
  const vector = mode === "text" ? undefined : await embedded(services, index, call, query);
  const started = performance.now();
  const given = vectorOf(call) ?? vector;
  const searching = index.search(query, { ...options, ...(given && { vector: given }) }).catch(ofIndex);
  const hits = await untilStopped(searching, signal);
  note({ searchMilliseconds: performance.now() - started });
  return json({ index: name, hits: hits.map(hitOf) });
}

/** @throws Failure `invalid`, `empty`, `too_long` */
function queryOf({ fields }: Call): string {
  const query = fields.has("vector") ? (fields.string("query") ?? "") : fields.requiredString("query");
  if (query.trim() === "" && !fields.has("vector")) throw fields.empty("query");
  if (query.length <= maxQueryLength) return query;
  const message = `query should have at most ${maxQueryLength} characters, got ${query.length}`;
  throw new Failure("too_long", message, { param: "query" });
}

function vectorOf({ fields }: Call): number[] | undefined {
  const vector = fields.value("vector");
  if (vector === undefined) return undefined;
  if (Array.isArray(vector) && vector.every(Number.isFinite)) return vector;
  throw fields.wrong("vector", "an array of numbers", vector);
}

/** The query's embedding, from the queue that the model has for all requests; undefined if the request brings one. */
async function embedded(
  services: Services,
  index: PassageIndex,
  { fields, signal, note }: Call,
  query: string,
): Promise<Float32Array | undefined> {
  const truncate = fields.boolean("truncate") ?? services.options.truncate;
  if (fields.has("vector")) return undefined;
  const model = await untilStopped(index.model().catch(ofIndex), signal);
  const request = { ...promptChoice(model, undefined, "search_query"), truncate };
  const work = await services.embedding(model).embed([query], request, signal);
  note({ inputs: 1, ...work });
  return work.results[0]!;
}

/** The cross-encoder that a request names, or the first one for `true`. @throws Failure */
function rerankerOf({ models }: Services, { fields }: Call): CrossEncoder | undefined {
  const wanted = fields.value("rerank");
  if (wanted === undefined || wanted === false) return undefined;
  if (wanted !== true && typeof wanted !== "string")
    throw fields.wrong("rerank", "a boolean or a model's name", wanted);
  const { model } = models.crossEncoder(wanted === true ? undefined : wanted);
  if (model.numLabels === 1) return model;
  throw new Failure("wrong_model", "model is not a re-ranker model", { param: "rerank" });
}

/** A cross-encoder whose pairs take their turn in its queue. */
function rankBy(services: Services, model: CrossEncoder, { signal }: Call): Pick<CrossEncoder, "rank"> {
  return {
    async rank(query, documents, options = {}) {
      const pairs = documents.map((text) => [query, text] as const);
      const { results } = await services.scoring(model).score(pairs, true, signal);
      return results
        .map((scores, corpusId) => ({ corpusId, score: probabilities(scores, false)[0]! }))
        .sort((a, b) => b.score - a.score)
        .slice(0, options.topK);
    },
  };
}

function hitOf({ id, text, metadata, score, searchScore, copies, ...place }: PassageHit) {
  return {
    ...{ id, score },
    ...(searchScore !== undefined && { search_score: searchScore }),
    ...placeOf(place),
    ...{ text, metadata },
    copies: copies.map((copy) => ({ id: copy.id, ...placeOf(copy), metadata: copy.metadata })),
  };
}

/** The name of the file in the index: its path on this machine is not disclosed. */
function placeOf(place: Pick<PassageHit, "file" | "firstLine" | "lastLine" | "document">) {
  const { file, firstLine, lastLine, document } = place;
  return { file, ...(document !== undefined && { document }), first_line: firstLine, last_line: lastLine };
}

async function contents({ indexes, models }: Services) {
  const rerankers = models.named.filter(({ model }) => model instanceof CrossEncoder && model.numLabels === 1);
  return { indexes: await Promise.all(indexes.named.map(contentOf)), rerankers: rerankers.map(({ name }) => name) };
}

async function contentOf({ name, index }: NamedIndex) {
  const [passages, fields] = await Promise.all([index.count(), index.fields()]).catch(ofIndex);
  const { dimension, similarity } = index.description;
  return { name, passages, fields, dimension, similarity };
}

/** Passes on what is wrong with the request, and that the index is gone; of all else the client learns that it is in the log. */
function ofIndex(error: unknown): never {
  const isClients = error instanceof HpdError && ["invalid_argument", "disposed"].includes(error.code);
  if (isClients || error instanceof Failure || !(error instanceof HpdError)) throw error;
  const isGone = error.code === "not_found";
  const gone =
    "the index was deleted, or another one put in its place, since the server opened it: start the server again";
  throw new Failure("internal", isGone ? gone : "the index failed; the server's log has more", { cause: error });
}

function atMost(value: number, param: string, most: number): number {
  if (value <= most) return value;
  throw new Failure("too_many", `${param} should be at most ${most}, got ${value}`, { param });
}

/** @throws Failure `invalid`: a filter with its name misspelt would let everything through */
function requireKnown(names: readonly string[]): void {
  const unknown = names.find((name) => !knownFields.includes(name));
  if (unknown === undefined) return;
  const message = `there is no field ${JSON.stringify(unknown)}${nearest(unknown, knownFields)}`;
  throw new Failure("invalid", message, { param: unknown });
}
