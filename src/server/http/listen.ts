/** A fetch handler on Node's own HTTP server, listening on a port or a Unix socket. */

import cluster from "node:cluster";
import { lstat, unlink } from "node:fs/promises";
import { createServer as createHttpServer, type Server } from "node:http";
import { connect } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { requireMethods, requireMilliseconds } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { EmbeddingServer } from "../embedding-server.ts";

export interface ListenOptions {
  /** The port; 0 for any that is free. Default 8080. */
  readonly port?: number | undefined;
  /** The address; `0.0.0.0` or `::` for all addresses of this machine. Default `127.0.0.1`: this machine only. */
  readonly host?: string | undefined;
  /** Path of a Unix socket, instead of host and port. */
  readonly socket?: string | undefined;
  /** Milliseconds that `dispose` waits for requests in progress. Default 30,000. */
  readonly drainTimeout?: number | undefined;
}

const listenOptions: OptionTable<ListenOptions> = {
  port: "number",
  host: "string",
  socket: "string",
  drainTimeout: "number",
};

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:8080`, or `unix:/run/hpd.sock`. */
  readonly url: string;
  /** Finishes the requests in progress, then frees the port. Cuts connections after `drainTimeout`. */
  dispose(): Promise<void>;
}

export const defaultDrainTimeout = 30_000;

/** Time limit for a request's headers. */
const headersMilliseconds = 10_000;

/** Time, after a request's own limit, that a client has to read its answer before the connection is cut. */
const readingMilliseconds = 5_000;

/** Longer than the minute of the usual load balancers, so that they close an idle connection, not this server. */
const keepAliveMilliseconds = 65_000;

/** Node's own Request and Response are kept for the rest of the program; requests of HTTP/1.0 and over sockets may name no host. */
const adapterOptions = { overrideGlobalObjects: false, hostname: "localhost" };

/** Interval at which idle connections are closed during shutdown. */
const sweepMilliseconds = 50;

/**
 * Starts Node's HTTP server for an `EmbeddingServer`.
 *
 * @throws HpdError `invalid_argument` for a port or socket that is taken or can't be listened on
 */
export async function listen(server: EmbeddingServer, given: ListenOptions = {}): Promise<Listening> {
  const options = checkedOptions("listen", given, listenOptions);
  requireMethods("server", server, ["fetch", "dispose"], "what createServer gives");
  const { port = 8080, host = "127.0.0.1", socket, drainTimeout = defaultDrainTimeout } = options;
  if (!(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new HpdError("invalid_argument", `port should be from 0 to 65535, got ${port}`);
  }
  requireMilliseconds("drainTimeout", drainTimeout);
  // Node cuts a request without a word: the server's own limit comes first.
  const requestTimeout = Math.max(headersMilliseconds, server.requestTimeout + readingMilliseconds);
  const http = createHttpServer(
    { headersTimeout: headersMilliseconds, requestTimeout, connectionsCheckingInterval: 2_000 },
    getRequestListener((request, { outgoing }) => {
      const timer = setTimeout(() => outgoing.destroy(), server.requestTimeout + readingMilliseconds);
      outgoing.once("close", () => clearTimeout(timer));
      return server.fetch(request);
    }, adapterOptions),
  );
  http.keepAliveTimeout = keepAliveMilliseconds;
  // The processes of a cluster share the socket that the first one opens.
  if (socket !== undefined && !cluster.isWorker) await removeStaleSocket(socket);
  await started(http, socket === undefined ? { port, host } : { path: socket });
  const dispose = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    const timer = setTimeout(() => http.closeAllConnections(), drainTimeout);
    // A connection is idle once its answer is written, a little after the request is over.
    const sweeper = setInterval(() => http.closeIdleConnections(), sweepMilliseconds);
    await server.dispose();
    await closed;
    clearTimeout(timer);
    clearInterval(sweeper);
  };
  return { url: urlOf(http, socket), dispose, [Symbol.asyncDispose]: dispose };
}

function started(http: Server, where: { port: number; host: string } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (cause: NodeJS.ErrnoException) => {
      const what = "path" in where ? where.path : `${where.host}:${where.port}`;
      const why = cause.code === "EADDRINUSE" ? "another program uses it; choose another one" : cause.message;
      reject(new HpdError("invalid_argument", `can't listen on ${what}: ${why}`, { cause }));
    });
    http.listen({ ...where, backlog: 4096 }, resolve);
  });
}

function urlOf(http: Server, socket: string | undefined): string {
  const address = http.address();
  if (socket !== undefined || address === null || typeof address === "string") return `unix:${socket}`;
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

/**
 * Removes a socket that a killed server left behind; one in use stays.
 *
 * @throws HpdError `invalid_argument` for a file of another kind
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new HpdError("invalid_argument", `${path} should be a Unix socket or not exist, got another file`);
  }
  const isTaken = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).once("error", () => resolve(false));
    probe.once("connect", () => probe.destroy());
  });
  if (!isTaken) await unlink(path);
}
