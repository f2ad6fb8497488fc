/**
 * The few requests of Qdrant's REST API that an export needs, over `fetch`: its client would bring a second HTTP stack for
 * three of them. Source: the OpenAPI document of Qdrant 1.19 (docs/redoc/master/openapi.json of its repository).
 */
import { setTimeout as delay } from "node:timers/promises";
import { redactPasswords } from "../../common/redact.ts";
import { HpdError } from "../../errors.ts";

/** Tries of a request that a server or a network fails, with pauses of 0.5, 1, 2, 4, 8 and 16 s between them. */
const maxTries = 7;
const firstPause = 500;
/** Milliseconds of a pause that a server asks for. */
const longestPause = 60_000;
/** Milliseconds of a try: Qdrant answers after it has written. */
const timeout = 120_000;

export type QdrantDistance = "Cosine" | "Dot" | "Euclid";

export interface QdrantPoint {
  readonly id: string;
  readonly vector: readonly number[];
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface QdrantVectors {
  readonly size: number;
  readonly distance: QdrantDistance;
}

export class QdrantClient {
  /** The URL, without a slash at the end. */
  readonly #url: string;
  readonly #collection: string;
  readonly #apiKey: string | undefined;
  readonly #signal: AbortSignal | undefined;

  /** @throws HpdError `invalid_argument` for a URL that is none */
  constructor(
    url: string,
    collection: string,
    { apiKey, signal }: { apiKey?: string | undefined; signal?: AbortSignal | undefined },
  ) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== "" || parsed.search !== "") {
      throw new HpdError(
        "invalid_argument",
        `the URL of Qdrant should be as http://localhost:6333, got ${JSON.stringify(redactPasswords(url))}; the key is taken ` +
          "from QDRANT_API_KEY",
      );
    }
    if (!/^[^/\\?#%<>:"|*\p{Cc}]{1,255}$/u.test(collection)) {
      throw new HpdError("invalid_argument", `${JSON.stringify(collection)} can't be the name of a collection`);
    }
    this.#url = parsed.href.replace(/\/+$/, "");
    this.#collection = encodeURIComponent(collection);
    this.#apiKey = apiKey;
    this.#signal = signal;
  }

  /** The vectors of the collection: undefined where there is none, `named` where they aren't one of each point. */
  async vectors(): Promise<QdrantVectors | "named" | undefined> {
    const answer = await this.#request("GET", "");
    if (answer === undefined) return undefined;
    const { result } = answer as { result?: { config?: { params?: { vectors?: Partial<QdrantVectors> } } } };
    const { size, distance } = result?.config?.params?.vectors ?? {};
    return size === undefined || distance === undefined ? "named" : { size, distance };
  }

  async create(vectors: QdrantVectors): Promise<void> {
    await this.#request("PUT", "", { vectors });
  }

  /** Inserts points, or replaces those of the same ids; they are written when this returns. */
  async upsert(points: readonly QdrantPoint[]): Promise<void> {
    await this.#request("PUT", "/points?wait=true", { points });
  }

  /** @returns undefined for 404 to a GET */
  async #request(method: "GET" | "PUT", path: string, body?: object): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(method, path, text);
      if ("answer" in outcome) return outcome.answer;
      if (!outcome.isTemporary || attempt === maxTries) throw outcome.error;
      const pause = Math.min(outcome.pause ?? firstPause * 2 ** (attempt - 1), longestPause);
      await delay(pause, undefined, { ...(this.#signal && { signal: this.#signal }) }).catch(() => {});
      this.#signal?.throwIfAborted();
    }
  }

  async #try(method: string, path: string, body: string | undefined): Promise<Outcome> {
    const own = AbortSignal.timeout(timeout);
    const signal = this.#signal === undefined ? own : AbortSignal.any([own, this.#signal]);
    try {
      const response = await fetch(`${this.#url}/collections/${this.#collection}${path}`, {
        method,
        signal,
        redirect: "error",
        headers: {
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(this.#apiKey !== undefined && { "api-key": this.#apiKey }),
        },
        ...(body !== undefined && { body }),
      });
      if (response.ok) return { answer: await response.json() };
      const text = await response.text();
      if (response.status === 404 && method === "GET") return { answer: undefined };
      return this.#refusal(response, text);
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const reason = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message;
      const error = new HpdError("network", `${this.#url}: no answer of Qdrant: ${reason}`, { cause });
      return { isTemporary: true, error };
    }
  }

  #refusal({ status, headers }: Response, text: string): Outcome {
    const isTemporary = status === 429 || status >= 500;
    const code =
      status === 401 || status === 403 ? "unauthorized" : isTemporary ? "network" : ("invalid_argument" as const);
    const advice = code === "unauthorized" ? ": set QDRANT_API_KEY" : "";
    const seconds = Number(headers.get("retry-after") ?? Number.NaN);
    return {
      isTemporary,
      pause: seconds > 0 ? seconds * 1000 : undefined,
      error: new HpdError(code, `${this.#url}: Qdrant answers ${status}${advice} (${messageOf(text)})`),
    };
  }
}

type Outcome =
  | { readonly answer: unknown }
  | { readonly isTemporary: boolean; readonly pause?: number | undefined; readonly error: HpdError };

/** The message in an answer of Qdrant, as `{"status": {"error": "..."}}`. */
function messageOf(text: string): string {
  try {
    const { status } = JSON.parse(text) as { status?: { error?: unknown } };
    if (typeof status?.error === "string") return status.error.slice(0, 500);
  } catch {
    // Not Qdrant's: a proxy's.
  }
  return text.trim().slice(0, 200) || "without a word";
}
