/** One request and its response: admission, timeout, metrics, log. */
import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import type { Api, Facts, Reply } from "../api/api.ts";
import { Failure, failureOf } from "../failure.ts";
import { Fields } from "../fields.ts";
import { errorFields, type LogEntry } from "../observe/log.ts";
import type { Services } from "../services.ts";
import { untilStopped } from "../until-stopped.ts";
import { readJsonBody } from "./read-body.ts";
import { bodyOf } from "./reply.ts";

/** Pattern of the request ids that a client may choose, which go into the log. */
const safeId = /^[\w.:-]{1,100}$/;

export class Exchange {
  readonly context: Context;
  readonly #services: Services;
  readonly #api: Api;
  readonly #route: string;
  readonly #id: string;
  readonly #started = performance.now();
  #facts: Facts = {};

  constructor(services: Services, api: Api, route: string, context: Context) {
    this.context = context;
    this.#services = services;
    this.#api = api;
    this.#route = route;
    const given = context.req.header("x-request-id");
    this.#id = given !== undefined && safeId.test(given) ? given : randomUUID();
  }

  async run(handle: (exchange: Exchange) => Promise<Response>): Promise<Response> {
    const { metrics } = this.#services;
    const method = { method: this.#route };
    metrics.add("te_request_count", method);
    let response: Response;
    try {
      response = await handle(this);
      metrics.add("te_request_success", method);
      this.#log({ level: "info", status: response.status });
    } catch (error) {
      const failure = failureOf(error);
      response = this.#failed(failure);
      metrics.add("te_request_failure", { err: failure.kind });
      const isOurs = failure.kind === "internal";
      this.#log({
        level: isOurs ? "error" : "warn",
        status: response.status,
        failure: failure.kind,
        ...(isOurs && errorFields(failure.cause ?? failure)),
      });
    }
    metrics.observe("te_request_duration", (performance.now() - this.#started) / 1000, method);
    response.headers.set("x-request-id", this.#id);
    if (this.#services.admission.isClosed) response.headers.set("connection", "close");
    return response;
  }

  /** Answers a request that computes: admits it, reads its body, bounds its time. */
  async answer(handle: Api["posts"][string]): Promise<Response> {
    const { admission, bodies, options, retryAfter } = this.#services;
    const { raw } = this.context.req;
    admission.requireRoom(retryAfter);
    let leave: (() => void) | undefined;
    const share = bodies.share();
    const stop = new AbortController();
    const gone = () => stop.abort(new Failure("gone", "the client has gone"));
    const seconds = options.requestTimeout / 1000;
    const late = () =>
      stop.abort(new Failure("timeout", `no answer within ${seconds} seconds`, { retryAfter: retryAfter() }));
    const timer = setTimeout(late, options.requestTimeout);
    raw.signal.addEventListener("abort", gone, { once: true });
    const end = () => {
      clearTimeout(timer);
      raw.signal.removeEventListener("abort", gone);
      share.release();
      leave?.();
    };
    try {
      const body = await untilStopped(readJsonBody(raw, options.maxBodyBytes, share, stop.signal), stop.signal);
      leave = admission.enter(retryAfter);
      const note = (facts: Facts) => {
        this.#facts = { ...this.#facts, ...facts };
      };
      const reply = await handle({ fields: new Fields(body), signal: stop.signal, note });
      this.#measure();
      return written(reply, end);
    } catch (error) {
      end();
      throw error;
    }
  }

  plain(value: unknown): Response {
    if (value instanceof Response) return value;
    return typeof value === "string" ? new Response(value) : Response.json(value);
  }

  #failed(failure: Failure): Response {
    const { kind, param, retryAfter, allowed } = failure;
    const message = this.#services.withoutFolders(failure.message);
    const { status, body } = this.#api.failed({ kind, message, param });
    const headers = new Headers({ "content-type": "application/json" });
    if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
    if (allowed !== undefined) headers.set("allow", allowed.join(", "));
    if (status === 401) headers.set("www-authenticate", "Bearer");
    return new Response(JSON.stringify(body), { status, headers });
  }

  #measure(): void {
    const { metrics } = this.#services;
    const {
      tokens = [],
      inputs,
      tokenizeMilliseconds,
      queueMilliseconds,
      computeMilliseconds,
      searchMilliseconds,
    } = this.#facts;
    for (const count of tokens) metrics.observe("te_request_input_length", count);
    if (inputs !== undefined) metrics.observe("te_request_input_count", inputs);
    if (tokenizeMilliseconds !== undefined)
      metrics.observe("te_request_tokenization_duration", tokenizeMilliseconds / 1000);
    if (queueMilliseconds !== undefined) metrics.observe("te_request_queue_duration", queueMilliseconds / 1000);
    if (computeMilliseconds !== undefined) metrics.observe("te_request_inference_duration", computeMilliseconds / 1000);
    if (searchMilliseconds !== undefined) metrics.observe("hpd_search_duration", searchMilliseconds / 1000);
  }

  #log(entry: Omit<LogEntry, "time" | "message">): void {
    const { model, index, inputs, tokens } = this.#facts;
    this.#services.options.onLog({
      time: new Date().toISOString(),
      message: "request",
      id: this.#id,
      method: this.context.req.method,
      route: this.#route,
      ...(model !== undefined && { model }),
      ...(index !== undefined && { index }),
      ...(inputs !== undefined && { inputs }),
      ...(tokens !== undefined && { tokens: tokens.reduce((sum, count) => sum + count, 0) }),
      milliseconds: Math.round((performance.now() - this.#started) * 10) / 10,
      ...entry,
    });
  }
}

function written({ pieces, headers = {} }: Reply, end: () => void): Response {
  return new Response(bodyOf(pieces, end), { headers: { "content-type": "application/json", ...headers } });
}
