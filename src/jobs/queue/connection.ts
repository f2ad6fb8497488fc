/** A connection to the server of a queue. Once it was open it is opened again for as long as it takes. */
import type { Redis } from "ioredis";
import { HpdError } from "../../errors.ts";
import type { QueueAddress } from "./address.ts";
import { endingClient } from "./client.ts";
import type { IORedis } from "./packages.ts";

/**
 * @param onError told of a connection that broke; commands wait until it is back
 * @param patience milliseconds in which the first connection has to come about: a server may be starting, too
 * @throws HpdError `network` where there is no server, `unauthorized` where it refuses the password, `unsupported` for one
 *   that throws keys away when its memory is full
 */
export async function connect(
  ioredis: typeof IORedis,
  address: QueueAddress,
  onError: (error: Error) => void,
  patience = 10_000,
): Promise<Redis> {
  const start = performance.now();
  let isOpen = false;
  let problem = new Error("no answer");
  const { host, port, db, username, password } = address;
  const Client = endingClient(ioredis);
  const redis = new Client({
    ...{ host, port, db, connectionName: "hpd", lazyConnect: true, connectTimeout: patience },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(address.isSecure && { tls: {} }),
    // BullMQ asks for it: a command waits for the server as long as it takes.
    maxRetriesPerRequest: null,
    // A server that has become a replica: the main one is elsewhere by now, under the same name.
    reconnectOnError: ({ message }) => message.includes("READONLY"),
    retryStrategy: (times) =>
      isOpen || performance.now() - start < patience ? Math.min(50 * 2 ** times, 2_000) : null,
  });
  redis.on("error", (error: Error) => {
    problem = error;
    if (isOpen) onError(error);
    else if (isRefusal(error) || isUntrusted(error) || isOfDatabase(error)) redis.disconnect();
  });
  try {
    await new Promise<void>((resolve, reject) => {
      redis.once("ready", resolve);
      redis.once("end", () => reject(problem));
      redis.connect().catch(() => {});
    });
    isOpen = true;
    await requireNoEviction(redis, address);
    return redis;
  } catch (error) {
    redis.disconnect();
    throw connectionError(error as Error, address);
  }
}

function connectionError(error: Error, { name }: QueueAddress): HpdError {
  if (error instanceof HpdError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  const problem = `${name}: ${message || code}`;
  if (isRefusal(error)) {
    const advice = "give user and password in the URL, or the password by HPD_QUEUE_PASSWORD";
    return new HpdError("unauthorized", `${problem}; ${advice}`, { cause: error });
  }
  // Else the keys would be in another database.
  if (isOfDatabase(error)) return new HpdError("invalid_argument", problem, { cause: error });
  const advice = isUntrusted(error)
    ? "NODE_EXTRA_CA_CERTS names a file of certificates to trust"
    : "is a Redis or Valkey server running there?";
  return new HpdError("network", `${problem}; ${advice}`, { cause: error });
}

function isRefusal({ message }: Error): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM|ERR .*(AUTH|password))/.test(message);
}

/** Whether the server's certificate is one that isn't trusted. */
function isUntrusted({ message }: Error): boolean {
  return /certificate/.test(message);
}

/** Whether the server has no such database. */
function isOfDatabase(error: Error): boolean {
  return (error as { command?: { name?: string } }).command?.name === "select";
}

async function requireNoEviction(redis: Redis, { name }: QueueAddress): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info())?.[1];
  if (policy === undefined || policy === "noeviction") return;
  throw new HpdError(
    "unsupported",
    `${name} throws keys away when its memory is full (maxmemory-policy ${policy}), and with them shards of the queue: ` +
      "set maxmemory-policy noeviction",
  );
}
