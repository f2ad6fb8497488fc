/**
 * Training sets with a guide model's embeddings of their texts as a label. They are computed once, before training:
 * each text once in a window, and the vectors lie on the disk.
 */

import { defined } from "../../common/optional.ts";
import type { LoadOptions } from "../../encode/options.ts";
import { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import { fingerprintModel } from "../../hub/fingerprint.ts";
import { Random } from "../../random.ts";
import type { TrainingSet } from "./training-set.ts";
import { VectorFile } from "./vector-file.ts";

export interface Guide {
  readonly model: string;
  readonly revision: string | undefined;
}

export interface Guided extends AsyncDisposable, GuideSize {
  readonly sets: readonly TrainingSet[];
  /** A hash of the guide's files. */
  readonly fingerprint: string;
}

export interface GuideSize {
  /** Dimension of the guide's embeddings. */
  readonly width: number;
  /** The rate at which it embedded rows. */
  readonly rowsPerSecond: number;
}

/** Rows that are embedded at once, sorted by length. */
const windowRows = 2048;

/**
 * @param sets training sets of the same number of columns; each row gets the label `guide`, [columns width]
 * @param folder of the file with the vectors
 * @throws HpdError as loading and encoding do, `invalid_argument` for a full disk; the signal's reason
 */
export async function guidedSets(
  { model, revision }: Guide,
  sets: readonly TrainingSet[],
  {
    folder,
    signal,
    onDone,
    mostRows = Infinity,
    ...load
  }: LoadOptions & {
    readonly folder: string;
    /** Rows of a set to embed, to see how long all would take: the others get the embeddings of these. Default: all. */
    readonly mostRows?: number;
    readonly signal: AbortSignal;
    /** Called with the number of rows. */
    onDone(done: number, total: number): void;
  },
): Promise<Guided> {
  const source = defined({ ...load, revision });
  const fingerprint = await fingerprintModel(model, { ...source, signal }, {});
  const guide = await SentenceTransformer.load(model, source);
  let file: VectorFile | undefined;
  try {
    const width = guide.dimension;
    const counts = sets.map(({ count }) => Math.min(count, mostRows));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const columns = (await sets[0]!.read([0], new Random(0))).columns.length;
    file = await VectorFile.create(folder, columns * width);
    let done = 0;
    const began = performance.now();
    for (const [at, set] of sets.entries()) {
      for (let start = 0; start < counts[at]!; start += windowRows) {
        const rows = Math.min(windowRows, counts[at]! - start);
        const read = await set.read(
          Array.from({ length: rows }, (_, row) => start + row),
          new Random(0),
        );
        await file.append(await embedded(guide, read.columns, signal));
        done += rows;
        onDone(done, total);
      }
    }
    await file.flush();
    const rowsPerSecond = (1000 * total) / (performance.now() - began);
    const vectors = file;
    let first = 0;
    const guided = sets.map((set, at): TrainingSet => {
      const before = first;
      const count = counts[at]!;
      first += count;
      return {
        ...set,
        async read(indices, random) {
          const rows = await set.read(indices, random);
          const data = await vectors.read(indices.map((index) => before + (index % count)));
          const guide = { dtype: "float32", shape: [indices.length, columns * width], data } as const;
          return { ...rows, labels: { ...rows.labels, guide } };
        },
      };
    });
    return { sets: guided, fingerprint, width, rowsPerSecond, [Symbol.asyncDispose]: () => vectors.close() };
  } catch (error) {
    await file?.close();
    throw error;
  } finally {
    await guide.dispose();
  }
}

/** @returns the embeddings, a row's columns side by side: [rows, columns dimension] */
async function embedded(
  guide: SentenceTransformer,
  columns: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<Float32Array> {
  const texts = [...new Set(columns.flat())];
  const indices = new Map(texts.map((text, index) => [text, index]));
  // Without the guide's default prompt, as in Python.
  const { data } = await guide.encode(texts, { prompt: "", signal });
  const { dimension } = guide;
  const rows = columns[0]!.length;
  const all = new Float32Array(rows * columns.length * dimension);
  for (const [column, texts] of columns.entries()) {
    for (const [row, text] of texts.entries()) {
      const from = indices.get(text)! * dimension;
      const vector = (data as Float32Array).subarray(from, from + dimension);
      all.set(vector, (row * columns.length + column) * dimension);
    }
  }
  if (all.every(Number.isFinite)) return all;
  throw new HpdError("invalid_model", "the guide's embeddings should be finite numbers: use another guide");
}
