/** Numbers as text for people. */

/** An integer with thousands separators, rounded: `1,234`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A count with its noun: `1 row`, `1,234 rows`. @param plural where it is not the singular with an s */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${count === 1 ? singular : plural}`;
}

/** A size with its unit: `12 kB`, `12.3 MB`, `1.2 GB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1e5) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${megabytes(bytes)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Bytes in megabytes (10^6), with one decimal: `12.3`. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
