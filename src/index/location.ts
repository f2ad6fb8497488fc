/** Where an index is, from the way that people write it. */
import { HpdError } from "../errors.ts";
import { lanceLocation } from "./lance/location.ts";
import { isPostgresLocation, postgresLocation } from "./postgres/location.ts";
import type { IndexLocation } from "./store.ts";

/**
 * @param location a folder, or `postgres://user@host/database?schema=notes`
 * @throws HpdError `invalid_argument` for another URL. It may hold a password: it is not shown.
 */
export function indexLocation(location: string): IndexLocation {
  if (isPostgresLocation(location)) return postgresLocation(location);
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(location) ?? [];
  if (scheme === undefined) return lanceLocation(location);
  throw new HpdError(
    "invalid_argument",
    `an index is a folder, or a database as in postgres://user@host/database, got ${scheme}://`,
  );
}
