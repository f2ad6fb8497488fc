/**
 * Servers of embeddings beside each other: `npm run bench:serve`. Each scenario takes turns between the servers, and each
 * turn lasts some seconds. What isn't named is left out: see tools/bench/README.md.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { pythonProgram } from "./python-program.ts";
import { sampleSentences } from "./sentences.ts";
import { fastApiServer, hpdServer, infinityServer, RunningServer } from "./serve-servers.ts";
import { median } from "./statistics.ts";

const root = join(import.meta.dirname, "..");
const shared = process.env.HPD_DATA ?? join(root, "../shared/data");
const { values: options } = parseArgs({
  options: {
    model: {
      type: "string",
      default: join(process.env.HPD_TEST_MODELS ?? join(root, "../shared/models"), "all-MiniLM-L6-v2"),
    },
    sts: { type: "string", default: join(shared, "sts") },
    /** Python with sentence-transformers and FastAPI. */
    python: { type: "string" },
    /** The program `infinity_emb`. */
    infinity: { type: "string" },
    /** The model with its ONNX file, for infinity's other engine. */
    onnx: { type: "string" },
    /** Scenarios, by commas. */
    only: { type: "string" },
    /** Servers, by commas, whose names begin so. */
    servers: { type: "string" },
    /** Further flags of `hpd serve`. */
    flags: { type: "string", default: "" },
    /** A second `hpd serve` beside the first, with these flags. */
    "other-flags": { type: "string" },
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
  },
});

const sentences = sampleSentences(options.sts, 10_000);
const seconds = Number(options.seconds);
// As a user runs it; it is not there before the build.
const built: typeof import("../src/index.ts") = await import(new URL("../dist/index.js", import.meta.url).href);
const encoder = await built.SentenceTransformer.load(options.model);
/** Of nearly 256 tokens, which no server cuts. */
const longTexts = Array.from({ length: 500 }, (_, at) => longText(at));

function longText(at: number): string {
  const words: string[] = [];
  for (let next = 20 * at; words.length < 400; next++) words.push(...sentences[next % sentences.length]!.split(" "));
  let count = 240;
  while (encoder.countTokens(words.slice(0, count).join(" ")) > 254) count--;
  return words.slice(0, count).join(" ");
}

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

function figures(times: number[], elapsed: number): Figures {
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN;
  return { perSecond: (1000 * times.length) / elapsed, p50: at(0.5), p99: at(0.99) };
}

function required(status: number): void {
  if (status !== 200) throw new Error(`a request failed with ${status}`);
}

/** `clients` that each ask again as soon as they are answered. */
function clients(count: number, texts: readonly string[]) {
  return async (server: RunningServer): Promise<Figures> => {
    const times: number[] = [];
    const began = performance.now();
    const ends = began + 1000 * seconds;
    let next = 0;
    const client = async () => {
      while (performance.now() < ends) {
        const started = performance.now();
        required((await server.embed(texts[next++ % texts.length]!)).status);
        times.push(performance.now() - started);
      }
    };
    await Promise.all(Array.from({ length: count }, client));
    return figures(times, performance.now() - began);
  };
}

/** A short query every 50 ms, beside a client that sends 10,000 texts by thousands. */
async function besideBulk(server: RunningServer): Promise<Figures> {
  let isOver = false;
  const ends = performance.now() + 1000 * 3 * seconds;
  const began = performance.now();
  let sent = 0;
  const bulk = async () => {
    for (let from = 0; from < 10_000 && performance.now() < ends; from += 1000) {
      required((await server.embed(sentences.slice(from, from + 1000))).status);
      sent += 1000;
    }
    isOver = true;
  };
  const times: number[] = [];
  const sending = bulk();
  await sleep(200);
  for (let at = 0; !isOver; at++) {
    const started = performance.now();
    required((await server.embed(sentences[at]!)).status);
    times.push(performance.now() - started);
    await sleep(50);
  }
  await sending;
  return { ...figures(times, 1), perSecond: (1000 * sent) / (performance.now() - began) };
}

/** 2,000 texts in one request. */
async function bulkAlone(server: RunningServer): Promise<Figures> {
  const started = performance.now();
  required((await server.embed(sentences.slice(0, 2000))).status);
  const elapsed = performance.now() - started;
  return { perSecond: 2_000_000 / elapsed, p50: elapsed, p99: elapsed };
}

