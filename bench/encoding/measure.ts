/** Takes one step of the plan after the other. Each engine is a process of its own, started when it is first needed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spearman } from "../../src/evaluation/metrics/correlation.ts";
import { EngineProcess } from "../engine-process.ts";
import type { EncoderSettings } from "../engines/serve-encoder.ts";
import { compareEmbeddings } from "../work.ts";
import type { Engine } from "./engines.ts";
import type { Step } from "./plan.ts";
import type { BulkTask, FirstPass, Sample } from "./results.ts";
import type { Texts } from "./texts.ts";

/** Before each turn, so that memory that others had used meanwhile is its own again. */
const warmUpTexts = 64;
const warmUpQueries = 20;
/** Long texts that are encoded one after the other, and those before the first. */
const passages = 50;
const warmUpPassages = 5;
/** Between the queries beside a bulk, and before the first. */
const pauseMs = 50;
const waitMs = 300;
const callers = 64;

export interface MeasureOptions {
  /** For the files of texts and embeddings. */
  readonly temporary: string;
  readonly texts: Texts;
  readonly engines: readonly Engine[];
  /** Of all engines. */
  readonly settings: Omit<EncoderSettings, "dtype" | "first" | "text">;
  /** The engine that others are compared with, which is run for that even if it isn't measured. */
  readonly reference: Engine;
  /** How long a bulk beside queries takes alone, and how many texts 64 callers have. */
  readonly besideSeconds: number;
  readonly callerTexts: number;
  /** Whether STS-B is scored. */
  readonly hasScore: boolean;
}

export class Measure {
  readonly #options: MeasureOptions;
  readonly #running = new Map<string, EngineProcess>();
  readonly #versions = new Map<string, Readonly<Record<string, string>>>();
  /** Texts a second of the last turn with short texts. */
  readonly #rates = new Map<string, number>();
  #reference: { short: Float32Array; long: Float32Array } | undefined;

