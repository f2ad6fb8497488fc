/**
 * The requests that Qdrant takes and its answers, by its own OpenAPI document: `qdrant-contract.json`, recorded by
 * `tools/qdrant/contract.ts`. A server of this file's is no Qdrant: it holds what is sent to the schemas, and keeps the points.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly nullable?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly format?: string;
}

interface Contract {
  readonly operations: readonly {
    readonly method: string;
    readonly route: string;
    readonly query: readonly string[];
    readonly request?: Schema;
    readonly response: Schema;
  }[];
  readonly schemas: Readonly<Record<string, Schema>>;
}

const contract = JSON.parse(readFileSync(new URL("qdrant-contract.json", import.meta.url), "utf8")) as Contract;

/** What is wrong with a value; undefined for nothing. Stricter than the document: a property that it doesn't name is wrong. */
function violation(schema: Schema, value: unknown, at = "$"): string | undefined {
  if (schema.$ref !== undefined) return violation(contract.schemas[schema.$ref.split("/").at(-1)!]!, value, at);
  if (value === null && schema.nullable) return undefined;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) {
    const found = choices.map((choice) => violation(choice, value, at));
    return found.includes(undefined) ? undefined : found.join(" or ");
  }
  for (const part of schema.allOf ?? []) {
    const found = violation(part, value, at);
    if (found !== undefined) return found;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return `${at}: ${JSON.stringify(value)} is no choice`;
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const isOfType = kind === schema.type || (schema.type === "integer" && Number.isInteger(value));
  if (schema.type !== undefined && !isOfType) return `${at}: ${kind} instead of ${schema.type}`;
  if (schema.minimum !== undefined && (value as number) < schema.minimum) return `${at}: ${value} is too small`;
  if (schema.format === "uuid" && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value as string)) {
    return `${at}: no UUID`;
  }
  if (kind === "array") {
    for (const [index, item] of (value as unknown[]).entries()) {
      const found = schema.items && violation(schema.items, item, `${at}[${index}]`);
      if (found !== undefined) return found;
    }
  }
  return kind === "object" && schema.type === "object" ? violationOfObject(schema, value as object, at) : undefined;
}

function violationOfObject(schema: Schema, value: object, at: string): string | undefined {
  const missing = schema.required?.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}: ${missing} is missing`;
  for (const [name, child] of Object.entries(value)) {
    const own = schema.properties?.[name] ?? schema.additionalProperties;
    if (own === undefined || own === false) return `${at}: there is no ${name}`;
    const found = own === true ? undefined : violation(own, child, `${at}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

export interface StoredPoint {
  readonly id: string;
  readonly vector: readonly number[];
  readonly payload: Readonly<Record<string, unknown>>;
}

export type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | "break";

export class ContractServer {
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  /** The vectors and points of each collection. */
  readonly collections = new Map<string, { vectors: unknown; readonly points: Map<string, StoredPoint> }>();
  /** What was sent that the contract doesn't have. */
  readonly violations: string[] = [];
  readonly requests: string[] = [];
  apiKey: string | undefined;
  /** An answer instead of the right one, by the number of the request. */
  misbehave: (request: number) => Answer | undefined = () => undefined;
  /** Called before points are kept. */
  onPoints: () => void = () => {};

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://server");
    this.requests.push(`${request.method} ${url.pathname}${url.search}`);
    const body = await text(request).catch(() => "");
    const answer = this.misbehave(this.requests.length) ?? this.#answer(request, url, body);
    if (answer === "break") request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  #answer(request: IncomingMessage, url: URL, body: string): Answer {
    if (this.apiKey !== undefined && request.headers["api-key"] !== this.apiKey) {
      return { status: 401, body: "Must provide an API key or an Authorization bearer token" };
    }
    const [, , name, rest] = url.pathname.split("/").map(decodeURIComponent) as [string, string, string, string?];
    const route = `/collections/{collection_name}${rest === undefined ? "" : `/${rest}`}`;
    const operation = contract.operations.find((each) => each.method === request.method && each.route === route);
    if (operation === undefined) return this.#wrong(`there is no ${request.method} ${route}`);
    const unknown = [...url.searchParams.keys()].find((key) => !operation.query.includes(key));
    if (unknown !== undefined) return this.#wrong(`${route} has no ${unknown}`);
    const found = operation.request && violation(operation.request, JSON.parse(body));
    if (found !== undefined) return this.#wrong(found);
    const result = this.#apply(operation.method, rest, name, body === "" ? undefined : JSON.parse(body));
    if (result === undefined) {
      return {
        status: 404,
        body: JSON.stringify({ status: { error: `Not found: Collection \`${name}\` doesn't exist!` } }),
      };
    }
    const answered = { result, status: "ok", time: 0.001 };
    const own = violation(operation.response, answered);
    return own === undefined ? { status: 200, body: JSON.stringify(answered) } : this.#wrong(`the server's own ${own}`);
  }

  #apply(method: string, rest: string | undefined, name: string, body: unknown): unknown {
    const collection = this.collections.get(name);
    if (method === "PUT" && rest === undefined) {
      this.collections.set(name, { vectors: (body as { vectors: unknown }).vectors, points: new Map() });
      return true;
    }
    if (collection === undefined) return undefined;
    if (method === "GET") return infoOf(collection.vectors);
    this.onPoints();
    for (const point of (body as { points: StoredPoint[] }).points) collection.points.set(point.id, point);
    return { operation_id: 1, status: "completed" };
  }

  #wrong(what: string): Answer {
    this.violations.push(what);
    return { status: 400, body: JSON.stringify({ status: { error: what } }) };
  }
}

function infoOf(vectors: unknown): object {
  return {
    status: "green",
    optimizer_status: "ok",
    segments_count: 1,
    payload_schema: {},
    config: {
      params: { vectors },
      hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10_000 },
      optimizer_config: {
        deleted_threshold: 0.2,
        vacuum_min_vector_number: 1000,
        default_segment_number: 0,
        flush_interval_sec: 5,
      },
    },
  };
}
