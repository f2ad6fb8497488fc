/**
 * Names of documents that a program adds, among those of files: two slashes in a row are in no path, but for the first
 * characters of some of Windows.
 */
const prefix = "document://";

/** The name of a document in a store. */
export function documentName(id: string): string {
  return prefix + id;
}

/** Whether a name is that of a document, not of a file. */
export function isDocument(name: string): boolean {
  return name.startsWith(prefix);
}

/** The id of a document; undefined for a file. */
export function documentIdOf(name: string): string | undefined {
  return isDocument(name) ? name.slice(prefix.length) : undefined;
}
