/** A server of models as a fetch handler, for `listen` or for an app of your own. */
import type { EmbeddingServer } from "./embedding-server.ts";
import { checkedServerOptions, type ServerOptions } from "./options.ts";
import type { NamedModel } from "./served-models.ts";
import { serverOver } from "./server-over.ts";
import { Services } from "./services.ts";

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
