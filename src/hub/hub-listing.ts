/**
 * What a repository of the hub holds, by the two requests of the hub's API that tell it, and then checked: the paths are
 * chosen by whoever owns the repository and become paths on this disk.
 * Source: `HfApi.model_info` and `HfApi.list_repo_tree` of Python's `huggingface_hub` 2.4.
 */
import { HpdError } from "../errors.ts";
import { isSafePath } from "./file-path.ts";
import { type HubConnection, requestHub } from "./hub-request.ts";

export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Name of the blob in the cache, as in the ETag: SHA-256 of an LFS file, else the id of the git blob (SHA-1). */
  readonly etag: string;
}

const mostFiles = 50_000;

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** @returns `file` if its path is safe, its size a count and its etag a hash, else undefined. */
export function checkHubFile(file: { path: unknown; size: unknown; etag: unknown }): HubFile | undefined {
  const { path, size, etag } = file;
  const isFile =
    typeof path === "string" &&
    isSafePath(path) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0 &&
    typeof etag === "string" &&
    /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(etag);
  return isFile ? { path, size: size as number, etag } : undefined;
}

/** The commit that a branch or tag names. @throws HpdError as `requestHub` does. */
export async function resolveCommit(
  connection: HubConnection,
  id: string,
  revision: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const subject = `model ${id} (revision ${revision})`;
  const url = `${connection.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?expand=sha`;
  const { value } = await askHub(connection, url, subject, signal);
  const { sha } = (value ?? {}) as { sha?: unknown };
  if (typeof sha === "string" && isCommit(sha)) return sha;
  throw notHub(connection, subject, `expected a commit, got ${JSON.stringify(sha)}`);
}

/** All files at a commit. @throws HpdError as `requestHub` does, and `corrupt_file` for a name that is not safe. */
export async function listHubFiles(
  connection: HubConnection,
  id: string,
  commit: string,
  signal: AbortSignal | undefined,
): Promise<HubFile[]> {
  const subject = `the file list of model ${id} (commit ${commit})`;
  const files: HubFile[] = [];
  let url: string | undefined = `${connection.endpoint}/api/models/${id}/tree/${commit}?recursive=true`;
  while (url !== undefined) {
    const { value, next } = await askHub(connection, url, subject, signal);
    if (!Array.isArray(value)) throw notHub(connection, subject, "expected a list");
    for (const entry of value as { type: string; path: string; oid: string; size: number; lfs?: HubLfs }[]) {
      if (entry?.type === "directory") continue;
      files.push(parseEntry(id, entry));
      if (files.length <= mostFiles) continue;
      throw new HpdError("unsupported", `Model ${id} has more than ${mostFiles} files; expected a model's repository.`);
    }
    url = next;
  }
  return files;
}

interface HubLfs {
  readonly oid: string;
  readonly size: number;
}

function parseEntry(id: string, entry: { path: string; oid: string; size: number; lfs?: HubLfs }): HubFile {
  const { path, lfs, oid, size } = entry ?? {};
  const file = checkHubFile({ path, size: lfs?.size ?? size, etag: lfs?.oid ?? oid });
  if (file !== undefined) return file;
  throw new HpdError(
    "corrupt_file",
    `Model ${id} lists a file ${JSON.stringify(path)} (size ${size}, id ${oid}); expected a relative path inside ` +
      "the repository, a size and a hash. Nothing of it was written.",
  );
}

/** The JSON of an answer, and the URL of its next page, of the same server. */
async function askHub(
  connection: HubConnection,
  url: string,
  subject: string,
  signal: AbortSignal | undefined,
): Promise<{ value: unknown; next: string | undefined }> {
  const limit = AbortSignal.timeout(connection.answerTimeoutMs);
  const signals = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const response = await requestHub(connection, url, subject, { signal: signals });
  const link = /<([^>]+)>\s*;\s*rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
  const next = link === undefined ? undefined : new URL(link, url);
  if (next !== undefined && next.origin !== new URL(url).origin) {
    throw notHub(connection, subject, `the next page is at ${next.origin}`);
  }
  try {
    return { value: await response.json(), next: next?.href };
  } catch (cause) {
    signals.throwIfAborted();
    throw notHub(connection, subject, (cause as Error).message, cause);
  }
}

function notHub(connection: HubConnection, subject: string, problem: string, cause?: unknown): HpdError {
  return new HpdError(
    "network",
    `Asked ${connection.endpoint} for ${subject}; the answer is not that of a Hugging Face hub (${problem}). ` +
      "Check HF_ENDPOINT and the proxy.",
    { cause },
  );
}
