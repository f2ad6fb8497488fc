/** Ollama's embeddings. Source: its `api/types.go` and `server/routes.go`. */
import { totalTokens } from "../engine/work.ts";
import { Failure, failureStatuses } from "../failure.ts";
import { arrayPieces } from "../http/reply.ts";
import type { NamedModel } from "../served-models.ts";
import type { Services } from "../services.ts";
import { dimensionsOf, jsonOf, shaped } from "../vectors.ts";
import { type Api, type Call, json, type Reply } from "./api.ts";

/** Nanoseconds in a millisecond. */
const nanoseconds = 1e6;

export function ollama(services: Services): Api {
  const modified = new Date(services.created * 1000).toISOString();
  const tag = ({ name, model }: NamedModel) => {
    const { fileBytes, family, parameters } = model.describe();
    const tagged = name.includes(":") ? name : `${name}:latest`;
    const details = {
      ...{ parent_model: "", format: "safetensors", family, families: [family] },
      ...{ parameter_size: `${(parameters / 1e6).toFixed(1)}M`, quantization_level: "F32" },
    };
    return { name: tagged, model: tagged, modified_at: modified, size: fileBytes, digest: "", details };
  };
  return {
    prefix: "/api",
    posts: {
      "/api/embed": (call) => embed(services, call),
      "/api/embeddings": (call) => embedOne(services, call),
      "/api/show": async ({ fields }) => {
        const name = fields.string("model") ?? fields.requiredString("name");
        const found = services.models.byName(name);
        if (found === undefined) throw notFound(name);
        const { details, modified_at } = tag(found);
        const context = "maxSeqLength" in found.model ? found.model.maxSeqLength : found.model.maxLength;
        const lengths = { "general.architecture": details.family, [`${details.family}.context_length`]: context };
        return json({ modified_at, details, model_info: lengths, capabilities: ["embedding"] });
      },
    },
    gets: {
      "/api/tags": () => ({ models: services.models.named.map(tag) }),
      "/api/ps": () => ({ models: services.models.named.map(tag) }),
      // The Ollama version whose API this follows: clients check it against their minimum.
      "/api/version": () => ({ version: "0.12.0" }),
    },
    failed: ({ kind, message }) => ({ status: failureStatuses[kind], body: { error: message } }),
  };
}

function notFound(name: string): Failure {
  return new Failure("unknown_model", `model ${JSON.stringify(name)} not found`, { param: "model" });
}

function embedderOf(services: Services, { fields, note }: Call) {
  const asked = fields.requiredString("model");
  if (services.models.byName(asked) === undefined) throw notFound(asked);
  const { model } = services.models.embedder(asked);
  note({ model: asked });
  return { asked, model };
}

async function embed(services: Services, call: Call): Promise<Reply> {
  const started = performance.now();
  const { fields, signal, note } = call;
  const { asked, model } = embedderOf(services, call);
  const given = fields.value("input");
  // As in Ollama, an empty input is not an error.
  const isEmpty = given === undefined || given === "" || (Array.isArray(given) && given.length === 0);
  const inputs = isEmpty ? [] : typeof given === "string" ? [given] : fields.strings("input");
  services.requireInputs(inputs.length, "input");
  const dimensions = dimensionsOf(fields, "dimensions", model.dimension);
  const truncate = fields.boolean("truncate") ?? services.options.truncate;
  const work = await services.embedding(model).embed(inputs, { truncate }, signal);
  note({ inputs: inputs.length, ...work });
  const vectors = shaped(work.results, { dimensions, normalize: true });
  const total = totalTokens(work);
  function* pieces(): Generator<string> {
    yield `{"model":${JSON.stringify(asked)},"embeddings":`;
    yield* arrayPieces(vectors, jsonOf);
    const took = Math.round((performance.now() - started) * nanoseconds);
    yield `,"total_duration":${took},"load_duration":0,"prompt_eval_count":${total}}`;
  }
  return { pieces: pieces() };
}

/** The older route: one text, and its embedding without normalization. */
async function embedOne(services: Services, call: Call): Promise<Reply> {
  const { fields, signal, note } = call;
  const { model } = embedderOf(services, call);
  const prompt = fields.string("prompt") ?? "";
  if (prompt === "") return json({ embedding: [] });
  const work = await services.embedding(model).embed([prompt], { truncate: services.options.truncate }, signal);
  note({ inputs: 1, ...work });
  return { pieces: ['{"embedding":', jsonOf(work.results[0]!), "}"] };
}
