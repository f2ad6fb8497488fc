/** What the clients of npm and PyPI send, recorded by `tools/clients`, is answered as it was when they took it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { createServer, type EmbeddingServer } from "../../src/server/index.ts";
import { type RecordedRequest, shapeOf } from "./recorded.ts";
import { ask } from "./served.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const recorded: RecordedRequest[] = JSON.parse(
  gunzipSync(readFileSync(path("../gold/server/clients.json.gz"))).toString(),
);

let model: SentenceTransformer;
let reranker: CrossEncoder;
let server: EmbeddingServer;
beforeAll(async () => {
  model = await SentenceTransformer.load(undefined, { workers: 0 });
  reranker = await CrossEncoder.load(path("../fixtures/cross-encoders/bert-1"), { workers: 0 });
  const models = [
    { name: "text-embedding-3-small", model },
    { name: "rerank", model: reranker },
  ];
  server = createServer(models, { apiKeys: ["sesame"] });
});
afterAll(() => Promise.all([model.dispose(), reranker.dispose()]));

test("there are requests of every client", () => {
  const agents = new Set(recorded.map(({ headers }) => headers["user-agent"]?.split(/[/ ]/)[0]));
  expect(agents.size).toBeGreaterThanOrEqual(5);
  expect(recorded.length).toBeGreaterThan(30);
});

test.each(recorded.map((each, index) => [index, each.method, each.path, each] as const))(
  "%i: %s %s",
  async (_, method, at, { headers, body, status, answer }) => {
    const given = await ask(server, at, body, { method, headers });
    expect(given.status).toBe(status);
    expect(shapeOf(given.body)).toEqual(answer);
  },
);
