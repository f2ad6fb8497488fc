/**
 * An index end to end: reading, chunking, embedding and keeping sentences, against encoding them alone, alternately in
 * one run; then queries, and what the index takes. `npm run bench:index -- --model FOLDER --sentences FILE`
 */
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  buildIndex,
  PassageIndex,
  type SearchMode,
  type StoredPrecision,
  searchModes,
  storedPrecisions,
} from "../src/index/index.ts";
import { SentenceTransformer } from "../src/index.ts";
import { semanticSearch } from "../src/search/index.ts";
import { openTexts } from "../src/texts/open-texts.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    sentences: { type: "string" },
    limit: { type: "string", default: "20000" },
    precision: { type: "string", multiple: true, default: ["float32"] },
    rounds: { type: "string", default: "1" },
    queries: { type: "string", default: "200" },
  },
});
if (values.model === undefined || values.sentences === undefined) throw new Error("--model FOLDER --sentences FILE");
const { model: modelName } = values;
const precisions = values.precision.map((name) => {
  const known = storedPrecisions.find((precision) => precision === name);
  if (known === undefined) throw new Error(`--precision should be one of ${storedPrecisions.join(", ")}`);
  return known;
});
const scratch = await mkdtemp(join(tmpdir(), "hpd-bench-index-"));
process.on("exit", () => console.error(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`));

try {
  const sentences = await firstSentences(values.sentences, Number(values.limit));
  const file = join(scratch, "sentences.txt");
  await writeFile(file, sentences.join("\n"));
  for (const precision of precisions) await measure(sentences, file, precision);
} finally {
  await rm(scratch, { recursive: true });
}

async function measure(sentences: readonly string[], file: string, precision: StoredPrecision): Promise<void> {
  const encodeRates: number[] = [];
  const buildRates: number[] = [];
  const out = join(scratch, `${precision}.index`);
  for (let round = 0; round < Number(values.rounds); round++) {
    encodeRates.push(await encodeAlone(sentences));
    await rm(out, { recursive: true, force: true });
    const start = performance.now();
    await buildIndex([file], { out, model: modelName, lines: true, precision });
    buildRates.push((sentences.length / (performance.now() - start)) * 1000);
  }
  const [encode, build] = [median(encodeRates), median(buildRates)];
  console.log(
    `${precision}: ${sentences.length} sentences; encode alone ${encode.toFixed(0)}/s, index ${build.toFixed(0)}/s, ` +
      `time ${(encode / build).toFixed(3)} times; ${((await sizeOf(out)) / 1e6).toFixed(1)} MB`,
  );
  await queries(sentences, out, precision);
}

async function encodeAlone(sentences: readonly string[]): Promise<number> {
  const start = performance.now();
  await using model = await SentenceTransformer.load(modelName);
  for await (const _ of model.encodeStream(sentences, { normalizeEmbeddings: true }));
  return (sentences.length / (performance.now() - start)) * 1000;
}

/** Sentences of the index itself, shortened: as a person asks. */
async function queries(sentences: readonly string[], out: string, precision: StoredPrecision): Promise<void> {
  const step = Math.max(1, Math.floor(sentences.length / Number(values.queries)));
  const asked = sentences.filter((_, index) => index % step === 0).map((text) => text.split(" ").slice(0, 8).join(" "));
  await using index = await PassageIndex.open(out);
  for (const mode of searchModes) console.log(`  ${mode.padEnd(8)}${await latency(index, asked, mode)}`);
  const found = await Promise.all(asked.map((query) => index.search(query, { mode: "vector" })));
  await using model = await SentenceTransformer.load(modelName);
  const corpus = await model.encode(sentences);
  const exact = await semanticSearch(await model.encode(asked), corpus, { topK: 10 });
  const recalls = exact.map((hits, at) => {
    const texts = new Set(hits.map(({ corpusId }) => sentences[corpusId]!.trim()));
    return found[at]!.filter(({ text }) => texts.has(text)).length / texts.size;
  });
  console.log(
    `  recall at 10 of ${precision} against exact float32: ${(recalls.reduce((a, b) => a + b) / recalls.length).toFixed(4)}`,
  );
}

async function latency(index: PassageIndex, asked: readonly string[], mode: SearchMode): Promise<string> {
  for (const query of asked.slice(0, 5)) await index.search(query, { mode });
  const times: number[] = [];
  for (const query of asked) {
    const start = performance.now();
    await index.search(query, { mode });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (quantile: number) => times[Math.min(times.length - 1, Math.floor(quantile * times.length))]!.toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

async function firstSentences(path: string, limit: number): Promise<string[]> {
  const { texts } = await openTexts(path, "text", "", new AbortController().signal);
  const sentences: string[] = [];
  for await (const text of texts) {
    if (text.trim() !== "") sentences.push(text);
    if (sentences.length === limit) break;
  }
  return sentences;
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) size += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return size;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
