/** Where an index is, from the way that people write it. */
import { lanceLocation } from "./lance/location.ts";
import { isPostgresLocation, postgresLocation } from "./postgres/location.ts";
import type { IndexLocation } from "./store.ts";

/** @param location a folder, or `postgres://user@host/database?schema=notes` */
export function indexLocation(location: string): IndexLocation {
  return isPostgresLocation(location) ? postgresLocation(location) : lanceLocation(location);
}
