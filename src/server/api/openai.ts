/**
 * OpenAI's embeddings. Source: openai-node, `resources/embeddings.ts` and `error.ts`. Extensions: `prompt_name` and
 * `input_type` choose one of the model's prompts, `normalize: false` keeps the length of the model's embeddings.
 */
import { totalTokens } from "../engine/work.ts";
import { Failure, type FailureKind, failureStatuses } from "../failure.ts";
import { arrayPieces } from "../http/reply.ts";
import type { Services } from "../services.ts";
import { base64Of, dimensionsOf, jsonOf, shaped } from "../vectors.ts";
import type { Api, Call, Reply } from "./api.ts";
import { promptChoice } from "./prompt-choice.ts";

const codes: Partial<Record<FailureKind, string>> = {
  unknown_model: "model_not_found",
  unauthorized: "invalid_api_key",
  too_long: "context_length_exceeded",
  overloaded: "rate_limit_exceeded",
  body_too_large: "request_too_large",
};

export function openAi(services: Services): Api {
  const models = () => services.models.named.map(({ name }) => modelObject(name, services.created));
  return {
    prefix: "/v1",
    posts: {
      "/v1/embeddings": (call) => embeddings(services, call),
      "/embeddings": (call) => embeddings(services, call),
    },
    gets: {
      "/v1/models": () => ({ object: "list", data: models() }),
      "/v1/models/:name": (name) => {
        const found = services.models.byName(name);
        if (found !== undefined) return modelObject(found.name, services.created);
        throw new Failure("unknown_model", `The model ${JSON.stringify(name)} does not exist`, { param: "model" });
      },
    },
    failed({ kind, message, param = null }) {
      const status = failureStatuses[kind];
      const type = kind === "overloaded" ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "api_error";
      return { status, body: { error: { message, type, param, code: codes[kind] ?? null } } };
    },
  };
}

function modelObject(id: string, created: number) {
  return { id, object: "model", created, owned_by: "hpd" };
}

async function embeddings(services: Services, { fields, signal, note }: Call): Promise<Reply> {
  const { name, model } = services.models.embedder(fields.string("model"));
  note({ model: name });
  const { inputs } = fields.inputs("input");
  services.requireInputs(inputs.length, "input");
  const format = fields.choice("encoding_format", ["float", "base64"]) ?? "float";
  const dimensions = dimensionsOf(fields, "dimensions", model.dimension);
  const normalize = fields.boolean("normalize") ?? true;
  const prompt = promptChoice(model, fields.string("prompt_name"), fields.string("input_type"));
  const truncate = fields.boolean("truncate") ?? services.options.truncate;
  const work = await services.embedding(model).embed(inputs, { ...prompt, truncate }, signal);
  note({ inputs: inputs.length, ...work });
  const vectors = shaped(work.results, { dimensions, normalize });
  const total = totalTokens(work);
  const usage = JSON.stringify({ prompt_tokens: total, total_tokens: total });
  const written = format === "base64" ? (row: Float32Array) => `"${base64Of(row)}"` : jsonOf;
  function* pieces(): Generator<string> {
    yield '{"object":"list","data":';
    yield* arrayPieces(vectors, (row, index) => `{"object":"embedding","index":${index},"embedding":${written(row)}}`);
    yield `,"model":${JSON.stringify(name)},"usage":${usage}}`;
  }
  return { pieces: pieces() };
}
