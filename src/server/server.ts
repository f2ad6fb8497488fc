/** A server of models as a fetch handler, for `listen` or for an app of your own. */
import { kindOf } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";
import { cohere } from "./api/cohere.ts";
import { ollama } from "./api/ollama.ts";
import { openAi } from "./api/openai.ts";
import { search } from "./api/search.ts";
import { status } from "./api/status.ts";
import { tei } from "./api/tei.ts";
import { appOf } from "./http/app.ts";
import { checkedServerOptions, type ServerOptions } from "./options.ts";
import type { NamedModel } from "./served-models.ts";
import { Services } from "./services.ts";

export interface EmbeddingServer extends AsyncDisposable {
  /**
   * Answers a request.
   *
   * @throws HpdError `invalid_argument` for anything but a `Request`, such as a URL; nothing else
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Milliseconds after which a request fails (the option `requestTimeout`). */
  readonly requestTimeout: number;
  /** Refuses further requests and fails `/health`. @returns once the requests in progress are answered */
  dispose(): Promise<void>;
}

/**
 * Makes a server of models.
 *
 * @param models the models by name; a request without a name gets the first of the kind it needs. The caller disposes of
 *   them.
 * @throws HpdError `invalid_argument` for no models, duplicate names or invalid options
 */
export function createServer(models: readonly NamedModel[], options: ServerOptions = {}): EmbeddingServer {
  return serverOver(new Services(models, checkedServerOptions(options)));
}

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
