/** The programs of examples/ and of docs/few-examples.md, run as they stand in a project of a user. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterAll, describe, expect, test } from "vitest";
import { Random } from "../../src/random.ts";
import { fixture } from "../encode/model-folder.ts";
import { intentOf, intentRows } from "./intent-rows.ts";
import "./one-core.mjs";
import { makeProject, root } from "./project.ts";
import { runProgram } from "./run-program.ts";

const project = await makeProject();
afterAll(() => project[Symbol.asyncDispose]());
const folder = await project.makeFolder("examples");
Object.assign(process.env, project.environment);
const run = (program: string, args: readonly string[]) => runProgram(folder, program, args);

describe("examples", () => {
  test("semantic-search.ts finds the paragraph that answers", async () => {
    const files = ["notes/releases.md", "notes/on-call.md", "notes/holidays.md"];
    const { stdout } = await run("semantic-search.ts", ["how do we undo a deployment?", ...files]);
    expect(stdout).toMatch(/^0\.\d{3} {2}notes\/releases\.md\n.*roll/);
    expect(stdout.match(/^0\.\d{3} /gm)).toHaveLength(3);
  });

  test("deduplicate-csv.ts leaves out rows that say the same, and copies the others", async () => {
    const { stdout, stderr } = await run("deduplicate-csv.ts", ["tickets.csv", "subject"]);
    const rows = (await readFile(join(folder, "tickets.csv"), "utf8")).trim().split("\n");
    const kept = stdout.trim().split("\n");
    expect(rows).toEqual(expect.arrayContaining(kept));
    expect(kept[0]).toBe("id,subject,intent");
    expect(kept).toContain('16,"Can I pause my subscription, for a month say?",subscription');
    expect(kept.join()).not.toContain("Where can I find my invoice?");
    expect(stderr).toBe(`30 rows, ${kept.length - 1} kept\n`);
  });

  test("rag-over-markdown.ts gives a language model the passages, and prints its answer with sources", async () => {
    const asked: { model: string; messages: { content: string }[] }[] = [];
    const server = createServer(async (request, response) => {
      asked.push((await json(request)) as (typeof asked)[number]);
      response.end(JSON.stringify({ choices: [{ message: { content: "Not after noon [1]." } }] }));
    }).listen(0);
    const { port } = server.address() as AddressInfo;
    const question = "who may deploy on Fridays?";
    const printed = await run("rag-over-markdown.ts", ["notes", question]);
    expect(printed.stderr).toMatch(/^3 files, (\d+) passages, \1 of them embedded now$/m);
    Object.assign(process.env, { OPENAI_BASE_URL: `http://localhost:${port}`, CHAT_MODEL: "tiny" });
    const answered = await run("rag-over-markdown.ts", ["notes", question]);
    server.close();
    expect(answered.stderr).toContain("0 of them embedded now");
    expect(asked).toMatchObject([{ model: "tiny", messages: [{ content: printed.stdout.trim() }] }]);
    expect(printed.stdout).toMatch(/\[1\] notes\/releases\.md:\d+\n## Who may deploy\n/);
    expect(answered.stdout).toMatch(/^Not after noon \[1\]\.\n\[1\] notes\/releases\.md:\d+\n/);
  });

  test("cluster-and-map.ts prints topics and writes a page", async () => {
    const { stdout } = await run("cluster-and-map.ts", ["questions.txt", "own.html"]);
    const sizes = stdout.match(/^ *\d+(?= {2}\w)/gm)!;
    expect(sizes.map(Number).reduce((sum, size) => sum + size)).toBe(30);
    expect((await readFile(join(folder, "own.html"), "utf8")).slice(0, 15)).toBe("<!doctype html>");
  });

  test("few-example-classification.ts tells the classes of new texts", async () => {
    const texts = ["I have lost my password", "my parcel has not arrived"];
    const { stdout } = await run("few-example-classification.ts", ["tickets.csv", ...texts]);
    expect(stdout).toMatch(/^account \(\d+ %\) {2}I have lost my password\ndelivery \(\d+ %\) {2}my parcel/);
  });

  test("few-examples.ts of docs/few-examples.md makes a model and a classifier that know new texts", async () => {
    const own = await project.makeFolder("few-examples");
    const [, program] = /```ts\n(.*?)```/s.exec(await readFile(join(root, "docs/few-examples.md"), "utf8"))!;
    const random = new Random(1);
    await writeFile(join(own, "few-examples.ts"), program!);
    await writeFile(join(own, "train.csv"), intentRows(12, random));
    await writeFile(join(own, "test.csv"), intentRows(6, random));
    const { stdout } = await runProgram(own, "few-examples.ts", [fixture("bert"), "train.csv", "test.csv", "1"]);
    const lines = [...stdout.matchAll(/^(.*): ([\d.]+) % of 18 right$/gm)];
    expect(lines.map(([, name]) => name)).toEqual([fixture("bert"), "intent-model"]);
    expect(Number(lines[1]![2])).toBeGreaterThan(60);
    const triplets = (await readFile(join(own, "triplets.jsonl"), "utf8")).trim().split("\n");
    expect(triplets).toHaveLength(3 * 8 * 4);
    for (const triplet of triplets) {
      const { anchor, positive, negative } = JSON.parse(triplet);
      expect([anchor, positive, negative].map(intentOf)).toEqual([
        intentOf(anchor),
        intentOf(anchor),
        expect.anything(),
      ]);
      expect(intentOf(negative)).not.toBe(intentOf(anchor));
      expect(positive).not.toBe(anchor);
    }
  });

  test("hono-endpoint.ts searches, serves embeddings and ends on SIGTERM", async () => {
    const env = { ...process.env, PORT: "0" };
    const child = spawn(process.execPath, ["hono-endpoint.ts"], { cwd: folder, env });
    const ended = once(child, "exit");
    try {
      const [line] = await once(child.stdout.setEncoding("utf8"), "data");
      const { origin } = new URL(line);
      const found = await fetch(`${origin}/search?q=when+does+my+order+arrive`);
      expect((await found.json())[0].text).toBe("Parcels take two to five days.");
      expect((await fetch(`${origin}/search`)).status).toBe(400);
      const body = JSON.stringify({ input: "He plays guitar." });
      const embedded = await fetch(`${origin}/models/v1/embeddings`, { method: "POST", body });
      expect((await embedded.json()).data[0].embedding).toHaveLength(256);
    } finally {
      child.kill("SIGTERM");
    }
    expect(await ended).toEqual([0, null]);
  });

  test.each([
    "semantic-search",
    "deduplicate-csv",
    "rag-over-markdown",
    "cluster-and-map",
    "few-example-classification",
  ])("%s.ts says how it is used", async (name) => {
    const { stderr, code } = await run(`${name}.ts`, []);
    expect(stderr).toContain(`usage: node ${name}.ts`);
    expect(code).toBe(2);
  });
});

test("each program is in the list of examples/README.md", async () => {
  const list = await readFile(join(root, "examples/README.md"), "utf8");
  const programs = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
  expect(programs).toHaveLength(6);
  expect(programs.filter((name) => !list.includes(`[${name}](${name})`))).toEqual([]);
});
