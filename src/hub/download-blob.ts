/**
 * Downloads one file of the hub to one blob of the cache. Every download has a file of its own, so that two processes
 * do not disturb each other, and is renamed to the blob only when size and hash match. A broken connection resumes
 * (Range), and so does the next process after one that was killed. Bounded in bytes by the file's size in the hub's
 * list, and in time and requests by a minimum rate, however often the connection breaks.
 */
import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { HpdError } from "../errors.ts";
import { makeFolder } from "../files/make-folder.ts";
import { syncFile } from "../files/sync-file.ts";
import { abandonedFiles, abandonedName, isFor, temporaryName } from "../files/temporary-name.ts";
import { writeAll } from "../files/write-fully.ts";
import type { HubFile } from "./hub-listing.ts";
import { type HubConnection, requestHub, unreachable } from "./hub-request.ts";

/** Suffix of unfinished downloads. */
const incomplete = "incomplete";

/** Milliseconds without a write after which the writer is gone: a stalled download is given up long before. */
const maxSilenceMs = 10 * 60 * 1000;

/** Maximum consecutive attempts below the minimum rate. */
const maxFailures = 5;
const firstDelayMs = 250;

/** Minimum bytes of an attempt, and bytes a second: slower than any modem. */
const minBytes = 4096;
const minRate = 1024;

/** Minimum bytes of a failed or stopped download that are kept for the next try. */
const minKept = 1024 * 1024;

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

/** The bytes received so far, on disk and as a hash. */
interface Received {
  readonly handle: FileHandle;
  bytes: number;
  hash: Hash;
}

/**
 * Downloads a file. If the connection fails or the signal aborts, the received part of a large file is kept for the
 * next try; otherwise nothing is left behind.
 *
 * @throws HpdError as `requestHub` does (`network` after the last attempt), `corrupt_file` where size or hash differ
 *   from the hub's; the error of the file system
 */
