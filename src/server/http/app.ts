/** The routes of all APIs on one Hono app, with CORS and API keys. */
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { Api } from "../api/api.ts";
import { Failure } from "../failure.ts";
import type { Services } from "../services.ts";
import { Exchange } from "./exchange.ts";
import { keyCheck } from "./keys.ts";

/** @param apis the last one also answers unknown paths */
export function appOf(services: Services, apis: readonly Api[]): Hono {
  const { options } = services;
  const app = new Hono({ strict: false });
  const requireKey = keyCheck(options.apiKeys);
  if (options.corsOrigins.length > 0) {
    const exposeHeaders = ["x-request-id", "retry-after"];
    const origin = options.corsOrigins.includes("*") ? "*" : [...options.corsOrigins];
    app.use(cors({ origin, allowMethods: ["GET", "POST"], exposeHeaders }));
  }
  const guarded = (api: Api, route: string, handle: (request: Exchange) => Promise<Response>) => (context: Context) =>
    new Exchange(services, api, route, context).run(async (exchange) => {
      if (api.keyless?.includes(route) !== true) requireKey(context.req.raw.headers);
      return await handle(exchange);
    });
  const known = new Map<string, string[]>();
  for (const api of apis) {
    for (const [path, handle] of Object.entries(api.posts)) {
      known.set(path, [...(known.get(path) ?? []), "POST"]);
      app.post(
        path,
        guarded(api, path, (exchange) => exchange.answer(handle)),
      );
    }
    for (const [path, value] of Object.entries(api.gets)) {
      known.set(path, [...(known.get(path) ?? []), "GET"]);
      app.get(
        // Ids of the hub have a slash, which not every client escapes.
        path.replace(":name", ":name{.+}"),
        guarded(api, path, async (exchange) => exchange.plain(await value(exchange.context.req.param("name") ?? ""))),
      );
    }
  }
  const apiOf = (path: string) => apis.find(({ prefix }) => path.startsWith(prefix))!;
  app.notFound((context) => {
    const path = context.req.path.replace(/(?<=.)\/$/, "");
    const allowed = known.get(path);
    const api = apiOf(path);
    return new Exchange(services, api, allowed === undefined ? "unknown" : path, context).run(async () => {
      requireKey(context.req.raw.headers);
      if (allowed !== undefined) {
        const expected = allowed.sort().join(" or ");
        const message = `the method of ${path} should be ${expected}, got ${context.req.method}`;
        throw new Failure("wrong_method", message, { allowed });
      }
      throw new Failure("unknown_route", "there is no such route");
    });
  });
  return app;
}
