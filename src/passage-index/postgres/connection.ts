/**
 * Connections to a PostgreSQL server, through the package `pg`, an optional peer dependency.
 *
 * Session settings are only used inside a transaction, so that a connection pooler works. (The writer's lock needs a
 * session: for builds, a pooler has to be in session mode.)
 */
import { createRequire } from "node:module";
import type * as Pg from "pg";
import type { ClientBase, Pool, PoolClient } from "pg";
import { HpdError } from "../../errors.ts";
import { requireInstalled } from "../../files/package-file.ts";

type Row = Record<string, unknown>;

export interface Connection {
  /** @param values a Buffer is sent in the binary form of its type, all others as text */
  query<R = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Runs statements without results in one round trip. Their text must not contain user input. */
  run(statements: string): Promise<void>;
}

/** A pool of up to ten connections, which are opened when they are needed. */
export interface Database extends Connection {
  /** Runs a transaction: committed when `work` is done, rolled back when it fails. */
  transaction<T>(begin: string, work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Reserves a connection until `close`, as a session lock needs it. */
  reserve(): Promise<ReservedConnection>;
  /** Waits for pending transactions and queries, and ends reserved connections. */
  close(): Promise<void>;
}

export interface ReservedConnection extends Connection {
  transaction<T>(begin: string, work: (connection: Connection) => Promise<T>): Promise<T>;
}

/** Loads `pg` by `require`: esbuild can't put CommonJS, as it is, into a bundle of ES modules. */
function loadPg(name: string): typeof Pg {
  try {
    return requireInstalled<typeof Pg>("pg", () => {
      const require = createRequire(import.meta.url);
      return require("pg");
    });
  } catch (cause) {
    throw new HpdError("not_found", `${name}: the package pg is not installed: npm install pg`, { cause });
  }
}

/**
 * Creates a pool, without connecting yet.
 *
 * @param connectionString as for libpq and `pg`
 * @param name for messages, without a password
 * @throws HpdError `not_found` if `pg` isn't installed
 */
export async function openDatabase(connectionString: string, name: string): Promise<Database> {
  const { Pool } = loadPg(name);
  const pool = new Pool({ connectionString, allowExitOnIdle: true, connectionTimeoutMillis: 30_000 });
  // An idle connection that breaks leaves the pool; the next request gets a new one.
  pool.on("error", () => {});
  const reserved: PoolClient[] = [];
  const connect = () =>
    pool.connect().catch((error) => {
      throw translated(error, name);
    });
  return {
    ...connectionOver(pool, name),
    async transaction(begin, work) {
      const client = await connect();
      try {
        const result = await transactionOf(connectionOver(client, name), begin, work);
        client.release();
        return result;
      } catch (error) {
        // The connection may be broken, or in a transaction that could not be rolled back.
        client.release(true);
        throw error;
      }
    },
    async reserve() {
      const client = await connect();
      // Later queries on it fail as well.
      client.on("error", () => {});
      reserved.push(client);
      const connection = connectionOver(client, name);
      return { ...connection, transaction: (begin, work) => transactionOf(connection, begin, work) };
    },
    async close() {
      for (const client of reserved) {
        // The server would release the lock, too, but only when it notices that the connection is closed.
        await client.query("SELECT pg_advisory_unlock_all()").catch(() => {});
        client.release(true);
      }
      await pool.end();
    },
  };
}

function connectionOver(client: Pool | ClientBase, name: string): Connection {
  const query = async (text: string, values?: readonly unknown[]) => {
    try {
      return await client.query(text, values as unknown[]);
    } catch (error) {
      throw translated(error, name);
    }
  };
  return {
    query: async <R>(text: string, values: readonly unknown[] = []) => (await query(text, values)).rows as R[],
    run: async (statements) => {
      await query(statements);
    },
  };
}

async function transactionOf<T>(
  connection: Connection,
  begin: string,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  await connection.run(begin);
  try {
    const result = await work(connection);
    await connection.run("COMMIT");
    return result;
  } catch (error) {
    // If this fails the connection is lost, and the server rolls back by itself.
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** An error of the server or the connection. Neither `pg` nor the server puts a password into a message. */
function translated(error: unknown, name: string): HpdError {
  const { code = "", message } = error as Error & { code?: string };
  return new HpdError(codeOf(code), `${name}: ${message || code}`, { cause: error });
}

/** @param state SQLSTATE (PostgreSQL's "Error Codes"), a code of Node such as ECONNREFUSED, or empty */
function codeOf(state: string): HpdError["code"] {
  // A socket that closed, an operator's shutdown, a connection that the server ended.
  if (!/^[0-9A-Z]{5}$/.test(state) || /^(08|57P)/.test(state)) return "network";
  // Wrong password, no such role; no right to do this.
  if (/^(28|42501)/.test(state)) return "unauthorized";
  // No such database.
  if (state === "3D000") return "not_found";
  // A number out of range, a duplicate key.
  if (/^(22|23505)/.test(state)) return "invalid_argument";
  // XX001, XX002: damaged data, a damaged index.
  return /^XX00[12]/.test(state) ? "corrupt_file" : "runtime";
}
