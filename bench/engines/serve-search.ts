/**
 * What engines of the search benchmark share: they read vectors of length 1 from a file, a piece at a time, so that their
 * peak memory is what they keep, and answer for them by the protocol of serve.ts.
 * Arguments: file of the corpus, how many vectors it has, file of the queries, how many it has, dimension, and the mode.
 */
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { peakMiB, serveCommands } from "./serve.ts";

export const topK = 10;
const rowsInPiece = 16_384;
/** After it no more queries are asked: the slow ones answer as many as they can. */
const secondsForMany = 20;

export class VectorFile {
  readonly count: number;
  readonly dimension: number;
  readonly #file: number;

  constructor(path: string, count: number, dimension: number) {
    this.count = count;
    this.dimension = dimension;
    this.#file = openSync(path, "r");
  }

  read(start: number, end: number): Float32Array {
    const vectors = new Float32Array((end - start) * this.dimension);
    const at = start * this.dimension * 4;
    const bytes = readSync(this.#file, new Uint8Array(vectors.buffer), 0, vectors.byteLength, at);
    if (bytes !== vectors.byteLength) throw new Error(`expected ${vectors.byteLength} bytes at ${at}, got ${bytes}`);
    return vectors;
  }

  *pieces(): Iterable<{ start: number; end: number; vectors: Float32Array }> {
    for (let start = 0; start < this.count; start += rowsInPiece) {
      const end = Math.min(start + rowsInPiece, this.count);
      yield { start, end, vectors: this.read(start, end) };
    }
  }

  whole(): Float32Array {
    const all = new Float32Array(this.count * this.dimension);
    for (const { start, vectors } of this.pieces()) all.set(vectors, start * this.dimension);
    return all;
  }

  close(): void {
    closeSync(this.#file);
  }
}

const [corpusFile, corpusCount, queriesFile, queriesCount, dimension, mode_] = process.argv.slice(2) as string[];
export const mode = mode_!;
export const corpus = new VectorFile(corpusFile!, Number(corpusCount), Number(dimension));
const queryFile = new VectorFile(queriesFile!, Number(queriesCount), Number(dimension));
const queries = queryFile.whole();
queryFile.close();

export interface SearchEngine {
  /** Of the index without the originals, wherever it is. */
  readonly bytesAVector: number;
  /** Positions of the nearest of each query. */
  search(queries: Float32Array, count: number): Promise<ArrayLike<number>[]>;
  /** How many queries are worth asking at once. */
  readonly queriesAtOnce: number;
}

/** Serves `one` (the median of twenty queries, each alone) and `many` (its hits written to `path`). */
export async function serveSearch(build: () => Promise<SearchEngine>): Promise<void> {
  const start = performance.now();
  const engine = await build();
  const buildSeconds = (performance.now() - start) / 1000;
  // A copy: usearch pays no attention to where in its buffer a view begins.
  const query = (index: number, count = 1) =>
    engine.search(queries.slice(index * corpus.dimension, (index + count) * corpus.dimension), count);
  await serveCommands(
    { buildSeconds, bytesAVector: engine.bytesAVector },
    {
      async one() {
        await query(0);
        const times: number[] = [];
        for (let index = 0; index < Math.min(20, queryFile.count); index++) {
          const begin = performance.now();
          await query(index);
          times.push((performance.now() - begin) / 1000);
        }
        return { seconds: times.sort((a, b) => a - b)[times.length >> 1]!, peakMiB: peakMiB() };
      },
      async many({ path }) {
        const hits: ArrayLike<number>[] = [];
        const begin = performance.now();
        const seconds = () => (performance.now() - begin) / 1000;
        while (hits.length < queryFile.count && seconds() < secondsForMany) {
          const count = Math.min(engine.queriesAtOnce, queryFile.count - hits.length);
          hits.push(...(await query(hits.length, count)));
        }
        const taken = seconds();
        writeFileSync(path, JSON.stringify(hits.map((found) => Array.from(found))));
        return { seconds: taken, queries: hits.length, peakMiB: peakMiB() };
      },
    },
  );
}