export async function downloadBlob(download: BlobDownload): Promise<void> {
  const { file, target } = download;
  await makeFolder(dirname(target));
  const temporary = temporaryName(target, incomplete);
  const handle = await openTemporary(target, temporary, file.size);
  let kept = 0;
  try {
    const received: Received = { handle, bytes: 0, hash: startHash(file) };
    await readExisting(received, file);
    const resumed = received.bytes;
    await receiveAll(download, received).finally(() => {
      kept = received.bytes;
    });
    if (resumed > 0 && !matches(received, file)) {
      // The earlier part may have been damaged.
      await startAgain(received, file);
      await receiveAll(download, received);
    }
    requireMatch(received, file);
    await syncFile(handle);
    await handle.close();
    await rename(temporary, target);
  } catch (error) {
    const isResumable = download.signal.aborted || (error instanceof HpdError && error.code === "network");
    if (isResumable && kept >= minKept) await rename(temporary, abandonedName(target, incomplete)).catch(() => {});
    throw error;
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
}

/** Resumes the largest part that another process left, and removes the others. */
async function openTemporary(target: string, temporary: string, size: number): Promise<FileHandle> {
  const left: { path: string; size: number }[] = [];
  for (const path of await abandonedDownloads(dirname(target))) {
    if (!isFor(target, path)) continue;
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile() === true) left.push({ path, size: stats.size });
  }
  left.sort((a, b) => b.size - a.size);
  let handle: FileHandle | undefined;
  for (const { path, size: present } of left) {
    if (handle === undefined && present <= size) {
      // Of two processes that come at once, one gets it.
      const isOurs = await rename(path, temporary).then(
        () => true,
        () => false,
      );
      if (isOurs) handle = await open(temporary, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    } else await rm(path, { force: true }).catch(() => {});
  }
  return handle ?? (await open(temporary, "wx+"));
}

/** Unfinished downloads in a folder, of processes that were killed or failed. */
export function abandonedDownloads(folder: string): Promise<string[]> {
  return abandonedFiles(folder, incomplete, maxSilenceMs);
}

/** Hashes the part that an earlier download left. */
async function readExisting(received: Received, file: HubFile): Promise<void> {
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  while (received.bytes < file.size) {
    const { bytesRead } = await received.handle.read(buffer, 0, buffer.length, received.bytes);
    if (bytesRead === 0) return;
    received.hash.update(buffer.subarray(0, bytesRead));
    received.bytes += bytesRead;
  }
}

/** Sends requests until all bytes are received. */
async function receiveAll(download: BlobDownload, received: Received): Promise<void> {
  const { file, signal } = download;
  let failures = 0;
  let reached = received.bytes;
  let since = performance.now();
  while (received.bytes < file.size) {
    try {
      await receive(download, received);
    } catch (error) {
      if (!(error instanceof HpdError) || error.code !== "network" || signal.aborted) throw error;
      const seconds = (performance.now() - since) / 1000;
      if (received.bytes - reached >= Math.max(minBytes, minRate * seconds)) {
        failures = 0;
        reached = received.bytes;
        since = performance.now();
        continue;
      }
      failures++;
      if (failures === maxFailures) throw error;
      await delay(firstDelayMs * 2 ** (failures - 1), undefined, { signal });
    }
  }
}

/** Requests the missing bytes once. On failure `received` holds those that came. */
async function receive(download: BlobDownload, received: Received): Promise<void> {
  const { connection, file, stallTimeoutMs } = download;
  const subject = `${file.path} (${file.size} bytes, ${received.bytes} of them received)`;
  using pace = new Pace(stallTimeoutMs);
  const response = await requestHub(connection, download.url, subject, {
    headers: {
      "accept-encoding": "identity",
      ...(received.bytes > 0 && { range: `bytes=${received.bytes}-` }),
    },
    signal: AbortSignal.any([download.signal, pace.signal]),
  });
  const resumes =
    response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${received.bytes}-`) === true;
  // The server sends the file from its start, or another part than requested, which the hash detects.
  if (received.bytes > 0 && !resumes) await startAgain(received, file);
  const reader = (response.body ?? new Blob([]).stream()).getReader();
  while (true) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw unreachable(connection, subject, cause);
    });
    if (done) break;
    pace.add(value.length);
    if (received.bytes + value.length > file.size) {
      throw new HpdError("corrupt_file", `${file.path} should have ${file.size} bytes by the hub's list, got more`);
    }
    await writeAll(received.handle, value, received.bytes);
    received.hash.update(value);
    received.bytes += value.length;
    download.onProgress(received.bytes);
  }
  if (received.bytes < file.size) {
    throw unreachable(connection, subject, new Error(`it ended after ${received.bytes} bytes`));
  }
}

/** Aborts a request below the minimum rate, and, when disposed of, one whose body wasn't read to its end. */
class Pace implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(spanMs: number) {
    const seconds = spanMs / 1000;
    this.#timer = setInterval(() => {
      if (this.#bytes < minRate * seconds) {
        const count = this.#bytes === 0 ? "no bytes" : `only ${this.#bytes} bytes`;
        this.#controller.abort(new Error(`${count} in ${seconds} seconds`));
      }
      this.#bytes = 0;
    }, spanMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#controller.abort();
  }
}

/** The hash that the hub names a file by: SHA-256 of its bytes for LFS, else the id of a git blob. */
function startHash(file: HubFile): Hash {
  return file.etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${file.size}\0`);
}

async function startAgain(received: Received, file: HubFile): Promise<void> {
  await received.handle.truncate(0);
  received.bytes = 0;
  received.hash = startHash(file);
}

function matches({ hash }: Received, file: HubFile): boolean {
  return hash.copy().digest("hex") === file.etag;
}

function requireMatch({ hash }: Received, file: HubFile): void {
  const digest = hash.digest("hex");
  if (digest === file.etag) return;
  throw new HpdError(
    "corrupt_file",
    `${file.path} should have the hash ${file.etag} of the hub's list, got ${digest}. It was not kept: try again, and ` +
      "check the proxy or the mirror if it persists",
  );
}
