/** Who may ask, how much, for how long: each limit, told at once in the form of the API that was asked. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServer, type LogEntry } from "../../src/server/index.ts";
import { ask, loadTinyModels, serverOf, type TinyModels } from "./served.ts";

let models: TinyModels;
beforeAll(async () => {
  models = await loadTinyModels();
});
afterAll(() => models[Symbol.asyncDispose]());

const paths = ["/v1/embeddings", "/embed", "/api/embed", "/v2/embed"] as const;
const small = { model: "tiny", input: "a", inputs: "a", texts: ["a"] };

/** What says in each API what went wrong. */
const messageOf = (path: string, { body }: Awaited<ReturnType<typeof ask>>): string =>
  path === "/v1/embeddings" ? body.error.message : path === "/v2/embed" ? body.message : body.error;

describe.each(paths)("%s", (path) => {
  test("a body that is too large, told or not", async () => {
    const server = serverOf(models, { maxBodyBytes: 1000 });
    const body = JSON.stringify({ ...small, padding: "x".repeat(1000) });
    const told = await ask(server, path, body, { headers: { "content-length": String(body.length) } });
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(" ".repeat(400))),
    });
    const untold = await ask(server, path, stream);
    for (const answer of [told, untold]) {
      expect(answer.status).toBe(413);
      expect(messageOf(path, answer)).toMatch(/should have at most 1000 bytes/);
    }
    expect((await ask(server, path, small)).status).toBe(200);
  });

  test("a body that is packed", async () => {
    const answer = await ask(serverOf(models), path, small, { headers: { "content-encoding": "gzip" } });
    expect(answer.status).toBe(415);
    expect(messageOf(path, answer)).toMatch(/content-encoding should be identity, got "gzip"/);
  });

  test("a text that is too long, where the server cuts none unless it is asked to", async () => {
    const server = serverOf(models, { truncate: false });
    const text = "a cat sat on a mat ".repeat(50);
    const long = { model: "tiny", input: [text], inputs: [text], texts: [text] };
    const answer = await ask(server, path, long);
    expect(answer.status).toBe(path === "/embed" ? 422 : 400);
    expect(messageOf(path, answer)).toMatch(
      /must have less than \d+ tokens. Given: \d+ \(input 0; with truncate it is cut\)/,
    );
    expect((await ask(server, path, { ...long, truncate: path === "/v2/embed" ? "END" : true })).status).toBe(200);
  });

  test("more tokens than a request may have", async () => {
    const texts = Array(10).fill("a cat sat on a mat");
    const answer = await ask(serverOf(models, { maxRequestTokens: 20 }), path, {
      ...{ model: "tiny", input: texts, inputs: texts, texts },
    });
    expect(answer.status).toBe(path === "/embed" ? 422 : 400);
    expect(messageOf(path, answer)).toMatch(/should have at most 20 tokens in all/);
  });

  test("more requests than are admitted: 429 at once, with Retry-After", async () => {
    const server = serverOf(models, { maxConcurrentRequests: 2 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(server, path, small)));
    expect(answers.filter(({ status }) => status === 200).length).toBe(2);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(messageOf(path, answer)).toBe("Model is overloaded");
    }
    expect((await ask(server, path, small)).status).toBe(200);
  });

  test("a request that takes too long", async () => {
    const server = serverOf(models, { requestTimeout: 30 });
    const slow = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"model"')),
    });
    const answer = await ask(server, path, slow);
    expect(answer.status).toBe(504);
    expect(messageOf(path, answer)).toMatch(/no answer within 0.03 seconds/);
  });

  test("a key is needed, and which one is right", async () => {
    const server = serverOf(models, { apiKeys: ["sesame", "open"] });
    const asWith = (authorization?: string) =>
      ask(server, path, small, authorization ? { headers: { authorization } } : {});
    expect((await asWith("Bearer sesame")).status).toBe(200);
    expect((await asWith("bearer open")).status).toBe(200);
    for (const wrong of [undefined, "Bearer sesam", "Bearer sesamee", "Basic sesame", "sesame", "Bearer "]) {
      const answer = await asWith(wrong);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(messageOf(path, answer)).toMatch(/API key/);
    }
  });
});

