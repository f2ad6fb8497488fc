/**
 * What a repository of the hub holds, asked through `@huggingface/hub` and then checked: the paths are chosen by
 * whoever owns the repository and become paths on this disk.
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
  return await askHub(connection, subject, signal, async (client) => {
    const { modelInfo } = await import("@huggingface/hub");
    const { sha } = await modelInfo({ ...client, name: id, revision, additionalFields: ["sha"] });
    if (typeof sha !== "string" || !isCommit(sha)) {
      throw new Error(`expected a commit, got ${JSON.stringify(sha)}`);
    }
    return sha;
  });
}

/** All files at a commit. @throws HpdError as `requestHub` does, and `corrupt_file` for a name that is not safe. */
export async function listHubFiles(
  connection: HubConnection,
  id: string,
  commit: string,
  signal: AbortSignal | undefined,
): Promise<HubFile[]> {
  const subject = `the file list of model ${id} (commit ${commit})`;
  return await askHub(connection, subject, signal, async (client) => {
    const { listFiles } = await import("@huggingface/hub");
    const files: HubFile[] = [];
    const repo = { type: "model", name: id } as const;
    for await (const entry of listFiles({ ...client, repo, revision: commit, recursive: true })) {
      if (entry.type !== "file") {
        continue;
      }
      const { path, lfs, oid, size } = entry;
      const file = checkHubFile({ path, size: lfs?.size ?? size, etag: lfs?.oid ?? oid });
      if (file === undefined) {
        throw new HpdError(
          "corrupt_file",
          `Model ${id} lists a file ${JSON.stringify(path)} (size ${size}, id ${oid}); expected a relative path inside ` +
            "the repository, a size and a hash. Nothing of it was written.",
        );
      }
      files.push(file);
      if (files.length > mostFiles) {
        throw new HpdError(
          "unsupported",
          `Model ${id} has more than ${mostFiles} files; expected a model's repository.`,
        );
      }
    }
    return files;
  });
}

/** Every request of the library goes through ours: it has no time limit, and takes only tokens that begin with `hf_`. */
async function askHub<Answer>(
  connection: HubConnection,
  subject: string,
  signal: AbortSignal | undefined,
  ask: (client: { hubUrl: string; fetch: typeof fetch }) => Promise<Answer>,
): Promise<Answer> {
  const limitedFetch: typeof fetch = (url, init) => {
    const limit = AbortSignal.timeout(connection.answerTimeoutMs);
    const signals = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    return requestHub(connection, String(url), subject, { ...init, signal: signals });
  };
  try {
    return await ask({ hubUrl: connection.endpoint, fetch: limitedFetch });
  } catch (cause) {
    if (cause instanceof HpdError) {
      throw cause;
    }
    throw new HpdError(
      "network",
      `Asked ${connection.endpoint} for ${subject}; the answer is not that of a Hugging Face hub ` +
        `(${(cause as Error).message}). Check HF_ENDPOINT and the proxy.`,
      { cause },
    );
  }
}
