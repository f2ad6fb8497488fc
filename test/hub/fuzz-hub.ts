/**
 * A hub that misbehaves by chance, from a seed: statuses, cut and trickling answers, odd JSON, pages, redirects, wrong
 * ranges, wrong bytes. Whatever it does, loading a model ends soon: with exactly the model's files, or an `HpdError`.
 */
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { HpdError } from "../../src/errors.ts";
import { openModel } from "../../src/hub/node.ts";
import { Random } from "../../src/random.ts";
import { commit, etagOf, gitHash, isLfs, sendBody, sha256 } from "./hub-server.ts";
import { readAll } from "./tiny-hub.ts";

const files: Readonly<Record<string, Buffer>> = {
  "1_Pooling/config.json": Buffer.from('{"pooling_mode":"mean"}'),
  "config.json": Buffer.from('{"hidden_size":8}'),
  "model.safetensors": Buffer.alloc(60_000, "weights "),
  "modules.json": Buffer.from('[{"path":""},{"path":"1_Pooling"}]'),
  "tokenizer.json": Buffer.from("{}"),
};

const codes = ["network", "unauthorized", "not_found", "corrupt_file", "unsupported"];

/** A case may take so long, with time-outs of 0.5 s: five attempts with their pauses, of several files. */
const longestMs = 60_000;
const mostRequests = 500;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** One model's hub: what it does is decided by the seed alone, and differs from request to request. */
class FuzzedModel {
  readonly id: string;
  readonly #random: Random;
  /** Of 100 answers, those that are wrong. */
  readonly #wrong: number;
  /** The origin that large files are redirected to. */
  readonly #elsewhere: string;
  isHealed = false;
  requests = 0;

  constructor(id: string, seed: number, elsewhere: string) {
    this.id = id;
    this.#random = new Random(seed);
    this.#wrong = [5, 20, 50, 90][this.#random.nextInteger(4)]!;
    this.#elsewhere = elsewhere;
  }

