/** A server of models as a fetch handler, for `listen` or an app of one's own. */
import { cohere } from "./api/cohere.ts";
import { ollama } from "./api/ollama.ts";
import { openAi } from "./api/openai.ts";
import { status } from "./api/status.ts";
import { tei } from "./api/tei.ts";
import { appOf } from "./http/app.ts";
import { checkedServerOptions, type ServerOptions } from "./options.ts";
import type { NamedModel } from "./served-models.ts";
import { Services } from "./services.ts";

export interface EmbeddingServer {
  /** Answers a request. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Milliseconds after which a request fails, as the options say. */
  readonly requestTimeout: number;
  /** Admits no further requests; `/health` fails from now on. @returns when those under way are answered */
  close(): Promise<void>;
}

/**
 * @param models each with the name that requests ask for; those that name none get the first of the kind they need. They
 *   stay their owner's, who disposes of them.
 * @throws HpdError `invalid_argument`
 */
export function createServer(models: readonly NamedModel[], options: ServerOptions = {}): EmbeddingServer {
  const checked = checkedServerOptions(options);
  const services = new Services(models, checked);
  const app = appOf(services, [openAi(services), cohere(services), ollama(services), status(services), tei(services)]);
  return {
    fetch: async (request) => await app.fetch(request),
    requestTimeout: checked.requestTimeout,
    close: () => services.admission.close(),
  };
}
