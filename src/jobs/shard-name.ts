/**
 * The names of the files of a work in shards. A shard's follows from its number alone, so that a shard that is done twice is
 * one file.
 */

/** The manifest of a work of any kind. Readers of folders leave out what begins with `_`. */
export const manifestName = "_manifest.json";

const digits = 5;

/** @param shard from 0 to before `shards` */
export function shardName(shard: number, shards: number, extension: string): string {
  const padded = (number: number) => String(number).padStart(digits, "0");
  return `shard-${padded(shard)}-of-${padded(shards)}${extension}`;
}

/** The number in the name of a file; undefined for one that is no shard of so many. */
export function shardNumber(file: string, shards: number, extension: string): number | undefined {
  const number = Number(/^shard-(\d+)-of-\d+/.exec(file)?.[1] ?? Number.NaN);
  return number < shards && shardName(number, shards, extension) === file ? number : undefined;
}
