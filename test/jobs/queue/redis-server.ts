/**
 * A Redis or Valkey server of the tests' own: on a free port of this machine, with a password, its files in a temporary folder.
 * Its program is looked for in `HPD_REDIS_SERVER`, then on PATH.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Redis } from "ioredis";

const password = "p@ss word/1";

export interface RedisServer {
  /** With the password. */
  readonly url: string;
  readonly urlWithoutPassword: string;
  readonly password: string;
  /** A client of the tests' own. */
  readonly client: Redis;
  /** Ends the server without a warning. */
  kill(): Promise<void>;
  /** Starts it again, with what it had on disk. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param options further settings of the server, such as `--appendonly yes`
 * @returns why there is none, for the line that says that tests were skipped
 */
export async function startRedis(options: readonly string[] = []): Promise<RedisServer | string> {
  const program = findProgram();
  if (program === undefined) return "neither redis-server nor valkey-server is installed";
  const folder = mkdtempSync(join(tmpdir(), "hpd-redis-"));
  const port = await freePort();
  const settings = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--dir",
    folder,
    "--save",
    "",
    "--requirepass",
    password,
  ];
  let server: ChildProcess;
  const client = new Redis({ port, password, maxRetriesPerRequest: null, lazyConnect: true, retryStrategy: () => 50 });
  client.on("error", () => {});
  const abandon = () => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const kill = async () => {
    server.kill("SIGKILL");
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  };
  const start = async () => {
    server = spawn(program, [...settings, ...options], { stdio: "ignore" });
    await client.ping();
  };
  await start();
  process.once("exit", abandon);
  return {
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    urlWithoutPassword: `redis://127.0.0.1:${port}`,
    ...{ password, client, kill, start },
    async stop() {
      process.off("exit", abandon);
      client.disconnect();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findProgram(): string | undefined {
  const { HPD_REDIS_SERVER: named, PATH = "" } = process.env;
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new Error(`HPD_REDIS_SERVER=${named} is not there`);
  }
  const names = ["redis-server", "valkey-server"];
  return PATH.split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** A port of this machine that nobody uses. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
