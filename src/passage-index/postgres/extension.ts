/** The extension pgvector in a database. */
import { HpdError } from "../../errors.ts";
import type { Database } from "./connection.ts";
import { quoteIdentifier } from "./schema.ts";

/** Minimum version of pgvector: iterative scans, with which filtered searches find `topK` hits. */
const requiredVersion = [0, 8] as const;

/** @param name of the database, for the message */
export function unavailable(name: string): HpdError {
  return new HpdError(
    "unsupported",
    `${name}: the extension pgvector is not on this server (https://github.com/pgvector/pgvector#installation)`,
  );
}

export interface Extension {
  readonly version: string;
  readonly schema: string;
}

export async function extensionOf(database: Pick<Database, "query">): Promise<Extension | undefined> {
  const rows = await database.query<Extension>(
    `SELECT extversion AS version, nspname AS schema FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
      WHERE extname = 'vector'`,
  );
  return rows[0];
}

/** @returns the quoted name of its schema. @throws HpdError `unsupported` for an older version, or none */
export async function requireExtension(database: Pick<Database, "query">, name: string): Promise<string> {
  const { version = "none", schema = "" } = (await extensionOf(database)) ?? {};
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > requiredVersion[0] || (major === requiredVersion[0] && minor >= requiredVersion[1])) {
    return quoteIdentifier(schema);
  }
  throw new HpdError(
    "unsupported",
    `${name}: expected pgvector ${requiredVersion.join(".")} or later, got ${version}: if the server has a newer one, ` +
      "ALTER EXTENSION vector UPDATE",
  );
}
