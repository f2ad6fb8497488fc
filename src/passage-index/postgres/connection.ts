/**
 * Connections to a PostgreSQL server, through the package `pg`, which is installed beside this one by those who use it:
 * the client that most programs on Node already have.
 *
 * No setting of a session is relied on but inside a transaction, so that a pooler may stand between. (The writer's lock
 * needs one session: a pooler has to be in session mode for builds.)
 */
import type { ClientBase, Pool, PoolClient } from "pg";
import { HpdError } from "../../errors.ts";

type Row = Record<string, unknown>;

export interface Connection {
  /** @param values a Buffer is sent as the binary form of its type, all else as text */
  query<R = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Statements that return nothing, several in one journey: nothing of a user's may be in their text. */
  run(statements: string): Promise<void>;
}

/** Connections as many as are asked for at once, up to ten; they are opened when they are first needed. */
export interface Database extends Connection {
  /** Committed when `work` is done, rolled back when it fails. */
  transaction<T>(begin: string, work: (connection: Connection) => Promise<T>): Promise<T>;
  /** A connection of one's own until `close`, as a lock of a session needs it. */
  reserve(): Promise<ReservedConnection>;
  /** Waits for the transactions and queries under way, ends what was reserved. */
  close(): Promise<void>;
}

export interface ReservedConnection extends Connection {
  transaction<T>(begin: string, work: (connection: Connection) => Promise<T>): Promise<T>;
}

/**
 * Connects to nothing yet.
 *
 * @param connectionString as libpq and `pg` understand it
 * @param name for messages: has no password
 * @throws HpdError `not_found` where `pg` isn't installed
 */
export async function openDatabase(connectionString: string, name: string): Promise<Database> {
  const { Pool } = await import("pg").catch((cause) => {
    throw new HpdError("not_found", `${name}: the package pg is not installed: npm install pg`, { cause });
  });
  const pool = new Pool({ connectionString, allowExitOnIdle: true, connectionTimeoutMillis: 30_000 });
  // A connection that breaks while nobody uses it leaves the pool; the next one that is asked for is a new one.
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
        // It may be broken, or in the middle of a transaction that could not be rolled back.
        client.release(true);
        throw error;
      }
    },
    async reserve() {
      const client = await connect();
      // Each query that is made on it afterwards says so, too.
      client.on("error", () => {});
      reserved.push(client);
      const connection = connectionOver(client, name);
      return { ...connection, transaction: (begin, work) => transactionOf(connection, begin, work) };
    },
    async close() {
      for (const client of reserved) {
        // The server would do so, too, but only when it sees that the connection is gone.
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
    // Where this fails the connection is lost, and the server rolls back by itself.
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** What the server or the way to it said. Neither `pg` nor the server puts a password into a message. */
function translated(error: unknown, name: string): HpdError {
  const { code = "", message } = error as Error & { code?: string };
  return new HpdError(codeOf(code), `${name}: ${message || code}`, { cause: error });
}

/** @param state SQLSTATE, see PostgreSQL's "Error Codes", or one of Node's names such as ECONNREFUSED, or nothing */
function codeOf(state: string): HpdError["code"] {
  // A socket that closed, an operator's shutdown, a connection that the server ended.
  if (!/^[0-9A-Z]{5}$/.test(state) || /^(08|57P)/.test(state)) return "network";
  // Wrong password, no such role; no right to do this.
  if (/^(28|42501)/.test(state)) return "unauthorized";
  // No such database.
  if (state === "3D000") return "not_found";
  // A number that the type can't hold, a value that is there already.
  if (/^(22|23505)/.test(state)) return "invalid_argument";
  // XX001, XX002: damaged data, a damaged index.
  return /^XX00[12]/.test(state) ? "corrupt_file" : "runtime";
}
