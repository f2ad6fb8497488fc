/** Files of a web server, read in ranges. */
import { setTimeout as delay } from "node:timers/promises";
import { HpdError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { changed, type StoredFile } from "./stored-file.ts";

const blockSize = 4 * 1024 * 1024;
const maxAttempts = 6;

/** Milliseconds before the second try, doubled with each. */
const firstWait = 250;

/** @throws HpdError `not_found`, `unauthorized`, `network`; `unsupported` for a server that doesn't give parts of a file */
export async function webFile(url: string, signal?: AbortSignal): Promise<StoredFile> {
  const location = url.split("?")[0]!;
  const response = await request(url, location, { method: "HEAD" }, signal);
  const { headers } = response;
  const size = Number(headers.get("content-length") ?? Number.NaN);
  if (!Number.isSafeInteger(size) || headers.get("accept-ranges") === "none") {
    throw new HpdError("unsupported", `${location}: the server doesn't give parts of files: download it first`);
  }
  const version = headers.get("etag") ?? headers.get("last-modified") ?? "";
  return {
    location,
    name: decodeURIComponent(new URL(url).pathname.split("/").at(-1)!),
    size,
    version,
    open: async (opening) => openUrl(url, { size, version }, opening),
  };
}

function openUrl(
  url: string,
  { size, version }: Pick<StoredFile, "size" | "version">,
  signal: AbortSignal | undefined,
): ByteReader {
  const name = url.split("?")[0]!;
  return {
    name,
    size,
    blockSize,
    async read(start, end) {
      if (start === end) return new Uint8Array();
      for (let attempt = 1; ; attempt++) {
        const headers = { range: `bytes=${start}-${end - 1}` };
        const response = await request(url, name, { headers }, signal);
        const now = response.headers.get("etag") ?? response.headers.get("last-modified") ?? "";
        if (response.status !== 206) {
          await response.body?.cancel();
          throw new HpdError("unsupported", `${name}: the server doesn't give parts of files: download it first`);
        }
        if (now !== version) {
          await response.body?.cancel();
          throw changed(name);
        }
        try {
          const bytes = new Uint8Array(await response.arrayBuffer());
          if (bytes.length === end - start) return bytes;
        } catch (cause) {
          signal?.throwIfAborted();
          if (attempt === maxAttempts) throw failed(name, cause);
        }
        if (attempt === maxAttempts) throw failed(name, new Error("answers are cut"));
        await delay(firstWait * 2 ** attempt, undefined, { ...(signal && { signal }) });
      }
    },
    close: async () => {},
  };
}

/** The answer, after other tries where the server is busy or gone. */
async function request(
  url: string,
  name: string,
  init: RequestInit & { readonly headers?: Readonly<Record<string, string>> },
  signal: AbortSignal | undefined,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    // Zipped on the way, parts would be counted in other bytes.
    const headers = { ...init.headers, "accept-encoding": "identity" };
    const response = await fetch(url, { ...init, headers, ...(signal && { signal }) }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      return cause as Error;
    });
    const isAnswer = response instanceof Response;
    if (isAnswer && response.ok) return response;
    if (isAnswer) await response.body?.cancel();
    if (isAnswer && response.status < 500 && response.status !== 429) throw refused(name, response.status);
    if (attempt === maxAttempts) throw failed(name, isAnswer ? new Error(`it answers ${response.status}`) : response);
    const asked = isAnswer ? Number(response.headers.get("retry-after")) * 1_000 : 0;
    const wait = Math.min(Math.max(asked || 0, firstWait * 2 ** attempt), 30_000);
    await delay(wait, undefined, { ...(signal && { signal }) });
  }
}

function refused(name: string, status: number): HpdError {
  if (status === 401 || status === 403) {
    return new HpdError("unauthorized", `${name}: the server refuses access (${status}): it has to be open to all`);
  }
  return new HpdError("not_found", `${name}: the server answers ${status}: check the URL`);
}

function failed(name: string, cause: unknown): HpdError {
  const { message, cause: inner } = cause as { message: string; cause?: { code?: string } };
  return new HpdError("network", `${name}: the server couldn't be asked (${inner?.code ?? message}): try again`, {
    cause,
  });
}
