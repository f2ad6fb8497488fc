/** The files that are meant by paths, folders and URLs. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { eachConcurrently } from "../common/each-concurrently.ts";
import { cannotRead } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
import { diskFile, listFolder } from "./disk-files.ts";
import { parseLocation } from "./location.ts";
import { headObject, listObjects, s3File } from "./s3-files.ts";
import type { StoredFile } from "./stored-file.ts";
import { webFile } from "./web-files.ts";

/** Files whose beginnings are read at the same time. */
const concurrency = 16;

export interface ListOptions {
  /** Whether a file in a folder is one of those that are looked for; one that is named always is. */
  readonly accepts: (name: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The files in the order of the arguments, those of a folder in the order of their names.
 *
 * @param specs paths of files and folders, `https://` of files, `s3://` of objects and, with a slash at the end, of prefixes
 * @throws HpdError `not_found`, also for a folder without any, and as `StoredFile.open`
 */
export async function listFiles(specs: readonly string[], { accepts, signal }: ListOptions): Promise<StoredFile[]> {
  const files: StoredFile[][] = [];
  for (const spec of specs) {
    signal?.throwIfAborted();
    const found = await filesOf(spec, accepts, signal);
    if (found.length === 0) {
      throw new HpdError("not_found", `${spec} holds no file of texts: there should be some by a known extension`);
    }
    files.push(found);
  }
  return files.flat();
}

async function filesOf(
  spec: string,
  accepts: ListOptions["accepts"],
  signal: AbortSignal | undefined,
): Promise<StoredFile[]> {
  const location = parseLocation(spec);
  if (location.kind === "web") return [await webFile(location.url, signal)];
  if (location.kind === "s3") {
    const { bucket, key } = location;
    const parent = key.slice(0, key.lastIndexOf("/") + 1);
    if (key !== "" && !key.endsWith("/")) return [s3File(bucket, await headObject(bucket, key, signal), parent)];
    const found: StoredFile[] = [];
    for await (const object of listObjects(bucket, key, signal)) {
      const file = s3File(bucket, object, key);
      const isHidden = file.name.split("/").some((part) => /^[._]/.test(part));
      if (!isHidden && !file.name.endsWith("/") && accepts(file.name)) found.push(file);
    }
    // Stores list by bytes, the disk by UTF-16 units.
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  const { path } = location;
  const stats = await stat(path).catch((cause: unknown) => {
    throw cannotRead(path, cause);
  });
  if (!stats.isDirectory()) return [await diskFile(path)];
  const names = (await listFolder(path)).filter(accepts);
  const files = new Array<StoredFile>(names.length);
  await eachConcurrently(names.entries(), { concurrency, signal }, async ([at, name]) => {
    files[at] = await diskFile(join(path, name), name);
  });
  return files;
}
