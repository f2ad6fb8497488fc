/** Where an index is, from the way that people write it. */
import { HpdError } from "../errors.ts";
import { lanceLocation } from "./lance/location.ts";
import { isPostgresLocation, postgresLocation } from "./postgres/location.ts";
import type { IndexLocation } from "./store.ts";

/** A URL, though it has a slash too few or something before it. Of one letter it is a drive of Windows. */
const urlLike = /^[\s"'`<]*([a-z][a-z0-9+.-]+):(?:\/|[^@]*@)/i;

/** The parts of one anywhere: `jdbc:postgresql://host`, `postgres//user:password@host`. */
const partsOfUrl = /:\/\/|\/\/[^/]*:[^/]*@/;

/** PostgreSQL's other form. */
const keysAndValues = /(?:^|\s)(?:host|hostaddr|port|user|dbname|password)\s*=/;

/**
 * @param location a folder, or `postgres://user@host/database?schema=notes`
 * @throws HpdError `invalid_argument` for what looks like another URL. It may hold a password: it is not shown.
 */
export function indexLocation(location: string): IndexLocation {
  if (typeof location !== "string" || location === "") {
    throw new HpdError(
      "invalid_argument",
      "an index is in a folder or a database: its place should be given as a text",
    );
  }
  if (isPostgresLocation(location)) return postgresLocation(location);
  const scheme = urlLike.exec(location)?.[1];
  const isKeys = keysAndValues.test(location);
  if (scheme === undefined && !isKeys && !partsOfUrl.test(location)) return lanceLocation(location);
  throw new HpdError(
    "invalid_argument",
    "an index is a folder, or a database named exactly as in postgres://user@host/database, got something else with " +
      (scheme === undefined ? (isKeys ? "key=value" : "parts of a URL") : `${scheme}:`),
  );
}
