/** Parses the location of an index. */
import { optionsHint } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";
import { lanceLocation } from "./lance/location.ts";
import { isObjectLocation, objectLocation } from "./lance/object-location.ts";
import { isPostgresLocation, postgresLocation } from "./postgres/location.ts";
import type { IndexLocation } from "./store.ts";

/** A URL, perhaps with a missing slash or characters before it. A scheme of one letter is a drive of Windows. */
const urlLike = /^[\s"'`<]*([a-z][a-z0-9+.-]+):(?:\/|[^@]*@)/i;

/** Parts of a URL anywhere: `jdbc:postgresql://host`, `postgres//user:password@host`. */
const partsOfUrl = /:\/\/|\/\/[^/]*:[^/]*@/;

/** PostgreSQL's connection strings of keys and values. */
const keysAndValues = /(?:^|\s)(?:host|hostaddr|port|user|dbname|password)\s*=/;

/**
 * @param location a folder, `s3://bucket/path`, `gs://bucket/path`, or `postgres://user@host/database?schema=notes`
 * @throws HpdError `invalid_argument` for another URL, which isn't shown, since it may contain a password
 */
export function indexLocation(location: string): IndexLocation {
  if (typeof location !== "string" || location === "") {
    throw new HpdError(
      "invalid_argument",
      `the location of an index should be a folder or a database, got no text${optionsHint(location)}`,
    );
  }
  if (isPostgresLocation(location)) return postgresLocation(location);
  if (isObjectLocation(location)) return objectLocation(location);
  const scheme = urlLike.exec(location)?.[1];
  const isKeys = keysAndValues.test(location);
  if (scheme === undefined && !isKeys && !partsOfUrl.test(location)) return lanceLocation(location);
  throw new HpdError(
    "invalid_argument",
    "the location of an index should be a folder, a bucket as in s3://bucket/path or gs://bucket/path, or a database as in " +
      "postgres://user@host/database, got a text with " +
      (scheme === undefined ? (isKeys ? "key=value" : "parts of a URL") : `${scheme}:`),
  );
}