const scenarios: Record<string, (server: RunningServer) => Promise<Figures>> = {
  "short-1": clients(1, sentences),
  "short-16": clients(16, sentences),
  "short-64": clients(64, sentences),
  "long-1": clients(1, longTexts),
  "long-16": clients(16, longTexts),
  "long-64": clients(64, longTexts),
  "beside-bulk": besideBulk,
  bulk: bulkAlone,
};

function wanted(): string[] {
  const names = options.only?.split(",") ?? Object.keys(scenarios);
  const unknown = names.find((name) => !Object.hasOwn(scenarios, name));
  if (unknown !== undefined) throw new Error(`no scenario ${unknown}: there are ${Object.keys(scenarios).join(", ")}`);
  return names;
}

const { model, python, infinity, onnx, flags } = options;
const words = (text: string) => text.split(" ").filter((word) => word !== "");
const commands = [
  hpdServer("hpd", model, 18_090, words(flags)),
  ...(options["other-flags"] === undefined
    ? []
    : [hpdServer(`hpd ${options["other-flags"]}`, model, 18_094, words(options["other-flags"]))]),
  ...(infinity === undefined ? [] : [infinityServer(infinity, model, "torch", 18_091)]),
  ...(infinity === undefined || onnx === undefined ? [] : [infinityServer(infinity, onnx, "optimum", 18_092)]),
  ...(python === undefined ? [] : [fastApiServer(pythonProgram(python), model, 18_093)]),
].filter(({ name }) => options.servers?.split(",").some((start) => name.startsWith(start)) ?? true);

/** All servers give the same embeddings. */
async function compare(servers: readonly RunningServer[]): Promise<void> {
  const texts = [...sentences.slice(0, 8), longTexts[0]!];
  const [expected, ...others] = await Promise.all(servers.map((server) => server.embeddings(texts)));
  for (const [at, actual] of others.entries()) {
    const cosines = actual.map((row, index) => row.reduce((sum, x, i) => sum + x * expected![index]![i]!, 0));
    const worst = Math.min(...cosines);
    const from = servers[at + 1]!.name;
    console.error(`${from}: least cosine to ${servers[0]!.name} ${worst.toFixed(5)}`);
    if (worst < 0.98) throw new Error(`${from} gives other embeddings`);
  }
}

const servers: RunningServer[] = [];
const results: { scenario: string; server: string; rounds: Figures[] }[] = [];
try {
  await Promise.all(commands.map(async (command) => servers.push(await RunningServer.start(command))));
  servers.sort(
    (a, b) => commands.findIndex(({ name }) => name === a.name) - commands.findIndex(({ name }) => name === b.name),
  );
  await compare(servers);
  for (const scenario of wanted()) {
    const run = scenarios[scenario]!;
    const encoded: Figures[] = [];
    const rows = servers.map((server) => ({ scenario, server: server.name, rounds: [] as Figures[] }));
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const [at, server] of servers.entries()) {
        await run(server).then((each) => rows[at]!.rounds.push(each));
      }
      if (scenario !== "bulk") continue;
      const started = performance.now();
      await encoder.encode(sentences.slice(0, 2000), { normalizeEmbeddings: true });
      const elapsed = performance.now() - started;
      encoded.push({ perSecond: 2_000_000 / elapsed, p50: elapsed, p99: elapsed });
    }
    if (scenario === "bulk") rows.push({ scenario, server: "encode, without a server", rounds: encoded });
    results.push(...rows);
    console.log(`\n| ${scenario} | a second | p50 ms | p99 ms | a second, by rounds |\n|---|---|---|---|---|`);
    for (const { server, rounds } of rows) {
      const of = (field: keyof Figures) =>
        median(rounds.map((each) => each[field])).toFixed(field === "perSecond" ? 0 : 1);
      const all = rounds.map(({ perSecond }) => perSecond.toFixed(0)).join(" ");
      console.log(`| ${server} | ${of("perSecond")} | ${of("p50")} | ${of("p99")} | ${all} |`);
    }
  }
} finally {
  await Promise.all([encoder.dispose(), ...RunningServer.all.map((server) => server.stop())]);
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, undefined, 1)}\n`);
