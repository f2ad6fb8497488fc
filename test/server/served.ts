/** Servers over tiny models, asked in this process. */
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { createServer, type EmbeddingServer, type ServerOptions } from "../../src/server/index.ts";
import { fixture } from "../encode/model-folder.ts";

// The calling thread is enough for networks of a few numbers, and starts at once.
const options = { workers: 0, onWarning: () => {} };
const crossEncoder = (name: string) => fileURLToPath(new URL(`../fixtures/cross-encoders/${name}`, import.meta.url));

export interface TinyModels extends AsyncDisposable {
  readonly embedder: SentenceTransformer;
  /** One label. */
  readonly reranker: CrossEncoder;
  /** Three labels. */
  readonly classifier: CrossEncoder;
}

export async function loadTinyModels(): Promise<TinyModels> {
  const [embedder, reranker, classifier] = await Promise.all([
    SentenceTransformer.load(fixture("bert"), options),
    CrossEncoder.load(crossEncoder("bert-1"), options),
    CrossEncoder.load(crossEncoder("bert-3"), options),
  ]);
  const all = [embedder, reranker, classifier];
  return {
    ...{ embedder, reranker, classifier },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((model) => model.dispose()));
    },
  };
}

export function serverOf({ embedder, reranker, classifier }: TinyModels, given: ServerOptions = {}): EmbeddingServer {
  const models = [
    { name: "tiny", model: embedder },
    { name: "text-embedding-3-small", model: embedder },
    { name: "rank", model: reranker },
    { name: "judge", model: classifier },
  ];
  return createServer(models, given);
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what it should be is what the tests say
  readonly body: any;
}

/** @param body sent as JSON, unless it is text or bytes; none for GET */
export async function ask(
  server: EmbeddingServer,
  path: string,
  body?: unknown,
  init: RequestInit = {},
): Promise<Answer> {
  const isRaw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  const response = await server.fetch(
    new Request(`http://localhost${path}`, {
      ...(body !== undefined && { method: "POST", body: isRaw ? body : JSON.stringify(body), duplex: "half" }),
      ...init,
    } as RequestInit),
  );
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** As OpenAI's clients decode base64. */
export function decoded(base64: string): number[] {
  const bytes = Buffer.from(base64, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
}

export function unit(vector: ArrayLike<number>): number[] {
  const length = Math.hypot(...Array.from(vector));
  return Array.from(vector, (x) => x / length);
}

export function expectClose(actual: readonly number[], expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (const [at, x] of actual.entries()) expect(x).toBeCloseTo(expected[at]!, 5);
}
