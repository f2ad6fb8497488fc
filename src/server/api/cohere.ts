/** Cohere's embeddings and reranking, version 2. Source: cohere-ai, `V2EmbedRequest`, `EmbedByTypeResponse`. */

import { randomUUID } from "node:crypto";
import { quantizeEmbeddings } from "../../similarity/quantization.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import { totalTokens } from "../engine/work.ts";
import { failureStatuses } from "../failure.ts";
import type { Fields } from "../fields.ts";
import { arrayPieces } from "../http/reply.ts";
import type { Services } from "../services.ts";
import { base64Of, dimensionsOf, jsonOf, shaped } from "../vectors.ts";
import type { Api, Call, Reply } from "./api.ts";
import { promptChoice } from "./prompt-choice.ts";
import { rankDocuments } from "./rank-documents.ts";
import { toBytes } from "./scaled-bytes.ts";

const inputTypes = ["search_query", "search_document", "classification", "clustering"] as const;
const embeddingTypes = ["float", "int8", "uint8", "binary", "ubinary", "base64"] as const;

export function cohere(services: Services): Api {
  return {
    prefix: "/v2",
    posts: {
      "/v2/embed": (call) => embed(services, call),
      "/v2/rerank": (call) => rankDocuments(services, call),
      "/v1/rerank": (call) => rankDocuments(services, call),
    },
    gets: {},
    failed: ({ kind, message }) => ({ status: failureStatuses[kind], body: { id: randomUUID(), message } }),
  };
}

async function embed(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const { name, model } = services.models.embedder(fields.requiredString("model"));
  note({ model: name });
  const texts = textsOf(fields);
  services.requireInputs(texts.length, "texts");
  const inputType = fields.choice("input_type", inputTypes);
  const types = typesOf(fields);
  const dimensions = dimensionsOf(fields, "output_dimension", model.dimension);
  const truncate = fields.choice("truncate", ["NONE", "START", "END"]) ?? (services.options.truncate ? "END" : "NONE");
  const request = {
    ...promptChoice(model, undefined, inputType),
    truncate: truncate !== "NONE",
    ...(truncate === "START" && { truncationSide: "left" as const }),
  };
  const work = await services.embedding(model).embed(texts, request, signal);
  note({ inputs: texts.length, ...work });
  const vectors = shaped(work.results, { dimensions, normalize: true });
  const total = totalTokens(work);
  const meta = { api_version: { version: "2" }, billed_units: { input_tokens: total } };
  function* pieces(): Generator<string> {
    yield `{"id":"${randomUUID()}","response_type":"embeddings_by_type","embeddings":{`;
    for (const [index, type] of types.entries()) {
      yield `${index === 0 ? "" : ","}"${type}":`;
      yield* asType(vectors, type);
    }
    yield `},"texts":${JSON.stringify(texts)},"meta":${JSON.stringify(meta)}}`;
  }
  return { pieces: pieces() };
}

function asType(vectors: Embeddings, type: (typeof embeddingTypes)[number]): Iterable<string> {
  switch (type) {
    case "float":
      return arrayPieces(vectors, jsonOf);
    case "base64":
      return arrayPieces(vectors, (row) => `"${base64Of(row)}"`);
    case "int8":
    case "uint8":
      return arrayPieces(toBytes(vectors, type), jsonOf);
    case "binary":
    case "ubinary":
      return arrayPieces(quantizeEmbeddings(vectors, type), jsonOf);
  }
}

/** The texts to embed: `texts`, or the text content of `inputs`. */
function textsOf(fields: Fields): string[] {
  if (fields.has("images")) throw fields.wrong("images", "left out: the model embeds texts", "images");
  const inputs = fields.value("inputs");
  if (fields.has("texts") || inputs === undefined) return fields.strings("texts");
  if (!Array.isArray(inputs)) throw fields.wrong("inputs", "an array", inputs);
  if (inputs.length === 0) throw fields.empty("inputs");
  return inputs.map((input: { content?: unknown } | null, at) => {
    const content: unknown = input?.content;
    const parts = Array.isArray(content) ? content : [];
    const texts = parts.map((part: { text?: unknown } | null) => part?.text);
    if (texts.length > 0 && texts.every((text) => typeof text === "string")) return texts.join("\n");
    throw fields.wrong(`inputs[${at}].content`, "an array of { type: text, text }", content);
  });
}

function typesOf(fields: Fields): (typeof embeddingTypes)[number][] {
  if (!fields.has("embedding_types")) return ["float"];
  const types = fields.strings("embedding_types");
  const known = types.flatMap((type) => embeddingTypes.filter((each) => each === type));
  if (known.length === types.length) return [...new Set(known)];
  throw fields.wrong("embedding_types", `of ${embeddingTypes.join(", ")}`, types);
}
