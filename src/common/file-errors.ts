/**
 * Errors of files and folders: the file system's reason in words, without the names of temporary files and system
 * calls.
 */
import { HpdError } from "../errors.ts";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is used up",
  EEXIST: "something else is there",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ENOENT: "there is no such file or folder",
  ENOSPC: "no space is left on the disk",
  ENOTDIR: "a part of its path is a file, not a folder",
  EPERM: "the system doesn't permit it",
  EROFS: "the file system is read-only",
};

/** An error `not_found` that names the file or folder and what keeps it from being read. */
export function cannotRead(path: string, cause: unknown): HpdError {
  return new HpdError("not_found", `${path} can't be read: ${fileReason(cause)}`, { cause });
}

/** An error `invalid_argument` that names the file or folder and what keeps it from being written. */
export function cannotWrite(path: string, cause: unknown): HpdError {
  const isFolderMissing = (cause as { code?: unknown }).code === "ENOENT";
  const reason = isFolderMissing ? "the folder that it should be in doesn't exist (ENOENT)" : fileReason(cause);
  return new HpdError("invalid_argument", `${path} can't be written: ${reason}`, { cause });
}

/** The file system's reason in words, with its code; the message of any other error. */
export function fileReason(cause: unknown): string {
  const { code, message } = cause as { code?: string; message: string };
  const reason = code === undefined || !Object.hasOwn(reasons, code) ? undefined : reasons[code];
  return reason === undefined ? message : `${reason} (${code})`;
}
