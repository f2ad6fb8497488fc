/** A client of the Model Context Protocol that searches an index, in memory and by `hpd mcp`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { InMemoryTransport, type JSONRPCMessage } from "@modelcontextprotocol/server";
import { afterAll, expect, test } from "vitest";
import { createMcpServer } from "../../src/adapters/mcp/index.ts";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { Interrupted } from "../../src/cli/interrupt.ts";
import { packageVersion } from "../../src/common/package-version.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { buildIndex, PassageIndex } from "../../src/passage-index/index.ts";
import { main, outcomeOf, startHpd } from "../cli/hpd-process.ts";
import { tinyModel, writeFiles } from "../passage-index/notes.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-mcp-"));
await writeFiles(folder, {
  "notes/fruit.md": "# Fruit\n\nApples are red.\n",
  "notes/rows.jsonl": '{"text": "Pears are green.", "year": 2021}\n',
});
const location = join(folder, "index");
await buildIndex([join(folder, "notes")], { out: location, model: tinyModel });
const index = await PassageIndex.open(location, { workers: 1 });
afterAll(async () => {
  await index.dispose();
  await rm(folder, { recursive: true });
});

async function connected(options = {}, searched = index): Promise<Client> {
  const server = await createMcpServer(searched, options);
  const client = new Client({ name: "test", version: "1" });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  return client;
}

const textOf = (result: object) => (result as { content: { text: string }[] }).content.map(({ text }) => text).join();

test("the tool says what is in the index, and what its filter can ask", async () => {
  const client = await connected();
  expect(client.getServerVersion()).toMatchObject({ name: "hpd", version: packageVersion });
  const { tools } = await client.listTools();
  expect(tools).toHaveLength(1);
  const [{ name, description, inputSchema, annotations }] = tools as [(typeof tools)[0]];
  expect(name).toBe("search");
  expect(description).toMatch(/2 passages of 2 files: .*fruit\.md, .*rows\.jsonl\./);
  expect(annotations).toMatchObject({ readOnlyHint: true });
  expect(inputSchema.required).toEqual(["query"]);
  expect(JSON.stringify(inputSchema)).toContain("heading (string), year (number)");
  const described = await connected({ description: "Notes on fruit." });
  expect((await described.listTools()).tools[0]!.description).toContain("Notes on fruit.");
  await Promise.all([client.close(), described.close()]);
});

test("documents of a program are counted, too", async () => {
  const at = join(folder, "documents");
  await using model = await SentenceTransformer.load(tinyModel, { workers: 0 });
  await using documents = await PassageIndex.create(at, { model });
  const described = async () => {
    const client = await connected({}, documents);
    const { tools } = await client.listTools();
    await client.close();
    return tools[0]!.description;
  };
  expect(await described()).toContain("The index has 0 passages of no files.");
  await documents.add([{ id: "17", text: "The printer is jammed." }]);
  expect(await described()).toContain("The index has 1 passage of 1 document.");
  await buildIndex([join(folder, "notes/fruit.md")], { out: at, model: tinyModel });
  expect(await described()).toMatch(/The index has 2 passages of 1 document and 1 file: \S*fruit\.md\./);
});

test("a search gives passages with file, lines and score", async () => {
  const client = await connected({ topK: 1 });
  const found = await client.callTool({ name: "search", arguments: { query: "apples", mode: "text" } });
  expect(textOf(found)).toMatch(/notes\/fruit\.md:\d+-\d+ \(score \d+\.\d{3}\)\n# Fruit\n\nApples are red\.$/);
  const filtered = { query: "fruit", topK: 5, filter: { year: 2021 } };
  const others = textOf(await client.callTool({ name: "search", arguments: filtered }));
  expect(others).toMatch(/^\S+rows\.jsonl:1-1 \(score \S+\)\nPears are green\.$/);
  const nothing = await client.callTool({ name: "search", arguments: { query: "zebra", mode: "text" } });
  expect(textOf(nothing)).toBe("nothing found");
  await client.close();
});

test("an empty query is refused", async () => {
  const client = await connected();
  for (const query of ["", " \n"]) {
    const result = await client.callTool({ name: "search", arguments: { query } });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/^query should be a text that isn't empty, got /);
  }
  await client.close();
});

test("what is wrong is told to the assistant, which can try again", async () => {
  const client = await connected();
  const call = (args: Record<string, unknown>) => client.callTool({ name: "search", arguments: args });
  const wrong = await call({ query: "apples", filter: { year: { beyond: 3 } } });
  expect(wrong).toMatchObject({ isError: true });
  expect(textOf(wrong)).toMatch(/beyond/);
  const unknown = await call({ query: "apples", filter: { yaer: 2021 } });
  expect(unknown).toMatchObject({ isError: true });
  expect(textOf(unknown)).toMatch(
    /no passage has a field "yaer" \(did you mean year\?\); there are heading \(string\), year \(number\)/,
  );
  for (const args of [{}, { query: 3 }, { query: "a", topK: 51 }, { query: "a", mode: "fast" }, { query: "a", k: 1 }]) {
    const refused = await call(args).then(
      (result) => result.isError === true,
      () => true,
    );
    expect(refused).toBe(true);
  }
  await client.close();
});

test("what is the default may be asked for", async () => {
  const client = await connected({ topK: 60 });
  const { inputSchema } = (await client.listTools()).tools[0]!;
  expect(inputSchema.properties!.topK).toMatchObject({ default: 60, maximum: 60 });
  const found = await client.callTool({ name: "search", arguments: { query: "apples", topK: 60 } });
  expect(found.isError).toBeUndefined();
  await client.close();
});

test("options are checked", async () => {
  await expect(createMcpServer(index, { topK: 0 })).rejects.toThrow(/topK/);
  await expect(createMcpServer(index, { top: 3 } as object)).rejects.toThrow(/no option "top"/);
  await expect(createMcpServer({} as PassageIndex)).rejects.toThrow(/open PassageIndex/);
});

test("hpd mcp serves an assistant that starts it, and ends with it", { timeout: 60_000 }, async () => {
  const args = [...main, "mcp", location, "--description", "Notes on fruit.", "-k", "1"];
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: "pipe" });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  const { tools } = await client.listTools();
  expect(tools[0]!.description).toContain("Notes on fruit.");
  const found = await client.callTool({ name: "search", arguments: { query: "apples" } });
  expect(textOf(found)).toContain("are");
  const { pid } = transport;
  await client.close();
  expect(() => process.kill(pid!, 0)).toThrow();
});

test("hpd mcp ends where its input does, before any message too", { timeout: 60_000 }, async () => {
  expect(await outcomeOf(startHpd(["mcp", location]))).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("hpd mcp ends by a signal that comes while the index is opened", async () => {
  const stdin = Object.getOwnPropertyDescriptor(process, "stdin")!;
  Object.defineProperty(process, "stdin", { configurable: true, value: new PassThrough() });
  try {
    const signal = AbortSignal.abort(new Interrupted("SIGTERM"));
    expect(await runCommandLine(["mcp", location], () => signal)).toBe(143);
  } finally {
    Object.defineProperty(process, "stdin", stdin);
  }
});

test("hpd mcp stays for a client that asks for a newer protocol first", { timeout: 60_000 }, async () => {
  const transport = new StdioClientTransport({ command: process.execPath, args: [...main, "mcp", location] });
  const answers: JSONRPCMessage[] = [];
  const waiting: (() => void)[] = [];
  transport.onmessage = (message) => {
    answers.push(message);
    waiting.shift()?.();
  };
  transport.onclose = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  await transport.start();
  const ask = async (id: number, method: string, params: Record<string, unknown>) => {
    const answered = new Promise<void>((resolve) => waiting.push(resolve));
    await transport.send({ jsonrpc: "2.0", id, method, params });
    await answered;
  };
  const clientInfo = { name: "test", version: "1" };
  const protocol = "io.modelcontextprotocol";
  await ask(1, "server/discover", {
    _meta: {
      [`${protocol}/protocolVersion`]: "2026-07-28",
      [`${protocol}/clientCapabilities`]: {},
      [`${protocol}/clientInfo`]: clientInfo,
    },
  });
  await ask(2, "initialize", { protocolVersion: "2025-03-26", capabilities: {}, clientInfo });
  await ask(3, "tools/call", { name: "search", arguments: { query: "apples", mode: "text" } });
  expect(answers).toMatchObject([
    { id: 1, result: { supportedVersions: ["2026-07-28"] } },
    { id: 2, result: { protocolVersion: "2025-03-26" } },
    { id: 3, result: { content: [{ text: expect.stringContaining("Apples are red.") }] } },
  ]);
  await transport.close();
});