  constructor(options: MeasureOptions) {
    this.#options = options;
    const { texts } = options;
    for (const name of ["short", "mixed", "long", "queries", "sentences"] as const) {
      writeFileSync(this.#path(name), JSON.stringify(texts[name]));
    }
    writeFileSync(this.#path("warm-up-queries"), JSON.stringify(texts.queries.slice(0, warmUpQueries)));
    writeFileSync(this.#path("passages"), JSON.stringify(texts.long.slice(0, passages)));
    writeFileSync(this.#path("warm-up-passages"), JSON.stringify(texts.long.slice(-warmUpPassages)));
  }

  /** Of the libraries of an engine that has run. */
  versionsOf(engine: string): Readonly<Record<string, string>> {
    return this.#versions.get(engine) ?? {};
  }

  async firstPass(engine: Engine): Promise<FirstPass> {
    const { texts, reference } = this.#options;
    this.#reference ??= await this.#embeddingsOf(await this.#process(reference));
    const process = await this.#process(engine);
    const { short, long, shortMiB, allMiB, eventLoop } = await this.#embeddingsOf(process);
    const stsb = this.#options.hasScore ? stsbScore(texts, await this.#embeddings(process, "sentences")) : undefined;
    return {
      engine: engine.name,
      shortMiB,
      allMiB,
      short: compareEmbeddings(short, this.#reference.short, texts.short.length),
      long: compareEmbeddings(long, this.#reference.long, texts.long.length),
      stsb,
      eventLoop,
    };
  }

  async sample({ engine: name, task, round }: Step): Promise<Sample> {
    const { texts, besideSeconds, callerTexts } = this.#options;
    const engine = this.#options.engines.find((candidate) => candidate.name === name)!;
    const sample = { engine: name, task: task as Sample["task"], round };
    if (task === "start") return { ...sample, milliseconds: [await this.#start(engine)] };
    const process = await this.#process(engine);
    const path = this.#path("short");
    const queries = this.#path("queries");
    const encode = async (file: string, count?: number) =>
      (await process.ask("encode", { path: file, count })).seconds!;
    if (task === "query" || task === "passage") {
      const name = task === "query" ? "queries" : "passages";
      await process.ask("queries", { path: this.#path(`warm-up-${name}`) });
      const { milliseconds } = await process.ask("queries", { path: this.#path(name) });
      return { ...sample, milliseconds: rounded(milliseconds!) };
    }
    if (task === "callers") {
      await process.ask("callers", { path, count: 2 * callers, callers });
      const { seconds } = await process.ask("callers", { path, count: callerTexts, callers });
      return { ...sample, texts: callerTexts, seconds: seconds! };
    }
    if (task === "beside") {
      await process.ask("queries", { path: this.#path("warm-up-queries") });
      const rate = this.#rates.get(name) ?? texts.short.length / (await encode(path));
      const count = Math.ceil(rate * besideSeconds);
      await encode(path, warmUpTexts);
      const aloneSeconds = await encode(path, count);
      const { seconds, milliseconds } = await process.ask("beside", {
        path,
        count,
        queries,
        wait: waitMs,
        pause: pauseMs,
      });
      return { ...sample, texts: count, seconds: seconds!, aloneSeconds, milliseconds: rounded(milliseconds!) };
    }
    const file = this.#path(task);
    await encode(file, task === "short" ? warmUpTexts : warmUpTexts / 8);
    const seconds = await encode(file);
    const count = texts[task as BulkTask].length;
    if (task === "short") this.#rates.set(name, count / seconds);
    return { ...sample, texts: count, seconds };
  }

  /** At once, whatever they are doing. */
  kill(): void {
    for (const process of this.#running.values()) process.kill();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((process) => process.stop()));
  }

  #path(name: string): string {
    return join(this.#options.temporary, `${name}.json`);
  }

  /** Milliseconds from the import of the library to the first vector, of a process of its own. */
  async #start(engine: Engine): Promise<number> {
    const process = this.#spawn(engine, "one");
    this.#running.set("start", process);
    const { firstVectorMs } = await process.answer();
    await process.stop();
    this.#running.delete("start");
    return Math.round(10 * firstVectorMs!) / 10;
  }

  async #process(engine: Engine): Promise<EngineProcess> {
    const running = this.#running.get(engine.name);
    if (running !== undefined) return running;
    const process = this.#spawn(engine, "many");
    this.#running.set(engine.name, process);
    this.#versions.set(engine.name, (await process.answer()).versions ?? {});
    return process;
  }

  #spawn({ name, command, own }: Engine, first: EncoderSettings["first"]): EngineProcess {
    const settings = { ...this.#options.settings, ...own, first, text: this.#options.texts.queries[0]! };
    return new EngineProcess(name, [...command, JSON.stringify(settings)]);
  }

  async #embeddingsOf(process: EngineProcess) {
    const short = await this.#embeddings(process, "short");
    await this.#embeddings(process, "mixed");
    const long = await this.#embeddings(process, "long");
    const whole = (mebibytes: number | undefined) => mebibytes && Math.round(mebibytes);
    return {
      short: short.data,
      long: long.data,
      shortMiB: whole(short.peakMiB),
      allMiB: whole(long.peakMiB),
      eventLoop: short.eventLoop,
    };
  }

  async #embeddings(process: EngineProcess, texts: BulkTask | "sentences") {
    const out = join(this.#options.temporary, "embeddings");
    const answer = await process.ask("encode", { path: this.#path(texts), out });
    return { ...answer, data: new Float32Array(new Uint8Array(readFileSync(out)).buffer) };
  }
}

const rounded = (milliseconds: readonly number[]) => milliseconds.map((value) => Math.round(value * 100) / 100);

/** Spearman x 100 of the cosines of the pairs. */
function stsbScore({ sentences, pairs }: Texts, { data }: { data: Float32Array }): number {
  const rows = new Map(sentences.map((text, row) => [text, row]));
  const dimension = data.length / sentences.length;
  const vector = (text: string) => data.subarray(rows.get(text)! * dimension, (rows.get(text)! + 1) * dimension);
  const score = spearman(
    pairs.map(({ texts: [a, b] }) => compareEmbeddings(vector(a), vector(b), 1).meanCosine),
    pairs.map((pair) => pair.score),
  );
  return Math.round(score * 10_000) / 100;
}
