/** The options of a server of models: what it admits, and how much at once. */
import { requirePositiveInteger } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import type { LogEntry } from "./observe/log.ts";

export interface ServerOptions {
  /** Requests need one of them as `Authorization: Bearer KEY`; all but `/health` and `/ping`. Default: none is needed. */
  apiKeys?: readonly string[];
  /** Origins of pages that may read the answers, `*` for all. Default: none. */
  corsOrigins?: readonly string[];
  /** Whether a text that is too long is cut where a request doesn't say; else it is an error. Default true. */
  truncate?: boolean;
  /** The largest body of a request in bytes. Default 4,000,000. */
  maxBodyBytes?: number;
  /** The most texts of a request. Default 2048. */
  maxInputs?: number;
  /** The most tokens of a request. Default 300,000. */
  maxRequestTokens?: number;
  /** More requests at once are refused with 429. Default 512. */
  maxConcurrentRequests?: number;
  /** A request is refused with 429 while so many tokens wait for a model. Default 1,000,000. */
  maxQueuedTokens?: number;
  /** About so many tokens, of whichever requests, are computed together. Default 4096. */
  maxBatchTokens?: number;
  /** Milliseconds after which a request that isn't answered fails, and its work stops. Default 60,000. */
  requestTimeout?: number;
  /** Told of every request, in one object without its texts. */
  onLog?: (entry: LogEntry) => void;
}

export type CheckedServerOptions = Required<ServerOptions>;

const serverOptions: OptionTable<ServerOptions> = {
  apiKeys: "any",
  corsOrigins: "any",
  truncate: "boolean",
  maxBodyBytes: "number",
  maxInputs: "number",
  maxRequestTokens: "number",
  maxConcurrentRequests: "number",
  maxQueuedTokens: "number",
  maxBatchTokens: "number",
  requestTimeout: "number",
  onLog: "function",
};

export const defaultServerOptions: CheckedServerOptions = {
  apiKeys: [],
  corsOrigins: [],
  truncate: true,
  maxBodyBytes: 4_000_000,
  maxInputs: 2048,
  maxRequestTokens: 300_000,
  maxConcurrentRequests: 512,
  maxQueuedTokens: 1_000_000,
  maxBatchTokens: 4096,
  requestTimeout: 60_000,
  onLog: () => {},
};

/** @throws HpdError `invalid_argument` */
export function checkedServerOptions(given: ServerOptions): CheckedServerOptions {
  const options = { ...defaultServerOptions, ...checkedOptions("createServer", given, serverOptions) };
  for (const [name, value] of Object.entries(options))
    if (typeof value === "number") requirePositiveInteger(name, value);
  for (const name of ["apiKeys", "corsOrigins"] as const) {
    const list: unknown = options[name];
    if (Array.isArray(list) && list.every((each) => typeof each === "string" && each !== "")) continue;
    // A key is no part of a message.
    const found = name === "apiKeys" ? "something else" : describe(list);
    throw new HpdError("invalid_argument", `${name} should be an array of strings that are not empty, got ${found}`);
  }
  return options;
}
