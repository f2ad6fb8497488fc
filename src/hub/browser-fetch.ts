/** Whole files over HTTP in a browser, and its Cache. */

import { type HubConnection, unreachable } from "./hub-request.ts";
import type { ModelSourceOptions } from "./model-source.ts";

const cacheName = "hpd-models";

/** The browser's Cache for models; undefined where there is none, or it is forbidden. */
export function openCache(): Promise<Cache | undefined> {
  return Promise.resolve(globalThis.caches?.open(cacheName)).catch(() => undefined);
}

/** Puts a file into the cache. If that is full or forbidden, the file is fetched again next time. */
export async function keep(cache: Cache | undefined, url: string, bytes: ArrayBuffer, headers = new Headers()) {
  await cache?.put(url, new Response(bytes, { headers })).catch(() => {});
}

/** Reads a whole response. @throws HpdError `network` where the connection ends early; the signal's reason */
export async function readBody(
  connection: HubConnection,
  response: Response,
  file: string,
  { onProgress }: ModelSourceOptions,
): Promise<ArrayBuffer> {
  const totalBytes = Number(response.headers.get("content-length") ?? 0);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body?.getReader();
  for (let loadedBytes = 0; reader !== undefined; ) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw unreachable(connection, file, cause);
    });
    if (done) break;
    parts.push(value);
    loadedBytes += value.length;
    onProgress?.({ stage: "download", file, done: loadedBytes, total: Math.max(totalBytes, loadedBytes) });
  }
  return await new Blob(parts).arrayBuffer();
}

export function fileUrl(base: string, file: string): string {
  return base + file.split("/").map(encodeURIComponent).join("/");
}
