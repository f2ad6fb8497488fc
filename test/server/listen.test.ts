/** A server on Node's HTTP server, and clients that behave badly. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createSocketServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Listening, type LogEntry, listen } from "../../src/server/index.ts";
import { loadTinyModels, serverOf, type TinyModels } from "./served.ts";

let models: TinyModels;
let listening: Listening;
const logged: LogEntry[] = [];
beforeAll(async () => {
  models = await loadTinyModels();
  listening = await listen(serverOf(models, { maxBodyBytes: 100_000, onLog: (entry) => void logged.push(entry) }), {
    port: 0,
  });
});
afterAll(async () => {
  await listening.dispose();
  await models[Symbol.asyncDispose]();
});

const port = () => Number(new URL(listening.url).port);

function embed(input: unknown, url = listening.url): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${url}/v1/embeddings`, { method: "POST", headers, body: JSON.stringify({ model: "tiny", input }) });
}

const metricsOf = async (url: string) => (await fetch(`${url}/metrics`)).text();

/** Healthy, and with nothing left of what came before. */
async function expectHealthy(): Promise<void> {
  const response = await embed(["a cat", "a tree"]);
  expect(response.status).toBe(200);
  await response.arrayBuffer();
  await expect.poll(() => metricsOf(listening.url)).toMatch(/te_queue_size 0\n(.*\n)*te_requests_in_flight 0\n/);
}