test("bodies that come slowly take nobody's place, and don't fill the memory", async () => {
  const server = serverOf(models, { maxConcurrentRequests: 2, maxBodyBytes: 20_000 });
  const controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
  const slow = (bytes: number) =>
    ask(
      server,
      "/v1/embeddings",
      new ReadableStream<Uint8Array>({
        start(controller) {
          controllers.push(controller);
          controller.enqueue(new TextEncoder().encode(`{${" ".repeat(bytes - 1)}`));
        },
      }),
    );
  const waiting = Array.from({ length: 63 }, () => slow(20_000));
  await sleep(50);
  expect((await ask(server, "/v1/embeddings", small)).status).toBe(200);
  // The last of what may be in memory at once, and one more.
  waiting.push(slow(20_000));
  expect(await slow(1)).toMatchObject({ status: 429, body: { error: { message: "too many large requests at once" } } });
  for (const controller of controllers.slice(0, 64)) controller.error(new Error("gone"));
  for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(499);
  expect((await ask(server, "/v1/embeddings", JSON.stringify(small).padEnd(19_000))).status).toBe(200);
});

test("what comes of a body after its time is over takes no place", async () => {
  const server = serverOf(models, { maxBodyBytes: 20_000, requestTimeout: 300 });
  const controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
  const late = () => new ReadableStream<Uint8Array>({ start: (controller) => void controllers.push(controller) });
  // More than may be in memory at once.
  const answers = await Promise.all(Array.from({ length: 65 }, () => ask(server, "/v1/embeddings", late())));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([504]));
  for (const controller of controllers) controller.enqueue(new Uint8Array(20_000));
  await sleep(20);
  const next = ask(server, "/v1/embeddings", late());
  controllers.at(-1)!.enqueue(new TextEncoder().encode(JSON.stringify(small).padEnd(19_000)));
  controllers.at(-1)!.close();
  expect((await next).status).toBe(200);
});

test("all routes need the key but those of who watches over the server", async () => {
  const server = serverOf(models, { apiKeys: ["sesame"] });
  for (const path of ["/v1/models", "/api/tags", "/info", "/metrics", "/", "/nothing"]) {
    expect((await ask(server, path)).status, path).toBe(401);
  }
  for (const path of ["/health", "/ping"]) expect((await ask(server, path)).status, path).toBe(200);
});

test("a client that goes takes its work along", async () => {
  const logged: LogEntry[] = [];
  const server = serverOf(models, { onLog: (entry) => void logged.push(entry) });
  const controller = new AbortController();
  const input = Array(2000).fill("the cat sat on a mat ".repeat(20));
  const answer = ask(server, "/v1/embeddings", { input }, { signal: controller.signal });
  await sleep(20);
  controller.abort();
  await Promise.allSettled([answer]);
  await expect.poll(() => logged.map(({ failure }) => failure)).toEqual(["gone"]);
  const { body } = await ask(server, "/metrics");
  expect(body).toContain("te_requests_in_flight 0");
  expect(body).toContain("te_queue_size 0");
});

test("pages of other origins may ask only where they were told to", async () => {
  const headers = { origin: "https://page.example" };
  const closed = await ask(serverOf(models), "/v1/models", undefined, { headers });
  expect(closed.headers.get("access-control-allow-origin")).toBeNull();
  const server = serverOf(models, { corsOrigins: ["https://page.example"] });
  const open = await ask(server, "/v1/models", undefined, { headers });
  expect(open.headers.get("access-control-allow-origin")).toBe("https://page.example");
  const other = await ask(server, "/v1/models", undefined, { headers: { origin: "https://other.example" } });
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
  const asked = {
    ...headers,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  };
  const keyed = serverOf(models, { corsOrigins: ["*"], apiKeys: ["k"] });
  const preflight = await ask(keyed, "/v1/embeddings", undefined, { method: "OPTIONS", headers: asked });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  expect(preflight.headers.get("access-control-allow-headers")).toBe("authorization");
});

