/** What an API is: its routes, and how it says that something failed. */
import type { Failure } from "../failure.ts";
import type { Fields } from "../fields.ts";

export interface Call {
  readonly fields: Fields;
  /** Aborted when the client has gone, or its time is over. */
  readonly signal: AbortSignal;
  /** Facts for the log and the metrics. */
  note(facts: Facts): void;
}

export interface Facts {
  readonly model?: string;
  readonly inputs?: number;
  /** Of each input. */
  readonly tokens?: readonly number[];
  readonly tokenizeMilliseconds?: number;
  readonly queueMilliseconds?: number;
  readonly computeMilliseconds?: number;
}

/** An answer of status 200. */
export interface Reply {
  /** Of its JSON. */
  readonly pieces: Iterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Api {
  /** Where paths of this API begin, which it answers for where there is no such route. */
  readonly prefix: string;
  readonly posts: Readonly<Record<string, (call: Call) => Promise<Reply>>>;
  /** Values that are sent as JSON, or text. A path may end in `/:name`. */
  readonly gets: Readonly<Record<string, (name: string) => unknown>>;
  /** The status, and the body that is sent as JSON. */
  failed(failure: Pick<Failure, "kind" | "message" | "param">): { readonly status: number; readonly body: unknown };
}

/** A value as the one piece of an answer. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { pieces: [JSON.stringify(value)], headers };
}
