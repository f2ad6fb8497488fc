/** The options of a server: indexes, keys and limits. */
import { requireMilliseconds, requirePositiveInteger } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import type { Complete } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import type { LogEntry } from "./observe/log.ts";
import type { NamedIndex } from "./served-indexes.ts";

export interface ServerOptions {
  /** Indexes that `/search` and the page at `/` search, the first by default. The caller disposes of them. Default: none. */
  readonly indexes?: readonly NamedIndex[] | undefined;
  /** Keys, one of which every request but `/health`, `/ping` and the search page needs: `Authorization: Bearer KEY`. Default: none. */
  readonly apiKeys?: readonly string[] | undefined;
  /** Origins of web pages that may read the responses (CORS), `*` for all. Default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Whether to truncate a text that is too long, rather than refuse it, unless the request says. Default true. */
  readonly truncate?: boolean | undefined;
  /** Maximum size of a request's body in bytes. Default 4,000,000. */
  readonly maxBodyBytes?: number | undefined;
  /** Maximum texts per request. Default 2048. */
  readonly maxInputs?: number | undefined;
  /** Maximum tokens per request. Default 300,000. */
  readonly maxRequestTokens?: number | undefined;
  /** Maximum concurrent requests; more are refused with 429. Default 512. */
  readonly maxConcurrentRequests?: number | undefined;
  /** Maximum tokens in a model's queue; requests beyond it are refused with 429. Default 1,000,000. */
  readonly maxQueuedTokens?: number | undefined;
  /** Milliseconds after which an unanswered request fails and its work stops. Default 60,000. */
  readonly requestTimeout?: number | undefined;
  /** Receives one entry per request, without its texts. */
  readonly onLog?: ((entry: LogEntry) => void) | undefined;
}

export type CheckedServerOptions = Complete<ServerOptions>;

const serverOptions: OptionTable<ServerOptions> = {
  indexes: "any",
  apiKeys: "any",
  corsOrigins: "any",
  truncate: "boolean",
  maxBodyBytes: "number",
  maxInputs: "number",
  maxRequestTokens: "number",
  maxConcurrentRequests: "number",
  maxQueuedTokens: "number",
  requestTimeout: "number",
  onLog: "function",
};

const defaultServerOptions: CheckedServerOptions = {
  indexes: [],
  apiKeys: [],
  corsOrigins: [],
  truncate: true,
  maxBodyBytes: 4_000_000,
  maxInputs: 2048,
  maxRequestTokens: 300_000,
  maxConcurrentRequests: 512,
  maxQueuedTokens: 1_000_000,
  requestTimeout: 60_000,
  onLog: () => {},
};

/** Origins of pages, of browsers' extensions and of files. */
const isOrigin = /^(\*|null|[a-z][a-z\d+.-]*:\/\/[^/?#\s]+)$/;

/** @throws HpdError `invalid_argument` */
export function checkedServerOptions(given: ServerOptions): CheckedServerOptions {
  const options = { ...defaultServerOptions, ...checkedOptions("createServer", given, serverOptions) };
  for (const [name, value] of Object.entries(options))
    if (typeof value === "number") requirePositiveInteger(name, value);
  requireMilliseconds("requestTimeout", options.requestTimeout);
  for (const name of ["apiKeys", "corsOrigins"] as const) {
    const list: unknown = options[name];
    if (Array.isArray(list) && list.every((each) => typeof each === "string" && each !== "")) continue;
    // A key must not appear in a message.
    const found = name === "apiKeys" ? "something else" : describe(list);
    throw new HpdError("invalid_argument", `${name} should be an array of strings that are not empty, got ${found}`);
  }
  const wrong = options.corsOrigins.find((origin) => !isOrigin.test(origin));
  if (wrong !== undefined) {
    const expected = "*, or origins as browsers send them, such as https://page.example without a path";
    throw new HpdError("invalid_argument", `corsOrigins should be ${expected}, got ${describe(wrong)}`);
  }
  return options;
}