test("the log has facts, and neither texts nor keys nor what strangers wrote into a path", async () => {
  const logged: LogEntry[] = [];
  const server = serverOf(models, { apiKeys: ["k3y"], onLog: (entry) => void logged.push(entry) });
  const headers = { authorization: "Bearer k3y", "x-request-id": "from-a-client.1" };
  await ask(server, "/v1/embeddings", { model: "tiny", input: ["secret", "text"] }, { headers });
  await ask(server, "/v1/embeddings", { model: "tiny", input: [{ secret: 1 }] }, { headers });
  await ask(server, "/v1/secret%0Aforged", {}, { headers: { ...headers, "x-request-id": "an id\twith secrets" } });
  await ask(server, "/v1/embeddings", "secret", { headers });
  expect(logged.map(({ status, route, failure }) => [status, route, failure])).toEqual([
    [200, "/v1/embeddings", undefined],
    [400, "/v1/embeddings", "invalid"],
    [404, "unknown", "unknown_route"],
    [400, "/v1/embeddings", "malformed"],
  ]);
  expect(logged[0]).toMatchObject({ id: "from-a-client.1", model: "tiny", inputs: 2, level: "info", method: "POST" });
  expect(logged[0]!.tokens).toBeGreaterThan(3);
  expect(JSON.stringify(logged)).not.toMatch(/secret|k3y/);
});

test("of its own faults the server tells the log where, and the client nothing", async () => {
  await using broken = await loadTinyModels();
  const logged: LogEntry[] = [];
  const server = createServer([{ name: "m", model: broken.embedder }], { onLog: (entry) => void logged.push(entry) });
  const fails: unknown = () => Promise.reject(new Error("the text is: secret"));
  broken.embedder.encodeTokenized = fails as typeof broken.embedder.encodeTokenized;
  const answer = await ask(server, "/v1/embeddings", { input: "secret" });
  expect(answer).toMatchObject({ status: 500, body: { error: { type: "api_error" } } });
  expect(JSON.stringify([answer.body, logged])).not.toContain("secret");
  expect(logged[0]).toMatchObject({ level: "error", failure: "internal", error: "Error" });
  expect(logged[0]!.at!.length).toBeGreaterThan(0);
});

describe("closing", () => {
  test("answers what is under way and refuses what comes", async () => {
    const server = serverOf(models);
    const input = Array(500).fill("the cat sat on a mat");
    const under = ask(server, "/v1/embeddings", { input });
    await sleep(10);
    const closed = server.dispose();
    expect((await ask(server, "/health")).status).toBe(503);
    const late = await ask(server, "/v1/embeddings", { input: "a" });
    expect(late).toMatchObject({ status: 503, body: { error: { type: "api_error" } } });
    expect((await under).body.data.length).toBe(500);
    await closed;
  });
});

test.each([
  [[], {}, /models should be an array/],
  [undefined, {}, /models should be an array/],
  [[{ name: "", model: {} }], {}, /models\[0\].name should be/],
  [
    [{ name: "a", model: {} }],
    {},
    /models\[0\].model should be a SentenceTransformer, a SparseEncoder or a CrossEncoder/,
  ],
  ["tiny twice", {}, /two models are called "tiny"/],
  ["tiny", { maxInputs: 0 }, /maxInputs should be a positive integer, got 0/],
  ["tiny", { requestTimeout: 1e10 }, /requestTimeout should be from 0 to 2000000000 milliseconds, got 10000000000/],
  ["tiny", { maxBodyBytes: "4 MB" }, /maxBodyBytes should be a number/],
  ["tiny", { apiKeys: [""] }, /apiKeys should be an array of strings that are not empty/],
  ["tiny", { corsOrigins: "*" }, /corsOrigins should be an array of strings/],
  [
    "tiny",
    { corsOrigins: ["https://a.example", "https://page.example/"] },
    /without a path, got "https:\/\/page.example\/"/,
  ],
  ["tiny", { corsOrigins: ["page.example"] }, /such as https:\/\/page.example/],
  ["tiny", { apiKey: "x" }, /no option "apiKey" \(did you mean apiKeys\?\)/],
])("createServer(%j, %j) is refused", (given, options, message) => {
  const tiny = { name: "tiny", model: models.embedder };
  const named = given === "tiny" ? [tiny] : given === "tiny twice" ? [tiny, tiny] : given;
  expect(() => createServer(named as never, options as never)).toThrow(message);
});
