/**
 * An index in a PostgreSQL database with pgvector: `postgres://user@host/database?schema=notes`.
 *
 * `schema` is the index's own schema in that database, `hpd` by default. All else is as for libpq and `pg`, including
 * environment variables (`PGPASSWORD`) and `~/.pgpass`.
 */
import { HpdError } from "../../errors.ts";
import { InUseError } from "../../files/in-use-error.ts";
import { type IndexDescription, parseDescription } from "../description.ts";
import type { IndexLocation } from "../store.ts";
import { type Database, openDatabase, type ReservedConnection } from "./connection.ts";
import { extensionOf, requireExtension, unavailable } from "./extension.ts";
import { createTables, quoteIdentifier, tableNames, vectorColumn } from "./schema.ts";
import { fromStorable, toStorable } from "./storable-text.ts";
import { PostgresStore } from "./store.ts";

/** First half of the keys of advisory locks ("hpd"); the second is a hash of the schema's name. */
const lockClass = 0x68_70_64;

/** SQLSTATE of a table or a schema that isn't there. */
const undefinedTable = "42P01";

/** A schema of an open database. */
interface Place {
  readonly database: Database;
  /** Its name, not quoted. */
  readonly schema: string;
  /** The name of the index, for messages. */
  readonly name: string;
}

export function isPostgresLocation(location: string): boolean {
  return /^postgres(ql)?:\/\//.test(location);
}

/**
 * @throws HpdError `invalid_argument` for an invalid connection string, which isn't shown: it may contain a password
 */
export function postgresLocation(location: string): IndexLocation {
  const { connectionString, name, schema } = parseLocation(location);
  return {
    name,
    base: async () => undefined,
    async open(access) {
      const database = await openDatabase(connectionString, name);
      const place = { database, schema, name };
      return closingOnFailure(database, async () => {
        // Before anything is read: without the lock it may be half written.
        const writer = access === "write" ? await lock(place) : undefined;
        const description = await readDescription(place);
        if (description !== undefined) return openStore(place, description, writer);
        await database.close();
        return undefined;
      });
    },
    async create(description) {
      const database = await openDatabase(connectionString, name);
      const place = { database, schema, name };
      return closingOnFailure(database, async () => {
        const writer = await lock(place);
        if ((await readDescription(place)) !== undefined) {
          throw new HpdError("invalid_argument", `${name}: there is an index already`);
        }
        await createIndex(place, writer, description);
        return openStore(place, description, writer);
      });
    },
  };
}

export function parseLocation(location: string): { connectionString: string; name: string; schema: string } {
  // An empty host after a user is valid for libpq, which then uses a socket, but not for URL.
  const placeholder = "hpd-no-host";
  const target = location.replace("@/", `@${placeholder}/`);
  // No cause: the error of URL contains the location, and so the password.
  if (!isPostgresLocation(location) || !URL.canParse(target)) {
    throw new HpdError(
      "invalid_argument",
      "expected a database as in postgres://user@host:5432/database?schema=notes, got another URL",
    );
  }
  const url = new URL(target);
  // A password with these characters would be taken for a path, and shown.
  const isCut =
    /@/.test(url.pathname) || url.hash !== "" || [...url.searchParams.keys()].some((key) => key.includes("@"));
  if (isCut) {
    throw new HpdError(
      "invalid_argument",
      "expected a database as in postgres://user@host:5432/database?schema=notes, got another URL: in a password, write " +
        "/ ? # and @ as %2F %3F %23 and %40",
    );
  }
  const schema = url.searchParams.get("schema") ?? "hpd";
  if (schema === "" || schema.includes("\0") || Buffer.byteLength(schema) > 63) {
    throw new HpdError("invalid_argument", `schema should be a name of 1 to 63 bytes, got ${JSON.stringify(schema)}`);
  }
  url.searchParams.delete("schema");
  const connectionString = url.href.replace(`@${placeholder}/`, "@/");
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.host.replace(placeholder, ""));
  return { connectionString, name: `PostgreSQL ${host}${url.pathname}, schema ${schema}`, schema };
}

async function closingOnFailure<T>(database: Database, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Takes the writer's lock. @throws HpdError `invalid_argument` if another process has it */
async function lock({ database, schema, name }: Place): Promise<ReservedConnection> {
  const writer = await database.reserve();
  const [row] = await writer.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked", [
    lockClass,
    schema,
  ]);
  if (row?.locked === true) return writer;
  throw new InUseError(`${name}: another process writes to this index; wait until it is done`);
}

async function readDescription(place: Place): Promise<IndexDescription | undefined> {
  const { database, schema, name } = place;
  const tables = await database.query<{ relname: string }>(
    "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1 AND relkind = 'r'",
    [schema],
  );
  if (tables.length === 0) return undefined;
  const missing = tableNames.filter((table) => !tables.some(({ relname }) => relname === table));
  if (missing.length > 0) {
    throw new HpdError(
      "invalid_argument",
      `${name} is no index, and has other tables: choose another schema, ?schema=NAME`,
    );
  }
  return descriptionIn(place);
}

/** The description in a schema that has had the tables of an index; undefined if they are gone. */
async function descriptionIn({ database, schema, name }: Place): Promise<IndexDescription | undefined> {
  try {
    const rows = await database.query<{ json: string }>(`SELECT json FROM ${quoteIdentifier(schema)}.description`);
    return parseDescription(fromStorable(rows[0]?.json ?? "null"), name);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (code === undefinedTable) return undefined;
    throw error;
  }
}

async function createIndex(
  { schema, name }: Place,
  writer: ReservedConnection,
  description: IndexDescription,
): Promise<void> {
  const [settings] = await writer.query<{ encoding: string; available: boolean; exists: boolean }>(
    `SELECT current_setting('server_encoding') AS encoding,
      EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS available,
      EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS exists`,
    [schema],
  );
  if (settings?.encoding !== "UTF8") {
    throw new HpdError("unsupported", `${name}: the database's encoding should be UTF8, got ${settings?.encoding}`);
  }
  if (!settings.available) throw unavailable(name);
  await writer.transaction("BEGIN", async (transaction) => {
    if ((await extensionOf(transaction)) === undefined) await transaction.run("CREATE EXTENSION vector");
    const extension = await requireExtension(transaction, name);
    const quoted = quoteIdentifier(schema);
    // A user without the right to create schemas may have been given one.
    if (!settings.exists) await transaction.run(`CREATE SCHEMA ${quoted}`);
    await transaction.run(createTables({ schema: quoted, extension }, description));
    await transaction.query(`INSERT INTO ${quoted}.description VALUES ($1)`, [toStorable(JSON.stringify(description))]);
  });
}

async function openStore(
  place: Place,
  description: IndexDescription,
  writer: ReservedConnection | undefined,
): Promise<PostgresStore> {
  const { database, schema, name } = place;
  const extension = await requireExtension(database, name);
  const column = vectorColumn(description, extension);
  const tables = { schema: quoteIdentifier(schema), extension, description, column };
  return new PostgresStore({ name, database, tables, writer, there: () => descriptionIn(place) });
}
