/** `hpd serve` as a process: what it prints, its flags, signals. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { parseFlags } from "../../src/cli/parse-flags.ts";
import { nameAndModel } from "../../src/cli/serve/load.ts";
import { restartDelay } from "../../src/cli/serve/restart-delay.ts";
import { serveCommand } from "../../src/cli/serve.ts";
import { buildIndex } from "../../src/passage-index/index.ts";
import { fixture } from "../encode/model-folder.ts";
import { outcomeOf, startHpd } from "./hpd-process.ts";

const tiny = fixture("bert");
const reranker = fileURLToPath(new URL("../fixtures/cross-encoders/bert-1", import.meta.url));

/** Without what the environment of the tests may say of it. */
const { HOST: _, PORT: __, HPD_API_KEY: ___, ...env } = process.env;

/** Of the running case: what it leaves behind is ended, however it fails. */
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "close");
  }
});

function startServe(args: readonly string[], more: Record<string, string> = {}) {
  const child = startHpd(["serve", ...args], { env: { ...env, ...more } });
  started.push(child);
  return child;
}

async function start(args: readonly string[], more: Record<string, string> = {}) {
  const child = startServe([...args, "--workers", "1", "--json"], more);
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

/** In this process: of command lines that are refused. */
async function run(args: readonly string[]): Promise<void> {
  const { values: flags, positionals } = parseFlags(serveCommand, [...args]);
  await serveCommand.run({ flags, positionals, signal: new AbortController().signal });
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

test.each([
  ["org/model", "org/model"],
  ["here=org/model", "here"],
  ["/models/bert/", "bert"],
  // Folders that are there, as a shell completes them.
  ["src/", "src"],
  ["test/fixtures", "fixtures"],
  [".", basename(process.cwd())],
])("%s is served as %s", (given, name) => {
  expect(nameAndModel(given).name).toBe(name);
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
  [["--timeout", "99999999"], /--timeout should be an integer from 1 to 2000000, got "99999999"/],
  [["--drain-timeout", "0"], /--drain-timeout should be an integer from 1 to 2000000/],
  [["--api-key", ""], /an API key should be one word/],
  [["--api-key", "two words"], /an API key should be one word/],
  [["--api-key-file", "/none"], /\/none can't be read/],
  [["--processes", "0"], /--processes should be an integer from 1 to \d+, four for each core/],
  [["--processes", "1000000"], /--processes should be an integer from 1 to \d+, four for each core/],
  [["--max-batch", "1"], /no option --max-batch/],
  [[`a=${tiny}`, `a=${tiny}`], /models should have distinct names, got two a/],
  [["./none"], /none/],
])("%j is refused", async (args, message) => {
  await expect(run(args)).rejects.toThrow(message);
});

describe("several processes", () => {
  /** The processes that serve, by the numbers in the log. */
  const pidsIn = (log: string) => new Set([...log.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid)));

  /** On a connection of its own, which one of the processes takes. */
  const ask = (address: object, path: string, body?: unknown) =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const method = body === undefined ? "GET" : "POST";
      request({ ...address, path, method, agent: false }, async (response) => {
        resolve({ status: response.statusCode, text: await text(response) });
      })
        .on("error", reject)
        .end(body && JSON.stringify(body));
    });

  /** Asks for embeddings, some at once, until all processes have had their share. @returns how many */
  async function askUntil(address: object, isEnough: () => boolean): Promise<number> {
    for (let asked = 0; ; asked += 8) {
      if (isEnough()) return asked;
      const answers = Array.from({ length: 8 }, () => ask(address, "/v1/embeddings", { input: "a cat" }));
      for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
    }
  }

  const portOf = (url: string) => ({ host: "127.0.0.1", port: new URL(url).port });

  test("share a port, tell the metrics of all, are replaced, and end together", { timeout: 60_000 }, async () => {
    const server = await start([tiny, "--processes", "2", "--port", "0", "--log", "json"]);
    const address = portOf(server.url);
    const embed = (input: unknown = "a cat") => ask(address, "/v1/embeddings", { input });
    const metrics = async () => (await ask(address, "/metrics")).text;
    let asked = await askUntil(address, () => pidsIn(server.log()).size === 2);
    // Whichever process is asked.
    for (let each = 0; each < 4; each++) {
      const told = await metrics();
      expect(told).toContain("\nhpd_processes 2\n");
      expect(told).toContain(`te_request_success{method="/v1/embeddings"} ${asked}\n`);
      expect(told).toContain(`te_request_duration_count{method="/v1/embeddings"} ${asked}\n`);
    }
    const [killed] = [...pidsIn(server.log())];
    process.kill(killed!, "SIGKILL");
    await expect
      .poll(() => metrics().catch(() => ""), { timeout: 30_000 })
      .toMatch(/\nhpd_processes 2\n(.*\n)*hpd_process_restarts 1\n/);
    expect(server.log()).toContain("a process of the server ended with SIGKILL; another one is started now");
    asked += await askUntil(address, () => pidsIn(server.log()).size === 3);
    expect(await metrics()).toContain(`te_request_success{method="/v1/embeddings"} ${asked}\n`);
    const long = Array(500).fill("the cat sat on a mat ".repeat(9));
    const answers = Array.from({ length: 6 }, () => embed(long));
    await expect.poll(metrics, { timeout: 10_000 }).toMatch(/te_requests_in_flight 6\n/);
    const { code, stderr } = await server.stop();
    for (const { status, text } of await Promise.all(answers)) {
      expect([status, JSON.parse(text).data.length]).toEqual([200, 500]);
    }
    expect(code).toBe(0);
    expect([...pidsIn(stderr)].filter(isAlive)).toEqual([]);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test("a Unix socket", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "hpd-serve-"));
    try {
      const socket = join(folder, "hpd.sock");
      const server = await start([tiny, "--processes", "2", "--socket", socket, "--log", "none"]);
      expect(server.url).toBe(`unix:${socket}`);
      for (let each = 0; each < 4; each++) {
        expect((await ask({ socketPath: socket }, "/metrics")).text).toContain("\nhpd_processes 2\n");
      }
      const second = await outcomeOf(startServe([tiny, "--processes", "2", "--socket", socket]));
      expect([second.code, second.stderr]).toEqual([1, expect.stringMatching(/another program uses it/)]);
      expect((await server.stop("SIGINT")).code).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("what is wrong is told once, and nothing is left", { timeout: 60_000 }, async () => {
    const { code, stderr } = await outcomeOf(startServe(["./none", "--processes", "3"]));
    expect(code).toBe(1);
    expect(stderr.match(/^hpd: /gm)?.length).toBe(1);
    const twice = await outcomeOf(startServe([`a=${tiny}`, `a=${tiny}`, "--processes", "2"]));
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringMatching(/distinct names, got two a.*--help/)]);
  });

  test("end when the one that started them is killed", { timeout: 60_000 }, async () => {
    const server = await start([tiny, "--processes", "2", "--port", "0", "--log", "json"]);
    await askUntil(portOf(server.url), () => pidsIn(server.log()).size === 2);
    const pids = pidsIn(server.log());
    await server.stop("SIGKILL");
    for (const pid of pids) await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test("a process that ends again and again is started ever later", () => {
    expect([0, 1, 2, 3, 7, 100].map(restartDelay)).toEqual([0, 500, 1000, 2000, 30_000, 30_000]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("an index: its model is served, its passages are found, also by several processes", {
  timeout: 90_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "hpd-serve-index-"));
  try {
    await writeFile(join(folder, "fruit.md"), "# Fruit\n\nApples are red.\n");
    const out = join(folder, "notes.index");
    await buildIndex([join(folder, "fruit.md")], { out, model: tiny });
    const several = await start(["--index", out, "--index", `again=${out}`, "--port", "0", "--processes", "2"]);
    expect(several.models).toEqual(["bert"]);
    const found = await post(`${several.url}/search`, { query: "apples", index: "again" });
    expect(await found.json()).toMatchObject({ index: "again", hits: [{ file: "fruit.md" }] });
    expect(await (await fetch(several.url)).text()).toMatch(/^<!doctype html>/);
    expect((await post(`${several.url}/embed`, { inputs: "a" })).status).toBe(200);
    expect(await several.stop()).toMatchObject({ code: 0 });
    const shared = await start([`mine=${tiny}`, reranker, "--index", `notes=${out}`, "--port", "0"]);
    expect(shared.models).toEqual(["mine", "bert-1"]);
    const ranked = await post(`${shared.url}/search`, { query: "apples", rerank: true });
    expect(await ranked.json()).toMatchObject({ hits: [{ file: "fruit.md", search_score: expect.any(Number) }] });
    expect(await shared.stop()).toMatchObject({ code: 0 });
    await expect(run(["--index", out, "--index", out])).rejects.toThrow(
      /indexes should have distinct names, got two notes/,
    );
    await expect(run(["--index", join(folder, "none")])).rejects.toThrow(/there is no index/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
