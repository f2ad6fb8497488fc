/** The server's log: one entry per request, without texts, keys or unknown paths. */

export interface LogEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: "info" | "warn" | "error";
  /** `request`, or an event of the server itself. */
  readonly message: string;
  /** The request's id, also in the response's `x-request-id`. */
  readonly id?: string | undefined;
  readonly method?: string | undefined;
  /** The route; `unknown` for a path that has none. */
  readonly route?: string | undefined;
  readonly status?: number | undefined;
  readonly milliseconds?: number | undefined;
  /** The requested model's name. */
  readonly model?: string | undefined;
  /** The name of the index that was searched. */
  readonly index?: string | undefined;
  readonly inputs?: number | undefined;
  readonly tokens?: number | undefined;
  /** The kind of the failure. */
  readonly failure?: string | undefined;
  /** The class or code of an internal error. Its message is left out, since it may contain texts. */
  readonly error?: string | undefined;
  /** The stack frames of an internal error. */
  readonly at?: readonly string[] | undefined;
}

/** The class and the stack of an error, without its message. */
export function errorFields(error: unknown): Pick<LogEntry, "error" | "at"> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code: unknown = (error as { code?: unknown }).code;
  const frames = String(error.stack)
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => line.trim());
  return { error: typeof code === "string" ? `${error.name} ${code}` : error.name, at: frames };
}
