/** The flags of `hpd serve` beside the model's. */
import { defined } from "../../common/optional.ts";
import type { ListenOptions, ServerOptions } from "../../server/index.ts";
import { type CommandContext, positiveIntegerFlag, stringFlag, UsageError, wholeNumberFlag } from "../command.ts";

export const serverFlags = {
  port: { type: "string" },
  host: { type: "string" },
  socket: { type: "string" },
  "api-key": { type: "string", multiple: true },
  "api-key-file": { type: "string" },
  cors: { type: "string", multiple: true },
  "max-body": { type: "string" },
  "max-inputs": { type: "string" },
  "max-request-tokens": { type: "string" },
  "max-requests": { type: "string" },
  "max-queued-tokens": { type: "string" },
  timeout: { type: "string" },
  "no-truncate": { type: "boolean" },
  "drain-timeout": { type: "string" },
  log: { type: "string" },
} as const;

/** @throws UsageError */
export function serverOptions({ flags }: CommandContext): { options: ServerOptions; address: ListenOptions } {
  const seconds = (name: string) => {
    const value = positiveIntegerFlag(flags, name);
    return value === undefined ? undefined : value * 1000;
  };
  const socket = stringFlag(flags, "socket");
  for (const name of ["port", "host"]) {
    if (socket !== undefined && flags[name] !== undefined) throw new UsageError(`--socket is instead of --${name}`);
  }
  const environment = process.env.PORT;
  const port =
    wholeNumberFlag(flags, "port") ?? (environment ? wholeNumberFlag({ port: environment }, "port") : undefined);
  if (port !== undefined && port > 65_535) throw new UsageError(`--port should be from 0 to 65535, got ${port}`);
  return {
    options: defined({
      corsOrigins: flags.cors === undefined ? undefined : (flags.cors as string[]),
      truncate: flags["no-truncate"] === true ? false : undefined,
      maxBodyBytes: positiveIntegerFlag(flags, "max-body"),
      maxInputs: positiveIntegerFlag(flags, "max-inputs"),
      maxRequestTokens: positiveIntegerFlag(flags, "max-request-tokens"),
      maxConcurrentRequests: positiveIntegerFlag(flags, "max-requests"),
      maxQueuedTokens: positiveIntegerFlag(flags, "max-queued-tokens"),
      requestTimeout: seconds("timeout"),
    }),
    address: defined({
      socket,
      port: socket === undefined ? port : undefined,
      host: socket === undefined ? (stringFlag(flags, "host") ?? (process.env.HOST || undefined)) : undefined,
      drainTimeout: seconds("drain-timeout"),
    }),
  };
}
