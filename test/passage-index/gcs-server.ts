/**
 * A server with the part of Google Cloud Storage's XML API that LanceDB uses, for tests: objects in memory, of which one that
 * must be new is written by one writer only. Sources: cloud.google.com/storage/docs/xml-api; object_store's `gcp/client.rs`.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

interface StoredObject {
  readonly body: Buffer;
  readonly generation: number;
  readonly time: Date;
}

export interface GcsServer extends AsyncDisposable {
  /** The value of `STORAGE_EMULATOR_HOST` for its clients. */
  readonly host: string;
  /** Names of all objects, the bucket first. */
  names(): string[];
}

/** @param bucket the only one that there is */
export async function startGcs(bucket: string): Promise<GcsServer> {
  const objects = new Map<string, StoredObject>();
  let generations = 0;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://localhost");
    const name = decodeURIComponent(url.pathname.slice(1));
    const body = await buffer(request);
    const end = (status: number, headers: Record<string, string | number> = {}, answer: Buffer | string = "") =>
      response.writeHead(status, headers).end(answer);
    if (name.split("/")[0] !== bucket) return end(404, {}, "<Error><Code>NoSuchBucket</Code></Error>");
    if (request.method === "GET" && url.searchParams.has("list-type")) {
      return end(200, { "content-type": "application/xml" }, listing(objects, bucket, url.searchParams));
    }
    const there = objects.get(name);
    if (request.method === "PUT") {
      if (request.headers["x-goog-if-generation-match"] === "0" && there !== undefined) return end(412);
      const generation = ++generations;
      objects.set(name, { body, generation, time: new Date() });
      return end(200, { etag: `"${generation}"`, "x-goog-generation": generation });
    }
    if (there === undefined) return end(404, {}, "<Error><Code>NoSuchKey</Code></Error>");
    if (request.method === "DELETE") {
      objects.delete(name);
      return end(204);
    }
    return answer(request, response, there);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    names: () => [...objects.keys()].sort(),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Answers HEAD, and GET of a whole object or a range of it. */
function answer(request: IncomingMessage, response: ServerResponse, { body, generation, time }: StoredObject) {
  const headers = { etag: `"${generation}"`, "last-modified": time.toUTCString(), "x-goog-generation": generation };
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  if (request.method === "HEAD" || first + last === "") {
    return response.writeHead(200, { ...headers, "content-length": body.length }).end(body);
  }
  const start = first === "" ? Math.max(0, body.length - Number(last)) : Number(first);
  const stop = first === "" || last === "" ? body.length : Math.min(body.length, Number(last) + 1);
  const range = { "content-range": `bytes ${start}-${stop - 1}/${body.length}`, "content-length": stop - start };
  return response.writeHead(206, { ...headers, ...range }).end(body.subarray(start, stop));
}

function listing(objects: ReadonlyMap<string, StoredObject>, bucket: string, asked: URLSearchParams): string {
  const [prefix, delimiter] = [asked.get("prefix") ?? "", asked.get("delimiter") ?? ""];
  const folders = new Set<string>();
  const contents: string[] = [];
  for (const [key, { body, generation, time }] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = key.slice(bucket.length + 1);
    if (!name.startsWith(prefix)) continue;
    const [folder, ...rest] = name.slice(prefix.length).split(delimiter === "" ? "\0" : delimiter);
    if (rest.length > 0) folders.add(`${prefix}${folder}${delimiter}`);
    else {
      contents.push(
        `<Contents><Key>${name}</Key><LastModified>${time.toISOString()}</LastModified><Size>${body.length}</Size>` +
          `<ETag>"${generation}"</ETag></Contents>`,
      );
    }
  }
  const common = [...folders].map((folder) => `<CommonPrefixes><Prefix>${folder}</Prefix></CommonPrefixes>`);
  return (
    `<?xml version="1.0"?><ListBucketResult><Name>${bucket}</Name><Prefix>${prefix}</Prefix>` +
    `<IsTruncated>false</IsTruncated>${contents.join("")}${common.join("")}</ListBucketResult>`
  );
}
