/**
 * A hub on 127.0.0.1 for tests: model info, file tree, `resolve` with its headers, and a second origin that plays the
 * CDN to which LFS files are redirected. Headers and statuses as the real hub sends them.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const commit = "0123456789abcdef0123456789abcdef01234567";

export interface HubServer {
  readonly url: string;
  /** `GET /path` of every request to either origin, in order. */
  readonly requests: string[];
  /** Paths of the files whose bodies were asked for, each once. */
  bodies(): string[];
  /** May answer a body itself (then returns true). */
  onBody: (request: IncomingMessage, response: ServerResponse, path: string, content: Buffer) => boolean;
  /** May answer a request of the API itself (then returns true). */
  onApi: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Entries added to the tree as they are. */
  extraTree: object[];
  readonly cdnAuthorizations: (string | undefined)[];
  close(): Promise<void>;
}

export function gitHash(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

export function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

export function isLfs(path: string): boolean {
  return /\.(safetensors|bin|onnx|h5)$/.test(path);
}

export function etagOf(path: string, content: Buffer): string {
  return isLfs(path) ? sha256(content) : gitHash(content);
}

/** Sends `content`, or the part that a Range header asks for. */
export function sendBody(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  response.setHeader("accept-ranges", "bytes");
  if (start === undefined) {
    response.setHeader("content-length", content.length).writeHead(200);
    response.end(request.method === "HEAD" ? undefined : content);
    return;
  }
  const part = content.subarray(Number(start));
  response.writeHead(206, {
    "content-length": part.length,
    "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
  });
  response.end(part);
}

/** @param models files of each model, by its id */
export async function startHub(models: Record<string, Record<string, Buffer>>): Promise<HubServer> {
  const requests: string[] = [];
  const cdnAuthorizations: (string | undefined)[] = [];
  let cdnUrl = "";

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://hub");
    requests.push(`${request.method} ${url.pathname}`);
    const api = /^\/api\/models\/(.+?)\/(revision|tree)\/([^/]+)$/.exec(url.pathname);
    const resolve = /^\/(.+?)\/resolve\/[^/]+\/(.+)$/.exec(url.pathname);
    if (api !== null) {
      if (!hub.onApi(request, response)) {
        answerApi(response, api[1]!, api[2]!, decodeURIComponent(api[3]!));
      }
    } else if (resolve !== null) {
      answerResolve(request, response, resolve[1]!, decodeURIComponent(resolve[2]!));
    } else {
      response.writeHead(404).end();
    }
  }

  function answerApi(response: ServerResponse, id: string, what: string, revision: string): void {
    const files = models[id];
    if (files === undefined) {
      response.writeHead(401, { "x-error-code": "RepoNotFound" }).end('{"error":"Repository not found"}');
      return;
    }
    if (revision !== "main" && revision !== "v1" && revision !== commit) {
      response.writeHead(404, { "x-error-code": "RevisionNotFound" }).end('{"error":"Invalid rev id"}');
      return;
    }
    response.setHeader("content-type", "application/json");
    if (what === "revision") {
      response.end(JSON.stringify({ _id: "1", id, sha: commit, private: false, gated: false, likes: 0, downloads: 0 }));
      return;
    }
    const tree = Object.entries(files).map(([path, content]) => ({
      type: "file",
      oid: isLfs(path) ? gitHash(Buffer.from("pointer")) : gitHash(content),
      size: content.length,
      path,
      ...(isLfs(path) && { lfs: { oid: sha256(content), size: content.length, pointerSize: 130 } }),
    }));
    response.end(
      JSON.stringify([{ type: "directory", oid: "0".repeat(40), size: 0, path: "onnx" }, ...tree, ...hub.extraTree]),
    );
  }

  function answerResolve(request: IncomingMessage, response: ServerResponse, id: string, path: string) {
    const content = models[id]?.[path];
    response.setHeader("x-repo-commit", commit);
    if (content === undefined) {
      response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    } else if (isLfs(path)) {
      response.writeHead(302, {
        location: `${cdnUrl}/${id}/${path}`,
        "x-linked-etag": `"${sha256(content)}"`,
        "x-linked-size": content.length,
      });
      response.end();
    } else {
      response.setHeader("etag", `"${gitHash(content)}"`);
      if (request.method === "HEAD" || !hub.onBody(request, response, path, content)) {
        sendBody(request, response, content);
      }
    }
  }

  const cdn = createServer((request, response) => {
    const [, organization, name, ...path] = decodeURIComponent(request.url ?? "/").split("/");
    requests.push(`${request.method} cdn/${path.join("/")}`);
    cdnAuthorizations.push(request.headers.authorization);
    const content = models[`${organization}/${name}`]![path.join("/")]!;
    if (!hub.onBody(request, response, path.join("/"), content)) {
      sendBody(request, response, content);
    }
  });
  const server = createServer(handle);
  cdnUrl = await listen(cdn);
  const hub: HubServer = {
    url: await listen(server),
    requests,
    bodies: () => {
      const paths = requests.map((line) => /^GET (?:cdn\/|.*\/resolve\/[^/]+\/)(.+)$/.exec(line)?.[1]);
      return [...new Set(paths.filter((path) => path !== undefined).map(decodeURIComponent))];
    },
    onBody: () => false,
    onApi: () => false,
    extraTree: [],
    cdnAuthorizations,
    close: async () => {
      for (const each of [server, cdn]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
  return hub;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
