/** The server over models with their queues. */
import { kindOf } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";
import { cohere } from "./api/cohere.ts";
import { ollama } from "./api/ollama.ts";
import { openAi } from "./api/openai.ts";
import { search } from "./api/search.ts";
import { status } from "./api/status.ts";
import { tei } from "./api/tei.ts";
import type { EmbeddingServer } from "./embedding-server.ts";
import { appOf } from "./http/app.ts";
import type { Services } from "./services.ts";

export function serverOver(services: Services): EmbeddingServer {
  const app = appOf(services, [
    openAi(services),
    cohere(services),
    ollama(services),
    search(services),
    status(services),
    tei(services),
  ]);
  const dispose = (): Promise<void> => services.admission.close();
  return {
    async fetch(request) {
      requireRequest(request);
      return await app.fetch(request);
    },
    requestTimeout: services.options.requestTimeout,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** Judges by the parts: frameworks have requests of their own. */
function requireRequest(request: unknown): void {
  const { url, headers } = (request ?? {}) as Partial<Request>;
  if (typeof url === "string" && typeof headers?.get === "function") return;
  const got = kindOf(request);
  throw new HpdError("invalid_argument", `request should be a Request, as new Request(url), got ${got}`);
}
