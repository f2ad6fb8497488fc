/**
 * Safe relative paths. They come from a server or a caller, so whatever could leave the folder, on POSIX or on Windows,
 * is refused (as by `_validate_relative_filename` of huggingface_hub).
 */
const maxPathLength = 1024;

/** Whether `path` is relative, with forward slashes, and stays inside the folder it is joined to. */
export function isSafePath(path: string): boolean {
  if (path.length > maxPathLength || /[\\\p{Cc}]/u.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !/^[A-Za-z]:/.test(part));
}
