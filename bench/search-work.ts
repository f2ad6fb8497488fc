/** What the search benchmark searches: a corpus and queries of vectors of length 1. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { Random } from "../src/random.ts";

export interface SearchWork {
  readonly dimension: number;
  readonly corpusCount: number;
}

/** Vectors one at a time; the array may be used again for the next. */
interface VectorSource {
  readonly count: number;
  readonly dimension: number;
  vectors(): Iterable<Float32Array>;
}

/**
 * Writes both files, float32 one after the other; queries are spread evenly over the source, and not in the corpus.
 *
 * @param embeddingsFile `.npy` of float32 `[vectors, dimension]`; without it, random points
 */
export function writeWork(
  { count, queries, embeddingsFile }: { count: number; queries: number; embeddingsFile?: string },
  corpusPath: string,
  queriesPath: string,
): SearchWork {
  const source =
    embeddingsFile === undefined ? pointsAroundCenters(count + queries) : readNpy(embeddingsFile, count + queries);
  if (source.count <= queries) throw new Error(`expected more than ${queries} vectors, got ${source.count}`);
  const [corpus, apart] = [new VectorWriter(corpusPath), new VectorWriter(queriesPath)];
  let written = 0;
  let index = 0;
  for (const vector of source.vectors()) {
    const isQuery = written < Math.floor(((index + 1) * queries) / source.count);
    if (isQuery) written++;
    index++;
    (isQuery ? apart : corpus).write(normalized(vector));
  }
  corpus.close();
  apart.close();
  return { dimension: source.dimension, corpusCount: source.count - queries };
}

/** A thousand points or so around each center, as far from it as it is from the origin. */
function pointsAroundCenters(count: number): VectorSource {
  const dimension = 128;
  const random = new Random(1);
  const draw = () => random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5;
  const centers = Math.ceil(count / 1000);
  const middles = Float32Array.from({ length: centers * dimension }, draw);
  function* vectors() {
    const vector = new Float32Array(dimension);
    for (let point = 0; point < count; point++) {
      const center = random.nextInteger(centers) * dimension;
      for (let i = 0; i < dimension; i++) vector[i] = middles[center + i]! + draw();
      yield vector;
    }
  }
  return { count, dimension, vectors };
}

function readNpy(path: string, most: number): VectorSource {
  const file = openSync(path, "r");
  const head = Buffer.alloc(10);
  readSync(file, head, 0, 10, 0);
  const start = 10 + head.readUInt16LE(8);
  const header = Buffer.alloc(start - 10);
  readSync(file, header, 0, header.length, 10);
  const shape = /'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(header.toString("latin1"));
  if (shape === null) throw new Error(`${path}: expected .npy of float32 in two dimensions, got ${header}`);
  const [count, dimension] = [Math.min(Number(shape[1]), most), Number(shape[2])];
  function* vectors() {
    const vector = new Float32Array(dimension);
    for (let row = 0; row < count; row++) {
      readSync(file, vector, 0, vector.byteLength, start + row * vector.byteLength);
      yield vector;
    }
    closeSync(file);
  }
  return { count, dimension, vectors };
}

function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / Math.max(length, 1e-12));
}

class VectorWriter {
  readonly #file: number;
  #waiting: Float32Array[] = [];

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  write(vector: Float32Array): void {
    this.#waiting.push(vector);
    if (this.#waiting.length === 4096) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, Buffer.concat(this.#waiting.map(({ buffer }) => new Uint8Array(buffer))));
    this.#waiting = [];
  }
}

/** How many of the nearest are among what was found, on average over the queries that both have. */
export function recall(found: readonly number[][], nearest: readonly number[][]): number {
  const shared = found.map(
    (ids, query) => ids.filter((id) => nearest[query]!.includes(id)).length / nearest[query]!.length,
  );
  return shared.reduce((sum, share) => sum + share, 0) / shared.length;
}
