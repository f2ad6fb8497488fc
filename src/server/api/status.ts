/** Routes for monitoring: health and metrics. */
import { Failure } from "../failure.ts";
import type { Services } from "../services.ts";
import type { Api } from "./api.ts";
import { teiFailed } from "./tei-errors.ts";

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
      "/": () => "hpd is running\n",
      "/health": health,
      "/ping": health,
      "/metrics": () => services.renderMetrics(),
    },
    failed: teiFailed,
  };
}
