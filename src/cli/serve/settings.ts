/** The settings of `hpd serve`, and the options of the server that they become. */
import { availableParallelism } from "node:os";
import { defined } from "../../common/optional.ts";
import type { ListenOptions, ServerOptions } from "../../server/index.ts";
import { loadSettings } from "../model.ts";
import { positiveInteger, type Sections, secondsFrom, type TableOf, type ValuesOf } from "../settings/table.ts";
import { UsageError } from "../usage-error.ts";
import { logChoices } from "./log.ts";

const port = {
  kind: "integer",
  value: "N",
  expected: "an integer from 0 to 65535",
  isValid: (value: number) => value >= 0 && value <= 65_535,
} as const;

/** More would take all of the memory, and serve no faster. */
const maxProcesses = 4 * availableParallelism();

export const sections = {
  Indexes: {
    settings: {
      index: {
        kind: "texts",
        value: "[NAME=]INDEX",
        help:
          "an index that POST /search and the page at / search: a folder, a bucket or a database, as for hpd search. Its " +
          "model is served, too, if no MODEL is named",
      },
    },
  },
  Address: {
    settings: {
      port: { ...port, help: "port; 0 for any that is free", defaultsTo: "PORT of the environment, or 8080" },
      host: {
        kind: "text",
        value: "HOST",
        help: "address; 0.0.0.0 for all addresses of this machine",
        defaultsTo: "HOST of the environment, or 127.0.0.1",
      },
      socket: { kind: "text", value: "PATH", help: "a Unix socket instead of host and port" },
    },
  },
  Access: {
    settings: {
      "api-key": {
        kind: "texts",
        value: "KEY",
        help:
          'key that requests need as "Authorization: Bearer KEY". It is visible in the list of processes: prefer ' +
          "HPD_API_KEY of the environment, or --api-key-file",
      },
      "api-key-file": { kind: "text", value: "FILE", help: "file with one key per line" },
      cors: {
        kind: "texts",
        value: "ORIGIN",
        help: "origin of web pages that may send requests, * for all",
        defaultsTo: "none",
      },
    },
  },
  Limits: {
    about: "A request beyond one of them is refused at once.",
    settings: {
      "max-body": { ...positiveInteger, value: "BYTES", help: "maximum size of a request", defaultsTo: "4000000" },
      "max-inputs": { ...positiveInteger, help: "maximum texts per request", defaultsTo: "2048" },
      "max-request-tokens": { ...positiveInteger, help: "maximum tokens per request", defaultsTo: "300000" },
      "max-requests": {
        ...positiveInteger,
        help: "maximum concurrent requests; more get 429 with Retry-After",
        defaultsTo: "512",
      },
      "max-queued-tokens": {
        ...positiveInteger,
        help: "maximum tokens in the queue; more get 429 with Retry-After",
        defaultsTo: "1000000",
      },
      timeout: { ...secondsFrom(1), help: "time limit of a request", defaultsTo: "60" },
      "no-truncate": { kind: "switch", help: "refuse a text that is too long, unless the request says truncate" },
    },
  },
  Running: {
    settings: {
      processes: {
        kind: "integer",
        value: "N",
        expected: `an integer from 1 to ${maxProcesses}, four for each core`,
        isValid: (value: number) => value >= 1 && value <= maxProcesses,
        help:
          "processes that share the address, each with models of its own; one that ends is replaced. More than one " +
          "helps where a single thread can't tokenize and write answers fast enough, on many cores",
        defaultsTo: "1",
      },
      "drain-timeout": {
        ...secondsFrom(1),
        help: "time limit of the requests in progress after SIGTERM or Ctrl-C",
        defaultsTo: "30",
      },
      log: {
        kind: "text",
        value: "FORMAT",
        choices: logChoices,
        help: "format of the log on stderr, a line per request, without texts: text, json or none",
        defaultsTo: "text in a terminal, else json",
      },
      json: { kind: "switch", help: "print the address and the models as one line of JSON once the server listens" },
    },
  },
  Loading: { settings: loadSettings },
} as const satisfies Sections;

export type Values = ValuesOf<TableOf<typeof sections>>;

/** The options of the server and its address. @throws UsageError for a socket beside a port or host */
export function serverOptions(values: Values): { options: ServerOptions; address: ListenOptions } {
  const { socket, cors, timeout, host } = values;
  for (const name of ["port", "host"] as const) {
    if (socket !== undefined && values[name] !== undefined) {
      throw new UsageError(`--socket excludes --${name}: give one of them`);
    }
  }
  const drainTimeout = values["drain-timeout"];
  return {
    options: defined({
      corsOrigins: cors,
      truncate: values["no-truncate"] ? false : undefined,
      maxBodyBytes: values["max-body"],
      maxInputs: values["max-inputs"],
      maxRequestTokens: values["max-request-tokens"],
      maxConcurrentRequests: values["max-requests"],
      maxQueuedTokens: values["max-queued-tokens"],
      requestTimeout: timeout && 1000 * timeout,
    }),
    address: defined({
      socket,
      port: socket === undefined ? (values.port ?? environmentPort()) : undefined,
      host: socket === undefined ? (host ?? (process.env.HOST || undefined)) : undefined,
      drainTimeout: drainTimeout && 1000 * drainTimeout,
    }),
  };
}

/** @throws UsageError for a PORT of the environment that is no port */
function environmentPort(): number | undefined {
  const { PORT } = process.env;
  if (!PORT) return undefined;
  const value = /^\d+$/.test(PORT) ? Number(PORT) : Number.NaN;
  if (port.isValid(value)) return value;
  throw new UsageError(`PORT should be ${port.expected}, got ${JSON.stringify(PORT)}`);
}
