/**
 * The commit and the files of a hub repository, by two requests to the hub's API. They are checked: the owner of the
 * repository chooses the paths, which become paths on this disk.
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

const maxFiles = 50_000;

/** Maximum pages of a list. The hub gives 1,000 files a page, mirrors may give fewer. */
const maxPages = 200;

/** Maximum bytes of an answer: a list of 50,000 files has some 15 MB. */
const maxAnswerBytes = 32 * 1024 * 1024;

/** Time limit of all pages together, in timeouts of one answer. */
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
  const { value } = await requestJson(connection, url, subject, [signal]);
  const sha = isObject(value) ? value.sha : value;
  if (typeof sha === "string" && isCommit(sha)) return sha;
  throw notHub(connection, subject, `it holds no commit but ${describe(sha)}`);
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
  const timeout = AbortSignal.timeout(listingTimeouts * connection.answerTimeoutMs);
  let url: string | undefined = `${connection.endpoint}/api/models/${id}/tree/${commit}?recursive=true`;
  for (let page = 0; url !== undefined; page++) {
    if (page === maxPages) throw notHub(connection, subject, `it has more than ${maxPages} pages`);
    const { value, next } = await requestJson(connection, url, subject, [signal, timeout]);
    if (!Array.isArray(value)) throw notHub(connection, subject, `it is no list but ${describe(value)}`);
    for (const entry of value) {
      if (isObject(entry) && entry.type === "directory") continue;
      files.push(parseEntry(id, entry));
      if (files.length <= maxFiles) continue;
      throw new HpdError("unsupported", `model ${id} should have at most ${maxFiles} files, got more`);
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
    `model ${id}: each file should have a relative path inside the repository, a size and a hash, got ` +
      `${describe(path)}, ${describe(size)}, ${describe(oid)}. Nothing was written`,
  );
}

/**
 * The JSON of an answer, and the URL of its next page, on the same server.
 *
 * @param signals the caller's, and other limits beside the timeout of one answer
 */
async function requestJson(
  connection: HubConnection,
  url: string,
  subject: string,
  signals: readonly [caller: AbortSignal | undefined, ...AbortSignal[]],
): Promise<{ value: unknown; next: string | undefined }> {
  const limits = [AbortSignal.timeout(connection.answerTimeoutMs), ...signals];
  const response = await requestHub(connection, url, subject, {
    signal: AbortSignal.any(limits.filter((limit) => limit !== undefined)),
  });
  let text: string | undefined;
  try {
    text = await readAnswer(response, maxAnswerBytes);
  } catch (cause) {
    signals[0]?.throwIfAborted();
    throw unreachable(connection, subject, cause);
  }
  if (text === undefined) throw notHub(connection, subject, `it has more than ${maxAnswerBytes} bytes`);
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
    `the answer of ${connection.endpoint} for ${subject} should be that of a Hugging Face hub, but ${problem}: ` +
      "check HF_ENDPOINT and the proxy",
    { cause },
  );
}
