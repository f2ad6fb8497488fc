/**
 * One file of the hub to one blob of the cache. Every download has a file of its own, so that two processes do not
 * disturb each other, and gets the blob's name only when size and hash are right. A cut connection goes on where it
 * stopped (Range), a bounded number of times.
 */
import { createHash, type Hash, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { HpdError } from "../errors.ts";
import type { HubFile } from "./hub-listing.ts";
import { type HubConnection, requestHub, unreachable } from "./hub-request.ts";

const mostRetries = 4;
const firstDelayMs = 250;

export interface BlobDownload {
  readonly connection: HubConnection;
  readonly url: string;
  readonly file: HubFile;
  /** The file to make. */
  readonly target: string;
  readonly stallTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (loadedBytes: number) => void;
}

interface Received {
  bytes: number;
  hash: Hash;
}

/**
 * @throws HpdError as `requestHub` does (`network` after the last retry), `corrupt_file` where size or hash differ from
 *   the hub's; the error of the file system. In every case nothing is left behind.
 */
export async function downloadBlob(download: BlobDownload): Promise<void> {
  const { file, target } = download;
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomUUID().slice(0, 8)}.incomplete`;
  const handle = await open(temporary, "wx");
  try {
    const received = { bytes: 0, hash: startHash(file) };
    for (let retries = 0; received.bytes < file.size; retries++) {
      await receive(download, handle, received).catch(async (error: unknown) => {
        if (!(error instanceof HpdError) || error.code !== "network" || retries === mostRetries) {
          throw error;
        }
        await delay(firstDelayMs * 2 ** retries, undefined, { signal: download.signal });
      });
    }
    const digest = received.hash.digest("hex");
    if (digest !== file.etag) {
      throw new HpdError(
        "corrupt_file",
        `${file.path} came with the hash ${digest}; the hub lists ${file.etag}. It was not kept: try again, and check ` +
          "the proxy or the mirror if it stays so.",
      );
    }
    await handle.sync();
    await handle.close();
    await rename(temporary, target);
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
}

/** The hash that the hub names a file by: SHA-256 of its bytes for LFS, else the id of a git blob. */
function startHash(file: HubFile): Hash {
  return file.etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${file.size}\0`);
}

/** One request for what is still missing. On failure `received` tells how far it came. */
async function receive(download: BlobDownload, handle: FileHandle, received: Received): Promise<void> {
  const { connection, file, stallTimeoutMs } = download;
  const subject = `${file.path} (${file.size} bytes, ${received.bytes} of them received)`;
  const stalled = new AbortController();
  const timer = setTimeout(
    () => stalled.abort(new Error(`nothing came for ${stallTimeoutMs / 1000} seconds`)),
    stallTimeoutMs,
  );
  try {
    const response = await requestHub(connection, download.url, subject, {
      headers: {
        "accept-encoding": "identity",
        ...(received.bytes > 0 && { range: `bytes=${received.bytes}-` }),
      },
      signal: AbortSignal.any([download.signal, stalled.signal]),
    });
    const resumes =
      response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${received.bytes}-`) === true;
    if (received.bytes > 0 && !resumes) {
      // The server gives the file from its start, or another part than was asked for, which the hash will tell.
      await handle.truncate(0);
      received.bytes = 0;
      received.hash = startHash(file);
    }
    const reader = (response.body ?? new Blob([]).stream()).getReader();
    while (true) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw unreachable(connection, subject, cause);
      });
      if (done) {
        break;
      }
      timer.refresh();
      if (received.bytes + value.length > file.size) {
        throw new HpdError("corrupt_file", `${file.path} should have ${file.size} bytes by the hub's list; more came.`);
      }
      await writeAll(handle, value, received.bytes);
      received.hash.update(value);
      received.bytes += value.length;
      download.onProgress(received.bytes);
    }
    if (received.bytes < file.size) {
      throw unreachable(connection, subject, new Error(`it ended after ${received.bytes} bytes`));
    }
  } finally {
    clearTimeout(timer);
    // Ends the connection where the body was not read to its end.
    stalled.abort();
  }
}

/** A full disk takes part of a write and says so only at the next. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
