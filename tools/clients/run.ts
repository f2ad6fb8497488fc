/**
 * Starts `hpd serve` over a model with prompts and a cross-encoder, and runs the clients against it. See README.md.
 *
 *   node --conditions=hpd-source tools/clients/run.ts [PYTHON [GOLD]]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { createServer, listen } from "../../src/server/index.ts";
import { type RecordedRequest, shapeOf } from "../../test/server/recorded.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const [python, gold] = process.argv.slice(2);

/** As `fetch`, of which it notes what was asked and what was answered. */
function recording(fetch: (request: Request) => Promise<Response>, recorded: RecordedRequest[]) {
  return async (request: Request): Promise<Response> => {
    const { method } = request;
    const body = method === "POST" ? await request.text() : undefined;
    const headers = Object.fromEntries(
      [...request.headers].filter(([name]) => ["accept", "authorization", "content-type", "user-agent"].includes(name)),
    );
    const { pathname: path } = new URL(request.url);
    const given = { method, headers, ...(body !== undefined && { body }) };
    const response = await fetch(new Request(request.url, { ...given, signal: request.signal }));
    const answer = await response.clone().json();
    recorded.push({ path, ...given, status: response.status, answer: shapeOf(answer) });
    return response;
  };
}
const folder = await mkdtemp(join(tmpdir(), "hpd-clients-"));
let failed = false;
try {
  const copy = join(folder, "model");
  await cp(here("../../models/HPD-MiniLM-L3-F256"), copy, { recursive: true });
  const file = join(copy, "config_sentence_transformers.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...config, prompts: { query: "where is " } }));
  const model = await SentenceTransformer.load(copy);
  const reranker = await CrossEncoder.load(here("../../test/fixtures/cross-encoders/bert-1"));
  const server = createServer(
    [
      { name: "text-embedding-3-small", model },
      { name: "rerank", model: reranker },
    ],
    { apiKeys: ["sesame"] },
  );
  const recorded: RecordedRequest[] = [];
  const listening = await listen({ ...server, fetch: recording(server.fetch, recorded) }, { port: 0 });
  const texts = ["He plays guitar.", "A street vendor is outside.", "Ä ü 漢字 🎸", ""];
  const expected = join(folder, "expected.json");
  const unit = await model.encode(texts, { normalizeEmbeddings: true });
  const query = await model.encodeQuery(texts[0]!, { normalizeEmbeddings: true });
  const ids = model.tokenize(texts[0]!).ids;
  await writeFile(
    expected,
    JSON.stringify({ texts, unit: [...unit].map((row) => [...row]), query: [...query], ids: [...ids] }),
  );
  const programs = [
    [process.execPath, here("clients.ts")],
    ...(python === undefined ? [] : [[python, here("clients.py")]]),
  ];
  for (const [program, file] of programs as [string, string][]) {
    const [code] = await once(spawn(program, [file, listening.url, expected], { stdio: "inherit" }), "close");
    failed ||= code !== 0;
  }
  if (gold !== undefined && !failed) await writeFile(gold, gzipSync(JSON.stringify(recorded)));
  await listening.dispose();
  await Promise.all([model.dispose(), reranker.dispose()]);
} finally {
  await rm(folder, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
