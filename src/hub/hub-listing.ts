/**
 * What a repository of the hub holds, by the two requests of the hub's API that tell it, and then checked: the paths are
 * chosen by whoever owns the repository and become paths on this disk.
 * Source: `HfApi.model_info` and `HfApi.list_repo_tree` of Python's `huggingface_hub` 2.4.
 */
import { describe, isObject, parseJson } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { isSafePath } from "./file-path.ts";
import { type HubConnection, readAnswer, requestHub, unreachable } from "./hub-request.ts";

export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Name of the blob in the cache, as in the ETag: SHA-256 of an LFS file, else the id of the git blob (SHA-1). */
  readonly etag: string;
}

const mostFiles = 50_000;

/** The hub gives 1,000 files a page, mirrors may give fewer. */
const mostPages = 200;

/** A list of 50,000 files in one answer has some 15 MB. */
const largestAnswer = 32 * 1024 * 1024;

/** All pages together may take as many times what one answer may. */
const listingTimeouts = 6;

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
  const sha = isObject(value) ? value.sha : value;
  if (typeof sha === "string" && isCommit(sha)) return sha;
  throw notHub(connection, subject, `expected a commit, got ${describe(sha)}`);
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
  const limit = AbortSignal.timeout(listingTimeouts * connection.answerTimeoutMs);
  let url: string | undefined = `${connection.endpoint}/api/models/${id}/tree/${commit}?recursive=true`;
  for (let page = 0; url !== undefined; page++) {
    if (page === mostPages) throw notHub(connection, subject, `it has more than ${mostPages} pages`);
    const { value, next } = await askHub(connection, url, subject, signal, limit);
    if (!Array.isArray(value)) throw notHub(connection, subject, `expected a list, got ${describe(value)}`);
    for (const entry of value) {
      if (isObject(entry) && entry.type === "directory") continue;
      files.push(parseEntry(id, entry));
      if (files.length <= mostFiles) continue;
      throw new HpdError("unsupported", `Model ${id} has more than ${mostFiles} files; expected a model's repository.`);
    }
    url = next;
  }
  return files;
}

function parseEntry(id: string, entry: unknown): HubFile {
  const { path, lfs, oid, size } = isObject(entry) ? entry : {};
  const large = isObject(lfs) ? lfs : {};
  const file = checkHubFile({ path, size: large.size ?? size, etag: large.oid ?? oid });
  if (file !== undefined) return file;
  throw new HpdError(
    "corrupt_file",
    `Model ${id} lists a file ${describe(path)} (size ${describe(size)}, id ${describe(oid)}); expected a relative path ` +
      "inside the repository, a size and a hash. Nothing of it was written.",
  );
}

/**
 * The JSON of an answer, and the URL of its next page, of the same server.
 *
 * @param listing of all pages, beside the limit of this one
 */
async function askHub(
  connection: HubConnection,
  url: string,
  subject: string,
  signal: AbortSignal | undefined,
  listing?: AbortSignal,
): Promise<{ value: unknown; next: string | undefined }> {
  const limits = [AbortSignal.timeout(connection.answerTimeoutMs), signal, listing];
  const response = await requestHub(connection, url, subject, {
    signal: AbortSignal.any(limits.filter((limit) => limit !== undefined)),
  });
  let text: string | undefined;
  try {
    text = await readAnswer(response, largestAnswer);
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(connection, subject, cause);
  }
  if (text === undefined) throw notHub(connection, subject, `it has more than ${largestAnswer} bytes`);
  const next = nextPage(response, url);
  if (next !== undefined && next.origin !== new URL(url).origin) {
    throw notHub(connection, subject, `the next page is at ${next.origin}`);
  }
  try {
    return { value: parseJson(text, "it"), next: next?.href };
  } catch (cause) {
    throw notHub(connection, subject, (cause as Error).message, cause);
  }
}

function nextPage(response: Response, url: string): URL | undefined {
  const link = /<([^<>]+)>\s*;\s*rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
  if (link === undefined || !URL.canParse(link, url)) return undefined;
  const next = new URL(link, url);
  next.username = "";
  next.password = "";
  return next;
}

function notHub(connection: HubConnection, subject: string, problem: string, cause?: unknown): HpdError {
  return new HpdError(
    "network",
    `Asked ${connection.endpoint} for ${subject}; the answer is not that of a Hugging Face hub (${problem}). ` +
      "Check HF_ENDPOINT and the proxy.",
    { cause },
  );
}
