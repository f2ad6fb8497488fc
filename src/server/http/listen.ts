/** A fetch handler on Node's own HTTP server: on a port, or a Unix socket. */

import { lstat, unlink } from "node:fs/promises";
import { createServer as createHttpServer, type Server } from "node:http";
import { connect } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { EmbeddingServer } from "../server.ts";

export interface ListenOptions {
  /** 0 for any that is free. Default 8080. */
  port?: number;
  /** Default `127.0.0.1`: this machine alone. `0.0.0.0` or `::` for all of its addresses. */
  host?: string;
  /** The path of a Unix socket, instead of a port. */
  socket?: string;
  /** Milliseconds that `close` waits for requests under way. Default 30,000. */
  drainTimeout?: number;
}

const listenOptions: OptionTable<ListenOptions> = {
  port: "number",
  host: "string",
  socket: "string",
  drainTimeout: "number",
};

export interface Listening {
  /** `http://127.0.0.1:8080`, or `unix:/run/hpd.sock`. */
  readonly url: string;
  /** Answers what is under way, then frees the port. Cuts off what takes longer than `drainTimeout`. */
  close(): Promise<void>;
}

/** A request's headers have to come within this time, all of it within the next. */
const headersMilliseconds = 10_000;
const requestMilliseconds = 60_000;

/** Beyond the time of a request, its answer may take so long to be read; then the connection is cut. */
const readingMilliseconds = 5_000;

/** Longer than the minute of the usual load balancers, so that they, not this end, close what is idle. */
const keepAliveMilliseconds = 65_000;

/** The classes of Request and Response stay Node's for the rest of the program. */
const adapterOptions = { overrideGlobalObjects: false };

/** While closing, connections without a request are closed so often. */
const sweepMilliseconds = 50;

/** @throws HpdError `invalid_argument` where the port or the socket is taken, or can't be listened on */
export async function listen(server: EmbeddingServer, given: ListenOptions = {}): Promise<Listening> {
  const options = checkedOptions("listen", given, listenOptions);
  const { port = 8080, host = "127.0.0.1", socket, drainTimeout = 30_000 } = options;
  if (!(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new HpdError("invalid_argument", `port should be from 0 to 65535, got ${port}`);
  }
  const http = createHttpServer(
    { headersTimeout: headersMilliseconds, requestTimeout: requestMilliseconds, connectionsCheckingInterval: 2_000 },
    getRequestListener((request, { outgoing }) => {
      const timer = setTimeout(() => outgoing.destroy(), server.requestTimeout + readingMilliseconds);
      outgoing.once("close", () => clearTimeout(timer));
      return server.fetch(request);
    }, adapterOptions),
  );
  http.keepAliveTimeout = keepAliveMilliseconds;
  if (socket !== undefined) await removeStale(socket);
  await started(http, socket === undefined ? { port, host } : { path: socket });
  return {
    url: urlOf(http, socket),
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      const timer = setTimeout(() => http.closeAllConnections(), drainTimeout);
      // A connection is idle once its answer is written, a little after the request is over.
      const sweeper = setInterval(() => http.closeIdleConnections(), sweepMilliseconds);
      await server.close();
      await closed;
      clearTimeout(timer);
      clearInterval(sweeper);
    },
  };
}

function started(http: Server, where: { port: number; host: string } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (cause: NodeJS.ErrnoException) => {
      const what = "path" in where ? where.path : `${where.host}:${where.port}`;
      const why = cause.code === "EADDRINUSE" ? "it is taken by another program" : cause.message;
      reject(new HpdError("invalid_argument", `${what} can't be listened on: ${why}`, { cause }));
    });
    http.listen({ ...where, backlog: 4096 }, resolve);
  });
}

function urlOf(http: Server, socket: string | undefined): string {
  const address = http.address();
  if (socket !== undefined || address === null || typeof address === "string") return `unix:${socket}`;
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

/** A socket that a killed server left behind is removed; one that somebody listens on, or another file, stays. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new HpdError("invalid_argument", `${path} is there and is no socket`);
  const isTaken = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).once("error", () => resolve(false));
    probe.once("connect", () => probe.destroy());
  });
  if (!isTaken) await unlink(path);
}
