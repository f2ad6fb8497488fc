/**
 * An index end to end: reading, chunking, embedding and keeping sentences, against encoding them alone, in turn in one
 * run; then queries, and what the index takes. `npm run bench:index -- --model FOLDER --sentences FILE`
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { Embeddings, SentenceTransformer } from "../src/index.ts";
import { indexPrecisions, searchModes } from "../src/passage-index/index.ts";
import { semanticSearch } from "../src/search/index.ts";
import { openTexts } from "../src/texts/open-texts.ts";
import type { BuildAnswer, SearchAnswer } from "./engines/index-hpd.ts";
import { median, quantile } from "./statistics.ts";

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
  const known = indexPrecisions.find((precision) => precision === name);
  if (known === undefined) throw new Error(`--precision should be one of ${indexPrecisions.join(", ")}`);
  return known;
});
const topK = 10;
const scratch = await mkdtemp(join(tmpdir(), "hpd-bench-index-"));

try {
  const sentences = await firstSentences(values.sentences, Number(values.limit));
  const file = join(scratch, "sentences.txt");
  await writeFile(file, sentences.join("\n"));

  let corpus: Embeddings | undefined;
  const encodeRates: number[] = [];
  const builds = new Map(precisions.map((precision) => [precision, [] as BuildAnswer[]]));
  for (let round = 0; round < Number(values.rounds); round++) {
    const start = performance.now();
    corpus = await encodeAlone(sentences);
    encodeRates.push((sentences.length / (performance.now() - start)) * 1000);
    console.log(`encode alone: ${encodeRates.at(-1)!.toFixed(0)} sentences/s`);
    for (const [precision, answers] of builds) {
      const out = indexOf(precision);
      await rm(out, { recursive: true, force: true });
      answers.push(await inOwnProcess<BuildAnswer>("build", modelName, precision, out, file));
      console.log(`${precision}: index ${(sentences.length / answers.at(-1)!.seconds).toFixed(0)} sentences/s`);
    }
  }

  const queries = shortened(sentences, Number(values.queries));
  const queriesFile = join(scratch, "queries.json");
  await writeFile(queriesFile, JSON.stringify(queries));
  const exact = await exactly(queries, corpus!, sentences);
  const encode = median(encodeRates);
  for (const [precision, answers] of builds) {
    const seconds = median(answers.map((answer) => answer.seconds));
    const peak = Math.max(...answers.map((answer) => answer.peakMiB));
    const { times, found, peakMiB } = await inOwnProcess<SearchAnswer>("search", indexOf(precision), queriesFile);
    console.log(
      `${precision}: ${sentences.length} sentences in ${seconds.toFixed(1)} s, ` +
        `${((seconds * encode) / sentences.length).toFixed(3)} times the time to encode alone (${encode.toFixed(0)}/s); ` +
        `${((await sizeOf(indexOf(precision))) / 1e6).toFixed(1)} MB; peak memory ${peak.toFixed(0)} MiB`,
    );
    for (const mode of searchModes) {
      const [p50, p99] = [0.5, 0.99].map((share) => quantile(times[mode], share).toFixed(1));
      console.log(`  ${mode.padEnd(8)}p50 ${p50} ms, p99 ${p99} ms`);
    }
    const recalls = exact.map((nearest, at) => found[at]!.filter((text) => nearest.has(text)).length / nearest.size);
    const recall = recalls.reduce((a, b) => a + b) / recalls.length;
    console.log(`  recall@${topK} against exact float32 ${recall.toFixed(4)}; peak memory ${peakMiB.toFixed(0)} MiB`);
  }
} finally {
  await rm(scratch, { recursive: true });
}

function indexOf(precision: string): string {
  return join(scratch, `${precision}.index`);
}

async function inOwnProcess<Answer>(...args: string[]): Promise<Answer> {
  const engine = join(import.meta.dirname, "engines/index-hpd.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions", "hpd-source", engine, ...args], {
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  return JSON.parse(stdout);
}

async function encodeAlone(sentences: readonly string[]): Promise<Embeddings> {
  await using model = await SentenceTransformer.load(modelName);
  const dimension = model.dimension;
  const data = new Float32Array(sentences.length * dimension);
  let row = 0;
  for await (const embedding of model.encodeStream(sentences, { normalizeEmbeddings: true })) {
    data.set(embedding, row++ * dimension);
  }
  return new Embeddings(data, sentences.length, dimension);
}

/** Sentences of the index itself, shortened: as a person asks. */
function shortened(sentences: readonly string[], count: number): string[] {
  const step = Math.max(1, Math.floor(sentences.length / count));
  return sentences.filter((_, at) => at % step === 0).map((text) => text.split(" ").slice(0, 8).join(" "));
}

async function exactly(queries: readonly string[], corpus: Embeddings, sentences: readonly string[]) {
  await using model = await SentenceTransformer.load(modelName);
  const hits = await semanticSearch(await model.encode(queries), corpus, { topK });
  return hits.map((nearest) => new Set(nearest.map(({ corpusId }) => sentences[corpusId]!.trim())));
}

async function firstSentences(path: string, limit: number): Promise<string[]> {
  const { texts } = await openTexts(path, { format: "text", field: "", signal: new AbortController().signal });
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
