/** Opens folders for results by their locations, and small files in them. */
import { requireText } from "../common/arguments.ts";
import { type JsonObject, parseJsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { diskFolder } from "./disk-folder.ts";
import { parseLocation } from "./location.ts";
import type { OutputFolder } from "./output-folder.ts";
import { s3Folder } from "./s3-folder.ts";

/**
 * Opens a folder, which need not exist yet.
 *
 * @param location a path or `s3://bucket/path`
 * @throws HpdError `invalid_argument` for another
 */
export function openOutputFolder(location: string): OutputFolder {
  requireText("output", location, "a folder or s3://bucket/path");
  const parsed = parseLocation(location);
  if (parsed.kind === "disk") return diskFolder(parsed.path);
  if (parsed.kind === "s3") return s3Folder(parsed.bucket, parsed.key);
  throw new HpdError("invalid_argument", `results can't be written to ${location.split("?")[0]}: use a path or s3://`);
}

/** A small file as a whole; undefined where there is none. @throws HpdError as `open` */
export async function readWhole(
  folder: OutputFolder,
  file: string,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const reader = await folder.open(file, signal);
    try {
      return await reader.read(0, reader.size);
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (error instanceof HpdError && error.code === "not_found") return undefined;
    throw error;
  }
}

/** Writes a file as a whole. @returns whether there was none before, else that one stays */
export async function writeFirst(
  folder: OutputFolder,
  file: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<boolean> {
  const created = await folder.create(file, signal);
  try {
    await created.append(bytes);
    return await created.finishFirst();
  } catch (error) {
    await created.abort().catch(() => {});
    throw error;
  }
}

/** A file that holds a JSON object; undefined where there is none. @throws HpdError `corrupt_file`; as `open` */
export async function readJson(
  folder: OutputFolder,
  file: string,
  signal?: AbortSignal,
): Promise<JsonObject | undefined> {
  const bytes = await readWhole(folder, file, signal);
  if (bytes === undefined) return undefined;
  return parseJsonObject(new TextDecoder().decode(bytes), `${folder.name}/${file}`);
}

/** Writes a value as JSON. @returns as `writeFirst` */
export function writeFirstJson(
  folder: OutputFolder,
  file: string,
  value: object,
  signal?: AbortSignal,
): Promise<boolean> {
  return writeFirst(folder, file, new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`), signal);
}
