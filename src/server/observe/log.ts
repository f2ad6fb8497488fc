/** What a server says of its work: one object a request, without its texts, its keys or the paths of strangers. */

export interface LogEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: "info" | "warn" | "error";
  /** `request`, or what happened to the server. */
  readonly message: string;
  /** Also in the answer's `x-request-id`. */
  readonly id?: string;
  readonly method?: string;
  /** The route: of a path that isn't known, only that. */
  readonly route?: string;
  readonly status?: number;
  readonly milliseconds?: number;
  /** The name of the model that was asked for. */
  readonly model?: string;
  readonly inputs?: number;
  readonly tokens?: number;
  /** The kind of the failure. */
  readonly failure?: string;
  /** Of a failure of the server: the error's class or code, and where it was thrown; not its message, which may hold texts. */
  readonly error?: string;
  readonly at?: readonly string[];
}

/** Where an error was thrown, without its message. */
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