async function opened(): Promise<Socket> {
  const socket = connect(port(), "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** All that comes until the other end closes. */
async function answerTo(...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = await opened();
  for (const part of parts) socket.write(part);
  return await text(socket).catch(() => "");
}

const head = (headers: readonly string[]) =>
  `POST /embed HTTP/1.1\r\nHost: localhost\r\n${headers.join("\r\n")}\r\n\r\n`;

test("the address says where", () => {
  expect(listening.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test("what is no HTTP, or too much of a head, is refused", async () => {
  expect(await answerTo("hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  expect(await answerTo(head([`x: ${"a".repeat(20_000)}`]))).toMatch(/^HTTP\/1.1 431 /);
  const flood = Array.from({ length: 5000 }, (_, index) => `x-${index}: ${index}`);
  // The answer may be lost with the rest of the flood.
  expect(await answerTo(head(flood))).toMatch(/^(HTTP\/1.1 431 |$)/);
  expect(await answerTo(head(["Content-Length: 5", "Transfer-Encoding: chunked"]))).toMatch(/^HTTP\/1.1 400 /);
  expect(await answerTo("GET \\..\\..\\secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toMatch(
    /^HTTP\/1.1 40[04] /,
  );
  expect(await answerTo("GET /../../secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toMatch(
    /^HTTP\/1.1 404 /,
  );
  await expectHealthy();
});

test("who names no host, as balancers that check with HTTP/1.0, is answered", async () => {
  expect(await answerTo("GET /ping HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 200 /);
  expect(await answerTo("GET /ping HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1.1 200 /);
});

test("a body that is too large is refused before it has come", async () => {
  const answer = await answerTo(head(["Content-Length: 100001"]));
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  expect(answer).toContain('"error_type":"validation"');
  const chunk = "x".repeat(60_000);
  const chunked = `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  expect(await answerTo(head(["Transfer-Encoding: chunked"]), chunked, chunked)).toMatch(/^HTTP\/1.1 413 /);
  await expectHealthy();
});

test("who sends a body that is too large to its end gets the answer, and can go on", async () => {
  const after = "GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  for (const [status, headers] of [
    [413, []],
    [415, ["Content-Encoding: gzip"]],
  ] as const) {
    const answer = await answerTo(head(["Content-Length: 300000", ...headers]), Buffer.alloc(300_000), after);
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, "HTTP/1.1 200"]);
  }
});

test("connections that are cut, at any place, leave nothing behind", async () => {
  const body = JSON.stringify({ inputs: Array(200).fill("the cat sat on a mat") });
  const message = head(["Content-Type: application/json", `Content-Length: ${body.length}`]) + body;
  for (const part of [0, 10, 80, message.length - body.length, message.length - 1, message.length]) {
    const socket = await opened();
    socket.write(message.slice(0, part));
    await sleep(5);
    socket.destroy();
  }
  await expectHealthy();
  expect(logged.map(({ failure }) => failure)).toContain("gone");
  expect(logged.filter(({ level }) => level === "error")).toEqual([]);
});

test("a client that reads nothing holds nobody up", async () => {
  const socket = await opened();
  socket.pause();
  const body = JSON.stringify({ inputs: Array(500).fill("a cat") });
  for (let each = 0; each < 10; each++) socket.write(head([`Content-Length: ${body.length}`]) + body);
  const started = performance.now();
  expect((await embed("a tree")).status).toBe(200);
  expect(performance.now() - started).toBeLessThan(10_000);
  socket.destroy();
  await expectHealthy();
});

test("a client that never reads its answer loses it, and nobody else does", async () => {
  const server = await listen(serverOf(models, { requestTimeout: 500 }), { port: 0 });
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.pause();
  // More than the buffers of a connection take.
  const body = JSON.stringify({ inputs: Array(200).fill("the cat sat on a mat ".repeat(5)) });
  const message = `POST /embed_all HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  for (let each = 0; each < 3; each++) socket.write(message);
  await sleep(300);
  expect(await metricsOf(server.url)).toMatch(/te_requests_in_flight [1-9]\n/);
  await expect.poll(() => metricsOf(server.url), { timeout: 15_000 }).toMatch(/te_requests_in_flight 0\n/);
  expect((await embed("a tree", server.url)).status).toBe(200);
  socket.destroy();
  await server.dispose();
});

test("a body may take as long as its request", async () => {
  let limit = 0;
  const channel = "http.server.request.start";
  const note = (message: unknown) => {
    limit = (message as { server: Server }).server.requestTimeout;
  };
  subscribe(channel, note);
  for (const requestTimeout of [500, 120_000]) {
    await using server = await listen(serverOf(models, { requestTimeout }), { port: 0 });
    expect((await embed("a tree", server.url)).status).toBe(200);
    expect(limit).toBeGreaterThan(requestTimeout);
  }
  unsubscribe(channel, note);
});

test("600 slow bodies, more than the requests that are admitted, hold nobody up", async () => {
  const slow = await Promise.all(Array.from({ length: 600 }, opened));
  for (const socket of slow) socket.write(`${head(["Content-Length: 100"])}{"inputs"`);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => embed(`text ${index}`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  for (const socket of slow) socket.destroy();
  await expectHealthy();
});

test("300 connections, most of them idle or slow", async () => {
  const slow = await Promise.all(Array.from({ length: 300 }, opened));
  for (const [index, socket] of slow.entries()) {
    if (index % 3 === 0) socket.write("POST /embed HTTP/1.1\r\nHost: ");
    if (index % 3 === 1) socket.write(`${head(["Content-Length: 100"])}{"inputs"`);
  }
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => embed(`text ${index}`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
  for (const socket of slow) socket.destroy();
  await expectHealthy();
});

test("300 requests of ten clients are answered, each with its own", async () => {
  const expected = await models.embedder.encode(
    Array.from({ length: 300 }, (_, index) => `cat ${index}`),
    { normalizeEmbeddings: true },
  );
  let next = 0;
  const client = async () => {
    while (next < 300) {
      const index = next++;
      const { data } = (await (await embed(`cat ${index}`)).json()) as { data: { embedding: number[] }[] };
      expect(data[0]!.embedding[3]).toBeCloseTo(expected.row(index)[3]!, 5);
    }
  };
  await Promise.all(Array.from({ length: 10 }, client));
  await expectHealthy();
});

describe("closing", () => {
  test("answers what is under way, and then the port is free", async () => {
    const server = await listen(serverOf(models), { port: 0 });
    const input = Array(500).fill("the cat sat on a mat ".repeat(8));
    const answers = Array.from({ length: 4 }, () => embed(input, server.url));
    await expect.poll(() => metricsOf(server.url)).toMatch(/te_requests_in_flight 4\n/);
    const started = performance.now();
    await server.dispose();
    expect(performance.now() - started).toBeLessThan(20_000);
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    await expect(embed("a", server.url)).rejects.toThrow();
  });

  test("may be asked for several times at once", async () => {
    const server = serverOf(models);
    const listening = await listen(server, { port: 0 });
    const answer = embed(Array(500).fill("the cat sat on a mat ".repeat(8)), listening.url);
    await expect.poll(() => metricsOf(listening.url)).toMatch(/te_requests_in_flight 1\n/);
    await Promise.all([listening.dispose(), listening.dispose(), server.dispose()]);
    expect((await answer).status).toBe(200);
  });

  test("doesn't wait for ever", async () => {
    const server = await listen(serverOf(models), { port: 0, drainTimeout: 100 });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`${head(["Content-Length: 100"])}{"inputs"`);
    await sleep(50);
    const closed = once(socket, "close");
    await server.dispose();
    await closed;
  });
});

describe("a Unix socket", () => {
  test("is listened on, and replaced where a killed server left it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hpd-socket-"));
    try {
      const socket = join(folder, "hpd.sock");
      const server = await listen(serverOf(models), { socket });
      expect(server.url).toBe(`unix:${socket}`);
      const body = await new Promise<string>((resolve, reject) => {
        const asked = request({ socketPath: socket, path: "/health" }, (response) => resolve(text(response)));
        asked.on("error", reject).end();
      });
      expect(body).toBe('{"status":"ok"}');
      await expect(listen(serverOf(models), { socket })).rejects.toThrow(
        /can't listen on .*hpd\.sock: another program uses it/,
      );
      await server.dispose();
      const file = join(folder, "a-file");
      await writeFile(file, "");
      await expect(listen(serverOf(models), { socket: file })).rejects.toThrow(
        /should be a Unix socket or not exist, got another file/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test("a port that is taken, and one that is none", async () => {
  const other = createSocketServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port: taken } = other.address() as AddressInfo;
  await expect(listen(serverOf(models), { port: taken })).rejects.toThrow(
    /can't listen on 127\.0\.0\.1:\d+: another program uses it/,
  );
  other.close();
  await expect(listen(serverOf(models), { port: 70_000 })).rejects.toThrow(/port should be from 0 to 65535, got 70000/);
  await expect(listen(serverOf(models), { drainTimeout: Number.POSITIVE_INFINITY })).rejects.toThrow(
    /drainTimeout should be/,
  );
  await expect(listen(serverOf(models), { hostname: "x" } as object)).rejects.toThrow(/no option "hostname"/);
});
