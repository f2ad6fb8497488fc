/**
 * A server with as much of S3's API as `storage/` asks for, in memory, which fails as real ones do when it is told to.
 * Signatures are not checked. What a real server does, `tools/s3/prove-shards.ts` looks at.
 */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface FakeS3 extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly objects: Map<string, Buffer>;
  /** Uploads in parts that were neither completed nor aborted, by their ids. */
  readonly uploads: Map<string, Upload>;
  /** Decides what becomes of a request: undefined for what should. */
  fault: (request: { method: string; path: string; count: number }) => Fault | undefined;
}

/**
 * An error of the API, a connection that is cut, an answer that is lost after the work was done, one that never comes, or one
 * that ends nowhere.
 */
export type Fault = "SlowDown" | "AccessDenied" | "cut" | "lost" | "silent" | "stuck" | "NotImplemented";

interface Upload {
  readonly path: string;
  readonly parts: Map<number, Buffer>;
}

const statusOf = { SlowDown: 503, AccessDenied: 403, NotImplemented: 501 };

export async function startFakeS3(): Promise<FakeS3> {
  const fake: Omit<FakeS3, "env" | typeof Symbol.asyncDispose> = {
    objects: new Map(),
    uploads: new Map(),
    fault: () => undefined,
  };
  let count = 0;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://s3");
    const path = decodeURIComponent(url.pathname.slice(1));
    const fault = fake.fault({ method: request.method!, path: `${path}${url.search}`, count: count++ });
    const body = await buffer(request).catch(() => undefined);
    if (fault === "cut" || body === undefined) {
      request.socket.destroy();
      return;
    }
    if (fault === "silent") return;
    if (fault === "stuck") {
      response.writeHead(206, { "content-length": 1_000_000, etag: '"x"' }).write("some");
      return;
    }
    if (fault !== undefined && fault !== "lost") {
      fail(response, statusOf[fault], fault);
      return;
    }
    if (fault === "lost") response.end = (() => request.socket.destroy()) as never;
    answer(fake, request, response, { url, path, body });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    env: {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  });
}

function answer(
  { objects, uploads }: Pick<FakeS3, "objects" | "uploads">,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  { url, path, body }: { readonly url: URL; readonly path: string; readonly body: Buffer },
): void {
  const query = url.searchParams;
  const id = query.get("uploadId");
  const isTaken = headers["if-none-match"] === "*" && objects.has(path);
  if (method === "GET" && query.has("list-type")) {
    const [bucket] = path.split("/");
    const prefix = `${bucket}/${query.get("prefix") ?? ""}`;
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const first = Number(query.get("continuation-token") ?? 0);
    const page = keys.slice(first, first + 3);
    const isTruncated = first + page.length < keys.length;
    const contents = page.map((key) => {
      const name = escaped(key.slice(bucket!.length + 1));
      const bytes = objects.get(key)!;
      return `<Contents><Key>${name}</Key><Size>${bytes.length}</Size><ETag>${etagOf(bytes)}</ETag></Contents>`;
    });
    const next = isTruncated ? `<NextContinuationToken>${first + page.length}</NextContinuationToken>` : "";
    xml(response, "ListBucketResult", `${contents.join("")}<IsTruncated>${isTruncated}</IsTruncated>${next}`);
  } else if (method === "GET" && query.has("uploads")) {
    const all = [...uploads].map(
      ([upload, { path: of }]) =>
        `<Upload><Key>${escaped(of.slice(of.indexOf("/") + 1))}</Key><UploadId>${upload}</UploadId>` +
        "<Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload>",
    );
    xml(response, "ListMultipartUploadsResult", all.join(""));
  } else if (method === "GET" || method === "HEAD") {
    const bytes = objects.get(path);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    if (bytes === undefined) fail(response, 404, "NoSuchKey");
    else if (headers["if-match"] !== undefined && headers["if-match"] !== etagOf(bytes)) {
      fail(response, 412, "PreconditionFailed");
    } else {
      const part = first === undefined ? bytes : bytes.subarray(Number(first), Number(last) + 1);
      response.writeHead(first === undefined ? 200 : 206, { "content-length": part.length, etag: etagOf(bytes) });
      response.end(method === "HEAD" ? undefined : part);
    }
  } else if (method === "POST" && query.has("uploads")) {
    const upload = randomUUID();
    uploads.set(upload, { path, parts: new Map() });
    xml(response, "InitiateMultipartUploadResult", `<UploadId>${upload}</UploadId>`);
  } else if (id !== null && !uploads.has(id)) fail(response, 404, "NoSuchUpload");
  else if (method === "PUT" && id !== null) {
    uploads.get(id)!.parts.set(Number(query.get("partNumber")), body);
    response.writeHead(200, { etag: etagOf(body) }).end();
  } else if (method === "DELETE" && id !== null) {
    uploads.delete(id);
    response.writeHead(204).end();
  } else if (isTaken) fail(response, 412, "PreconditionFailed");
  else if (method === "POST" && id !== null) {
    const { parts } = uploads.get(id)!;
    const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)/g)].map(([, number]) => Number(number));
    objects.set(path, Buffer.concat(numbers.map((number) => parts.get(number)!)));
    uploads.delete(id);
    xml(response, "CompleteMultipartUploadResult", "<ETag>x</ETag>");
  } else if (method === "PUT") {
    objects.set(path, body);
    response.writeHead(200, { etag: etagOf(body) }).end();
  } else fail(response, 400, "InvalidRequest");
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function xml(response: ServerResponse, name: string, content: string): void {
  response.writeHead(200, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><${name}>${content}</${name}>`);
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