  answer(request: IncomingMessage, response: ServerResponse, path: string, isElsewhere: boolean): void {
    this.requests++;
    const isWrong = !this.isHealed && this.#random.nextInteger(100) < this.#wrong;
    if (path.startsWith("revision/")) {
      this.#json(response, { sha: commit }, isWrong);
    } else if (path.startsWith("tree/")) {
      const tree = Object.entries(files).map(([name, content]) => entryOf(name, content));
      this.#json(response, isWrong ? this.#oddTree(tree) : tree, isWrong && this.#oneIn(2));
    } else {
      const name = decodeURIComponent(path.replace(/^resolve\/[^/]+\//, ""));
      const content = files[name];
      if (content === undefined) response.writeHead(404).end();
      else if (isLfs(name) && !isElsewhere) {
        response.writeHead(302, { location: `${this.#elsewhere}/${this.id}/resolve/${commit}/${name}` }).end();
      } else if (isWrong) this.#pick(this.#wrongBodies(content))(request, response);
      else sendBody(request, response, content);
    }
  }

  #json(response: ServerResponse, value: unknown, isWrong: boolean): void {
    const text = JSON.stringify(value);
    if (!isWrong) response.end(text);
    else this.#pick(this.#wrongAnswers(text))(undefined as never, response);
  }

  #wrongAnswers(text: string): Answer[] {
    return [
      (_request, response) => response.destroy(),
      (_request, response) =>
        response.writeHead(this.#pick([204, 301, 304, 400, 401, 403, 404, 416, 429, 500, 503])).end(text),
      (_request, response) =>
        response.writeHead(302, { location: this.#pick(["/loop", "//", "http://127.0.0.1:1/", ""]) }).end(),
      (_request, response) => response.end(text.slice(0, this.#random.nextInteger(text.length))),
      (_request, response) => response.end(this.#mutated(text)),
      (_request, response) => response.end("[".repeat(10_000)),
      (_request, response) => this.#trickle(response, text),
      (_request, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(text).subarray(0, 15)),
      (_request, response) => response.writeHead(200, { "content-length": text.length + 9 }).end(text),
      (_request, response) => response.socket?.end("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"),
      (_request, response) => {
        response.setHeader("link", this.#pick(['<?cursor=1>; rel="next"', '<http://[>; rel="next"', "<<<<"])).end(text);
      },
    ];
  }

  #wrongBodies(content: Buffer): Answer[] {
    const part = (): number => this.#random.nextInteger(content.length + 1);
    return [
      ...this.#wrongAnswers(content.toString("latin1")),
      (request, response) => {
        // Cut: the right bytes, not all of them.
        const start = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
        response.writeHead(start > 0 ? 206 : 200, {
          ...(start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
        });
        response.write(content.subarray(start, start + part()), () => setTimeout(() => response.destroy(), 5));
      },
      (_request, response) =>
        response.writeHead(206, { "content-range": `bytes ${part()}-9/9` }).end(content.subarray(part())),
      (_request, response) => response.writeHead(206).end(content.subarray(part())),
      (_request, response) => response.end(Buffer.concat([content, Buffer.from("more")])),
      (_request, response) => response.end(Buffer.alloc(content.length, "x")),
      (_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(content)),
      (_request, response) => response.write(content.subarray(0, part())),
    ];
  }

  #oddTree(tree: object[]): unknown {
    const odd = this.#pick([
      null,
      7,
      [],
      {},
      { path: "../x", size: 1, oid: "0".repeat(40) },
      { path: "a\u0000b", size: 1, oid: "0".repeat(40) },
      { path: "config2.json", size: 1e300, oid: "0".repeat(40) },
      { path: "config2.json", size: { toString: 1 }, oid: [] },
      { path: "tokenizer.json", size: 2 ** 40, oid: "0".repeat(40) },
      { path: "config2.json", size: 5, oid: "0".repeat(40) },
      { path: "model.safetensors", size: 60_000, oid: "0".repeat(40), lfs: { oid: "0".repeat(64), size: 1 } },
    ]);
    return this.#pick([odd, [...tree, odd], [odd, ...tree], tree.slice(1), { tree }]);
  }

  #mutated(text: string): string {
    const at = this.#random.nextInteger(text.length);
    const inserted = this.#pick(["", '"', "}", "\u0000", "e999", "-", "9".repeat(400), "\ud800"]);
    return text.slice(0, at) + inserted + text.slice(at + this.#random.nextInteger(3));
  }

  #trickle(response: ServerResponse, text: string): void {
    let at = 0;
    const timer = setInterval(() => response.write(text[at++ % text.length]), 30);
    response.on("close", () => clearInterval(timer));
  }

  #oneIn(count: number): boolean {
    return this.#random.nextInteger(count) === 0;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random.nextInteger(choices.length)]!;
  }
}

function entryOf(path: string, content: Buffer): object {
  const lfs = isLfs(path) && { lfs: { oid: sha256(content), size: content.length } };
  return { type: "file", path, size: content.length, oid: gitHash(content), ...lfs };
}

/**
 * @param seeds of cases that run at once
 * @param home for HF_HOME; what the cases wrote is removed at the end
 * @returns how many ended how
 * @throws for a case in which something else came than a model or an HpdError, naming its seed
 */
export async function fuzzHub(seeds: readonly number[], home: string): Promise<Record<string, number>> {
  const models = new Map<string, FuzzedModel>();
  const tokens = new Set<string | undefined>();
  const handler =
    (isElsewhere: boolean): Answer =>
    (request, response) => {
      const [, id, rest] = /^\/(?:api\/models\/)?(org\/c\d+)\/([^?]+)/.exec(request.url!) ?? [];
      if (isElsewhere) tokens.add(request.headers.authorization);
      response.on("error", () => {});
      const model = models.get(id ?? "");
      if (model === undefined) response.writeHead(302, { location: "/loop" }).end();
      else model.answer(request, response, rest!, isElsewhere);
    };
  const [hub, cdn] = [createServer(handler(false)), createServer(handler(true))];
  const [url, elsewhere] = await Promise.all(
    [hub, cdn].map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
  for (const seed of seeds) models.set(`org/c${seed}`, new FuzzedModel(`org/c${seed}`, seed, elsewhere!));
  const before = { ...process.env };
  const set = (seconds: number): void => {
    Object.assign(process.env, {
      HF_ENDPOINT: url,
      HF_HOME: home,
      HF_TOKEN: "hf_secret",
      HF_HUB_ETAG_TIMEOUT: String(seconds),
      HF_HUB_DOWNLOAD_TIMEOUT: String(seconds),
    });
  };
  const forEach = async (work: (model: FuzzedModel) => Promise<void>): Promise<void> => {
    const all = await Promise.allSettled([...models.values()].map(work));
    for (const [index, result] of all.entries()) {
      if (result.status === "rejected")
        throw new Error(`seed ${seeds[index]}: ${result.reason}`, { cause: result.reason });
    }
  };
  const counts: Record<string, number> = {};
  try {
    set(0.5);
    await forEach(async (model) => {
      const outcome = await misbehaving(model);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    });
    set(60);
    await forEach((model) => healed(model, join(home, "hub", `models--${model.id.replace("/", "--")}`)));
    assert.deepEqual([...tokens], [undefined], "the token went to another host");
    return counts;
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    for (const server of [hub, cdn]) {
      server.closeAllConnections();
      server.close();
    }
  }
}

async function misbehaving(model: FuzzedModel): Promise<string> {
  const start = performance.now();
  const outcome = await load(model.id);
  assert(performance.now() - start < longestMs, "it took too long");
  assert(model.requests < mostRequests, `${model.requests} requests`);
  return outcome;
}

/** Whatever came before does no harm to the next try, but for what a commit is said to hold, which is kept. */
async function healed(model: FuzzedModel, repository: string): Promise<void> {
  model.isHealed = true;
  rmSync(join(repository, "trees"), { recursive: true, force: true });
  let message = "";
  const again = () =>
    load(model.id, (error) => {
      message = error.message;
    });
  let outcome = await again();
  // The cases share connections, which some leave broken.
  for (let tries = 0; outcome === "network" && tries < 5; tries++) outcome = await again();
  assert.equal(outcome, "whole", message);
  const left = readdirSync(repository, { recursive: true });
  assert.deepEqual(
    left.map(String).filter((name) => /incomplete|partial|tmp/.test(name)),
    [],
  );
  rmSync(repository, { recursive: true });
}

/** @returns `whole`, `part`, or the code of the error */
async function load(id: string, onError?: (error: HpdError) => void): Promise<string> {
  try {
    const model = await openModel(id);
    for (const path of model.files) {
      const content = await readAll(model, path);
      const expected = files[path];
      // A list may leave a file out, or have one more, whose bytes then match its hash.
      if (expected !== undefined) assert(content.equals(expected), `${path} is another`);
      else assert.equal(etagOf(path, content), "0".repeat(40));
    }
    return model.files.length === Object.keys(files).length ? "whole" : "part";
  } catch (error) {
    if (!(error instanceof HpdError) || !codes.includes(error.code)) throw error;
    onError?.(error);
    return error.code;
  }
}
