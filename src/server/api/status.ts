/** Routes for monitoring: health and metrics. */
import { Failure } from "../failure.ts";
import { searchPage } from "../page/search-page.ts";
import type { Services } from "../services.ts";
import type { Api } from "./api.ts";
import { teiFailed } from "./tei-errors.ts";

const prometheusFormat = "text/plain; version=0.0.4; charset=utf-8";

export function status(services: Services): Api {
  const health = async () => {
    try {
      await services.health();
    } catch (cause) {
      throw new Failure("unavailable", "unhealthy", { cause });
    }
    return { status: "ok" };
  };
  return {
    prefix: "/health",
    posts: {},
    gets: {
      "/": () => (services.indexes.named.length > 0 ? searchPage() : "hpd is running\n"),
      "/health": health,
      "/ping": health,
      "/metrics": async () =>
        new Response(await services.renderMetrics(), { headers: { "content-type": prometheusFormat } }),
    },
    // Whoever may not search gets the empty page, which asks for a key.
    keyless: ["/health", "/ping", ...(services.indexes.named.length > 0 ? ["/"] : [])],
    failed: teiFailed,
  };
}
