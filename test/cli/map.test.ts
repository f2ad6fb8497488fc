import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unpack } from "../../src/map/page/client/unpack.ts";
import { fixture } from "../encode/model-folder.ts";
import { startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const model = fixture("hpd-tinybert-like");
const folder = await mkdtemp(join(tmpdir(), "hpd-map-"));
const file = (name: string) => join(folder, name);
afterAll(() => rm(folder, { recursive: true }));

const texts = Array.from({ length: 40 }, (_, index) => `${index % 2 === 0 ? "guitar chords" : "credit card"} ${index}`);
beforeAll(async () => {
  await writeFile(file("texts.txt"), `${texts.join("\n")}\n\n  \n`);
});

const start = (...args: string[]) => startHpd(["map", ...args, "--model", model]);
const hpd = (...args: string[]) => runHpd(["map", ...args, "--model", model]);

const dataOf = async (page: string) => unpack(/id="data">([^<]*)</.exec(await readFile(file(page), "utf8"))![1]!);

test("a file becomes a page, coordinates and a summary", async () => {
  const { code, stdout, stderr } = await hpd(
    ...[file("texts.txt"), "--out", file("map.html"), "--clusters", "2", "--title", "Music & money"],
    ...["--coordinates", file("places.jsonl"), "--json"],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^hpd: .*map\.html, \d+ kB\n$/) });
  const summary = JSON.parse(stdout);
  expect(summary.texts).toBe(40);
  expect(summary.clusters.reduce((sum: number, { size }: { size: number }) => sum + size, 0)).toBe(40);
  expect(Object.keys(summary.seconds)).toEqual(expect.arrayContaining(["embedding", "neighbors", "layout", "names"]));
  const data = await dataOf("map.html");
  expect(data.title).toBe("Music & money");
  expect(data.texts).toEqual(texts);
  const places = (await readFile(file("places.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(places.map(({ text }) => text)).toEqual(texts);
  for (const [index, { topic, cluster }] of places.entries()) {
    expect(topic).toBe(data.topicOf[index]);
    expect(cluster).toBe(summary.topics[topic].cluster);
  }
});

test("a table's column, a sample of it, for people", async () => {
  await writeFile(file("table.csv"), `id,subject\n${texts.map((text, id) => `${id},${text}`).join("\n")}\n`);
  const { code, stdout, stderr } = await hpd(
    ...[file("table.csv"), "--field", "subject", "--limit", "15", "--out", file("sample.html")],
  );
  expect(code).toBe(0);
  expect(stderr).toContain("40 texts: a random sample of 15 is on the map");
  expect(stdout).toMatch(/^ +\d+ +[\d.]+ % {2}/);
  const data = await dataOf("sample.html");
  expect(data.title).toBe("table.csv");
  expect(data.texts.length).toBe(15);
  const order = data.texts.map((text) => texts.indexOf(text));
  expect([...new Set(order)].sort((a, b) => a - b)).toEqual(order);
});

test("rows without text are left out, those with null, too, but not those without the field", async () => {
  const rows = texts.map((text) => JSON.stringify({ text }));
  await writeFile(file("nulls.jsonl"), [rows[0], '{"text": null}', '{"text": ""}', ...rows.slice(1)].join("\n"));
  expect((await hpd(file("nulls.jsonl"), "--out", file("nulls.html"))).code).toBe(0);
  expect((await dataOf("nulls.html")).texts).toEqual(texts);
  const table = fileURLToPath(new URL("../fixtures/tables/none.parquet", import.meta.url));
  expect((await hpd(table, "--field", "other", "--out", file("table.html"))).code).toBe(0);
  expect((await dataOf("table.html")).texts).toEqual(["a", "b"]);
  await writeFile(file("other.jsonl"), '{"title": "a"}');
  expect((await hpd(file("other.jsonl"), "--out", file("other.html"))).stderr).toContain('has no field "text"');
});

// Without a text to read, what is refused is refused before the reading.
test("coordinates that can't be written are refused before the work, and leave nothing behind", async () => {
  const { code, stderr } = await hpd(
    ...[file("missing.txt"), "--out", file("early.html"), "--coordinates", file(join("nowhere", "places.jsonl"))],
  );
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("places.jsonl can't be written") });
  expect((await readdir(folder)).filter((name) => name.startsWith("early"))).toEqual([]);
});

test.each([
  [["texts.txt"], 2, "--out"],
  [["texts.txt", "--out", "map.html", "--coordinates", "map.html"], 2, "is the same file as --out"],
  [["texts.txt", "--out", "map.html", "--neighbors", "1"], 2, "--neighbors should be an integer of at least 2"],
  [["texts.txt", "--out", "map.html.gz"], 2, "map.html.gz: outputs are not compressed: leave out .gz"],
  [[], 2, "missing --out PAGE.html"],
  [["--out", "map.html"], 2, "missing FILE"],
  [["texts.txt", "--out", "map.html", "--min-dist", "2"], 2, "--min-dist should be a number from 0 to 1"],
  [["texts.txt", "--out", "map.html", "--clusters", "0"], 2, "--clusters should be a positive integer"],
  [["texts.txt", "--out", join("nowhere", "map.html")], 1, "can't be written"],
  [["empty.txt", "--out", "map.html"], 1, "empty.txt should have texts"],
  [["missing.txt", "--out", "map.html"], 1, "missing.txt"],
])("%j is refused", async (args, expected, message) => {
  await writeFile(file("empty.txt"), "\n \n");
  const { code, stderr } = await hpd(...args.map((arg) => (/\.(txt|html)$/.test(arg) ? file(arg) : arg)));
  expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(message) });
});

test("Ctrl-C leaves nothing behind", async () => {
  await writeFile(file("many.txt"), Array.from({ length: 60_000 }, (_, index) => `text ${index}`).join("\n"));
  const child = start(file("many.txt"), "--out", file("stopped.html"));
  while (!(await readdir(folder)).some((name) => name.startsWith("stopped.html"))) await delay(20);
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect(code).toBe(130);
  expect((await readdir(folder)).filter((name) => name.startsWith("stopped"))).toEqual([]);
});
