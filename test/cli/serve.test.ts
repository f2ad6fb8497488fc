/** `hpd serve` as a process: what it prints, its flags, signals. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseFlags } from "../../src/cli/parse-flags.ts";
import { serveCommand } from "../../src/cli/serve.ts";
import { fixture } from "../encode/model-folder.ts";
import { startHpd } from "./hpd-process.ts";

const tiny = fixture("bert");
const reranker = fileURLToPath(new URL("../fixtures/cross-encoders/bert-1", import.meta.url));

/** Without what the environment of the tests may say of it. */
const { HOST: _, PORT: __, HPD_API_KEY: ___, ...env } = process.env;

async function start(args: readonly string[], more: Record<string, string> = {}) {
  const child = startHpd(["serve", ...args, "--workers", "1", "--json"], { env: { ...env, ...more } });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  const exited = once(child, "close").then(([code]) => code as number | null);
  const first = await Promise.race([once(createInterface(child.stdout), "line"), exited]);
  if (!Array.isArray(first)) throw new Error(`it ended with ${first}: ${stderr}`);
  const { url, models } = JSON.parse(first[0] as string) as { url: string; models: string[] };
  return {
    url,
    models,
    log: () => stderr,
    async stop(signal: NodeJS.Signals = "SIGTERM") {
      child.kill(signal);
      return { code: await exited, stderr };
    },
  };
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

test("several models by their names; SIGTERM answers what is under way and ends with 0", async () => {
  const server = await start([`text-embedding-3-small=${tiny}`, tiny, reranker, "--port", "0", "--log", "json"]);
  expect(server.models).toEqual(["text-embedding-3-small", "bert", "bert-1"]);
  const embedded = await post(`${server.url}/v1/embeddings`, { model: "text-embedding-3-small", input: "a cat" });
  expect(embedded.status).toBe(200);
  const ranked = await post(`${server.url}/rerank`, { query: "a cat", texts: ["a", "b"] });
  expect(((await ranked.json()) as unknown[]).length).toBe(2);
  await fetch(`${server.url}/health`);
  const under = post(`${server.url}/v1/embeddings`, {
    model: "bert",
    input: Array(2000).fill("the cat sat on a mat ".repeat(9)),
  });
  await expect.poll(async () => (await fetch(`${server.url}/metrics`)).text()).toMatch(/te_requests_in_flight 1/);
  const stopped = server.stop();
  expect(((await (await under).json()) as { data: unknown[] }).data.length).toBe(2000);
  const { code, stderr } = await stopped;
  expect(code).toBe(0);
  const entries = stderr
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const requests = entries.filter(({ message }) => message === "request");
  expect(entries.map(({ message }) => message)).toContain("shutting down: finishing the requests in progress");
  expect(requests.map(({ route, status }) => [route, status])).toEqual([
    ["/v1/embeddings", 200],
    ["/rerank", 200],
    ["/v1/embeddings", 200],
  ]);
  expect(stderr).not.toMatch(/cat/);
});

test("HOST and PORT of the environment, keys of a file, limits", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hpd-serve-"));
  try {
    const file = join(folder, "keys");
    await writeFile(file, "first\n\nsecond\n");
    const args = [tiny, "--api-key-file", file, "--max-inputs", "2", "--no-truncate", "--log", "none"];
    const server = await start(args, { HOST: "::1", PORT: "0", HPD_API_KEY: "third" });
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    const url = `${server.url}/v1/embeddings`;
    expect((await post(url, { input: "a" })).status).toBe(401);
    for (const key of ["first", "second", "third"]) {
      expect((await post(url, { input: "a" }, { authorization: `Bearer ${key}` })).status).toBe(200);
    }
    const authorization = "Bearer first";
    expect((await post(url, { input: ["a", "b", "c"] }, { authorization })).status).toBe(400);
    expect((await post(url, { input: "the cat ".repeat(300) }, { authorization })).status).toBe(400);
    const { code, stderr } = await server.stop("SIGINT");
    expect(code).toBe(0);
    expect(stderr).toBe("");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("who serves all the world without a key is told so", async () => {
  const server = await start([tiny, "--host", "0.0.0.0", "--port", "0"]);
  expect((await server.stop()).stderr).toMatch(/is open to all who can reach it: require a key with --api-key-file/);
});

test.each([
  [["--port", "x"], /--port should be an integer from 0 to 65535/],
  [["--port", "70000"], /--port should be an integer from 0 to 65535, got "70000"/],
  [["--socket", "s", "--port", "1"], /--socket excludes --port/],
  [["--log", "xml"], /--log should be one of text, json, none/],
  [["--max-inputs", "0"], /--max-inputs should be a positive integer/],
  [["--api-key", ""], /an API key should be one word/],
  [["--api-key", "two words"], /an API key should be one word/],
  [["--api-key-file", "/none"], /\/none can't be read/],
  [["--max-batch", "1"], /no option --max-batch/],
  [[`a=${tiny}`, `a=${tiny}`], /models should have distinct names, got two a/],
  [["./none"], /none/],
])("%j is refused", async (args, message) => {
  const { signal } = new AbortController();
  const run = async () => {
    const { values: flags, positionals } = parseFlags(serveCommand, [...args]);
    await serveCommand.run({ flags, positionals, signal });
  };
  await expect(run()).rejects.toThrow(message);
});
