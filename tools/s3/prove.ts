/**
 * An index in object storage, from end to end: `hpd index build` writes it, `hpd search` and two `hpd serve` read it, and see
 * what a third process changes; two builds at once; a build that is killed. See README.md.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startS3 } from "../../test/passage-index/s3-server.ts";

// By URL, so that the type check needs no build.
const built = new URL("../../dist/passage-index/index.js", import.meta.url).href;
const { PassageIndex }: typeof import("../../src/passage-index/index.ts") = await import(built);
const main = join(import.meta.dirname, "../../dist/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "hpd-s3-proof-"));
const index = "s3://proof/team/notes.index";

const expect = (isTrue: boolean, what: string) => {
  console.log(`${isTrue ? "ok    " : "FAILED"}  ${what}`);
  if (!isTrue) process.exitCode = 1;
};

const s3 = await startS3(process.env.HPD_WEED ?? "weed");
Object.assign(process.env, s3.env);
await s3.createBucket("proof");

function hpd(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder });
  return { stdout, stderr, status };
}

const start = (...args: string[]) => spawn(process.execPath, [main, ...args], { cwd: folder, stdio: "pipe" });

async function serve() {
  const child = start("serve", "--index", `notes=${index}`, "--port", "0", "--json", "--log", "none");
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, url: JSON.parse(line as string).url as string };
}

async function searchAt(url: string, query: string): Promise<string[]> {
  const response = await fetch(`${url}/search`, { method: "POST", body: JSON.stringify({ query, top_k: 3 }) });
  return ((await response.json()) as { hits: { text: string }[] }).hits.map(({ text }) => text);
}

try {
  writeFileSync(join(folder, "fruit.md"), "# Fruit\n\nApples are red.\n");
  const built = hpd("index", "build", "fruit.md", "--out", index, "--json");
  expect(
    built.status === 0 && JSON.parse(built.stdout).passages === 1,
    `hpd index build writes ${built.stderr.trim()}`,
  );
  expect(
    readdirSync(folder).join() === "fruit.md",
    `nothing is written beside it on this machine: ${readdirSync(folder)}`,
  );
  const found = hpd("search", index, "apples", "--json");
  expect(found.status === 0 && JSON.parse(found.stdout).text.includes("Apples"), "hpd search finds");
  expect(hpd("index", "info", index).stdout.includes("precision       float32"), "hpd index info describes");

  const servers = await Promise.all([serve(), serve()]);
  for (const { url } of servers) {
    expect((await searchAt(url, "apples"))[0]!.includes("Apples"), `a server finds: ${url}`);
  }
  await using writer = await PassageIndex.open(index);
  await writer.add([{ id: "1", text: "Pears are green.", metadata: { year: 2026 } }]);
  const seen = await Promise.all(servers.map(({ url }) => searchAt(url, "pears")));
  expect(
    seen.every(([best]) => best === "Pears are green."),
    "both see at once what another process has added",
  );
  await writer.upsert([{ id: "1", text: "Pears are yellow.", metadata: { year: 2026 } }]);
  const after = await Promise.all(servers.map(({ url }) => searchAt(url, "pears")));
  expect(
    after.every((texts) => texts.includes("Pears are yellow.") && !texts.includes("Pears are green.")),
    "and what it has changed, whole",
  );
  const times: number[] = [];
  for (let at = 0; at < 20; at++) {
    const started = performance.now();
    await searchAt(servers[0]!.url, "which fruit is red?");
    times.push(performance.now() - started);
  }
  console.log(
    `        a search takes ${times.toSorted((a, b) => a - b)[10]!.toFixed(0)} ms (median of 20, this machine)`,
  );

  await using other = await PassageIndex.open(index);
  await Promise.all([
    writer.add([{ id: "a", text: "A." }]),
    other.add([{ id: "b", text: "B." }]),
    other.add([{ id: "c", text: "C." }]),
  ]);
  expect((await writer.documents()).join() === "1,a,b,c", "writers take turns");

  const many = Array.from({ length: 3000 }, (_, at) => `{"text": "Line ${at} of many.", "at": ${at}}`).join("\n");
  writeFileSync(join(folder, "many.jsonl"), many);
  const killed = start("index", "build", "fruit.md", "many.jsonl", "--out", index);
  const before = await writer.count();
  while (killed.exitCode === null && (await writer.count()) === before)
    await new Promise((next) => setTimeout(next, 300));
  killed.kill("SIGKILL");
  await once(killed, "close");
  const kept = await writer.count();
  expect(kept > before && kept < 3000, `a killed build leaves what it committed, ${kept} passages`);
  const refused = hpd("index", "build", "fruit.md", "many.jsonl", "--out", index);
  expect(refused.status === 1 && refused.stderr.includes("a minute if it died"), "its lease holds others off");
  await new Promise((next) => setTimeout(next, 61_000));
  const rest = hpd("index", "build", "fruit.md", "many.jsonl", "--out", index, "--json");
  expect(
    rest.status === 0 && JSON.parse(rest.stdout).passages === 3005,
    `after a minute the next build goes on: ${rest.stderr.trim()}`,
  );
  expect((await searchAt(servers[1]!.url, "line 2777"))[0] === "Line 2777 of many.", "and a server finds it");
  for (const { child } of servers) child.kill("SIGTERM");
  await Promise.all(servers.map(({ child }) => once(child, "close")));

  process.env.AWS_SECRET_ACCESS_KEY = "wrong";
  const denied = hpd("search", index, "apples");
  expect(denied.status === 1 && !denied.stderr.includes("hpd-secret"), `wrong credentials: ${denied.stderr.trim()}`);
} finally {
  await s3.stop();
  rmSync(folder, { recursive: true, force: true });
}
