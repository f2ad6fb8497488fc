/** An API: its routes, and the form in which it reports a failure. */
import type { Failure } from "../failure.ts";
import type { Fields } from "../fields.ts";

export interface Call {
  readonly fields: Fields;
  /** Aborted when the client disconnects or the request times out. */
  readonly signal: AbortSignal;
  /** Facts for the log and the metrics. */
  note(facts: Facts): void;
}

export interface Facts {
  readonly model?: string;
  /** The name of the index that is searched. */
  readonly index?: string;
  readonly inputs?: number;
  /** Token count of each input. */
  readonly tokens?: readonly number[];
  readonly tokenizeMilliseconds?: number;
  readonly queueMilliseconds?: number;
  readonly computeMilliseconds?: number;
  readonly searchMilliseconds?: number;
}

/** A response of status 200. */
export interface Reply {
  /** Consecutive pieces of the JSON body. */
  readonly pieces: Iterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Api {
  /** Path prefix of this API, which also answers unknown routes below it. */
  readonly prefix: string;
  readonly posts: Readonly<Record<string, (call: Call) => Promise<Reply>>>;
  /** Handlers whose value is sent as JSON, as text if it is a string, or as it is if it is a response. A path may end in `/:name`. */
  readonly gets: Readonly<Record<string, (name: string) => unknown>>;
  /** Paths that need no API key. */
  readonly keyless?: readonly string[];
  /** The status of a failure, and the body that is sent as JSON. */
  failed(failure: Pick<Failure, "kind" | "message" | "param">): { readonly status: number; readonly body: unknown };
}

/** A reply whose body is one JSON value. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { pieces: [JSON.stringify(value)], headers };
}
