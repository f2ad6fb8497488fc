/**
 * What all engines of `npm run bench` answer, in TypeScript; `tools/bench/protocol.py` is the same in Python. An engine is
 * started with its settings as JSON, makes one vector, says how long that took since its library was imported, and then
 * answers by the protocol of `serve.ts`:
 *
 * - `encode { path, count?, out? }`: the texts of a JSON file, from the beginning again until there are `count`, in one
 *   call; the embeddings are written to `out`. Answers `seconds`, `peakMiB` (`VmHWM`) and, here, `eventLoop`.
 * - `queries { path }`: each text alone, one after the other. Answers `milliseconds`, one number a text.
 * - `beside { path, count, queries, wait, pause }`: as `encode`, and `wait` milliseconds later, until that is done, one query
 *   after the other with a pause between them. Answers `seconds` of the bulk and `milliseconds` of the queries.
 * - `callers { path, count, callers }`: the texts by so many callers at once, one text a call. Answers `seconds`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { peakMiB, serveCommands } from "./serve.ts";

export interface EncoderSettings {
  readonly model: string;
  /** The folder that `tools/bench/export.py` wrote. */
  readonly exported: string;
  readonly dtype: string;
  /** The first text. */
  readonly text: string;
  /** Whether the first vector is that of one query, or the first of many: the two may be made differently. */
  readonly first: "one" | "many";
  readonly maxTokens: number;
  readonly dimension: number;
}

export interface Encoder {
  readonly versions: Readonly<Record<string, string>>;
  /** Embeddings in the order of the texts, row-major. */
  encode(texts: readonly string[]): Promise<Float32Array>;
  encodeOne(text: string): Promise<Float32Array>;
}

interface Request {
  readonly path: string;
  readonly count?: number;
  readonly out?: string;
  readonly queries: string;
  readonly wait: number;
  readonly pause: number;
  readonly callers: number;
}

function read(path: string, count?: number): string[] {
  const texts: string[] = JSON.parse(readFileSync(path, "utf8"));
  return count === undefined ? texts : Array.from({ length: count }, (_, index) => texts[index % texts.length]!);
}

async function timed<T>(work: () => Promise<T>): Promise<[result: T, milliseconds: number]> {
  const begin = performance.now();
  const result = await work();
  return [result, performance.now() - begin];
}

export async function serveEncoder(firstVectorMs: number, { versions, encode, encodeOne }: Encoder): Promise<void> {
  await serveCommands<Request>(
    { firstVectorMs, versions },
    {
      async encode({ path, count, out }) {
        const texts = read(path, count);
        // A timer that fires each millisecond has its price: only where the time is not what is asked for.
        const delay = out === undefined ? undefined : monitorEventLoopDelay({ resolution: 1 });
        delay?.enable();
        const [embeddings, milliseconds] = await timed(() => encode(texts));
        delay?.disable();
        if (out !== undefined) writeFileSync(out, embeddings);
        return {
          seconds: milliseconds / 1000,
          peakMiB: peakMiB(),
          ...(delay && { eventLoop: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 } }),
        };
      },
      async queries({ path }) {
        const milliseconds: number[] = [];
        for (const text of read(path)) milliseconds.push((await timed(() => encodeOne(text)))[1]);
        return { milliseconds };
      },
      async beside({ path, count, queries: queriesPath, wait, pause }) {
        const [texts, queries] = [read(path, count), read(queriesPath)];
        let isOver = false;
        const bulk = timed(() => encode(texts)).finally(() => {
          isOver = true;
        });
        await sleep(wait);
        const milliseconds: number[] = [];
        while (!isOver) {
          milliseconds.push((await timed(() => encodeOne(queries[milliseconds.length % queries.length]!)))[1]);
          await sleep(pause);
        }
        return { seconds: (await bulk)[1] / 1000, milliseconds };
      },
      async callers({ path, count, callers }) {
        const texts = read(path, count);
        const call = async (_: unknown, caller: number) => {
          for (let at = caller; at < texts.length; at += callers) await encodeOne(texts[at]!);
        };
        const [, milliseconds] = await timed(() => Promise.all(Array.from({ length: callers }, call)));
        return { seconds: milliseconds / 1000 };
      },
    },
  );
}
