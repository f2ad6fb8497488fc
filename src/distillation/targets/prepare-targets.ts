/**
 * The targets of a student: for each sentence the teachers' embedding, projected. Source: arXiv 2203.07687, section 3.
 * Sentences and targets lie on the disk, so that memory doesn't bound their number.
 */
import { createHash } from "node:crypto";
import { HpdError } from "../../errors.ts";
import type { TrainingSet } from "../../training/data/training-set.ts";
import { VectorFile } from "../../training/data/vector-file.ts";
import { type Corpus, corpusRows, openCorpus } from "../corpus/corpus.ts";
import type { CorpusCounts, CorpusOptions } from "../corpus/corpus-options.ts";
import { type Projection, requireDimensions } from "../projection/projection.ts";
import { windowSize } from "../teacher/pieces.ts";
import type { TeacherCachePrecision, TeacherOptions } from "../teacher/teacher-options.ts";
import { Teachers } from "../teacher/teachers.ts";
import { joinTeacherShards } from "../teacher-shards/join.ts";
import { alignToStudent, type Embed, fitToSentences, rowsForFit, writeTargets } from "./make-targets.ts";

/** A stage of preparation: sentences are read and augmented, the projection is fitted and aligned, targets are made. */
export type PreparationStage = "read" | "augment" | "fit" | "align" | "targets";

export interface PrepareTargetsOptions extends CorpusOptions {
  readonly teachers: readonly TeacherOptions[];
  /** Dimension of the targets. */
  readonly dimension: number;
  /** Number of teacher embeddings that the projection is fitted to. Default 40,000. */
  readonly fitSentences?: number | undefined;
  /** The student's embeddings [texts, dimension], to whose space targets are turned. Default: they are principal components. */
  readonly embedStudent?: ((texts: readonly string[]) => Promise<Float32Array>) | undefined;
  /** Keeps teacher embeddings, for all runs. */
  readonly teacherCache: string;
  /** Folder of embeddings that shards made, which are brought into the cache first. */
  readonly teacherEmbeddings?: string | undefined;
  /** Default `float16`. */
  readonly teacherCachePrecision?: TeacherCachePrecision | undefined;
  /** Holds the sentences and targets of this run while it lasts: 4 bytes a dimension and sentence, and the text. */
  readonly workFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** @param total undefined while it isn't known */
  readonly onProgress?: ((stage: PreparationStage, done: number, total: number | undefined) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface Targets extends AsyncDisposable {
  readonly dimension: number;
  readonly train: TrainingSet;
  readonly validation: TrainingSet;
  readonly projection: Projection;
  readonly counts: CorpusCounts;
  /** A hash of the sentences in order, the teachers and the projection: runs with the same one learn the same. */
  readonly fingerprint: string;
  /** Deletes the files of this run. */
  dispose(): Promise<void>;
}

/**
 * @throws HpdError `invalid_argument`, `not_found`, `corrupt_file` for unusable options, files or models, before
 *   any embedding is made; `runtime`; the signal's reason. Embeddings that were made by then stay in the cache.
 */
export async function prepareTargets(options: PrepareTargetsOptions): Promise<Targets> {
  const { dimension, teacherCache, teacherCachePrecision = "float16", workFolder } = options;
  const { signal = new AbortController().signal, onProgress = () => {}, onWarning = () => {} } = options;
  signal.throwIfAborted();
  const opening = { folder: teacherCache, precision: teacherCachePrecision, signal, onWarning };
  const joined =
    options.teacherEmbeddings === undefined
      ? undefined
      : await joinTeacherShards(options.teacherEmbeddings, options.teachers, opening);
  const teachers = await Teachers.open(options.teachers, opening);
  let corpus: Corpus | undefined;
  let file: VectorFile | undefined;
  try {
    requireFit(options, teachers.dimension);
    corpus = await openCorpus(options, workFolder, signal, onProgress);
    if (joined !== undefined && joined.sentences !== corpus.fingerprint) {
      onWarning(
        `${options.teacherEmbeddings} was made for other sentences than these: what it lacks of them is embedded here`,
      );
    }
    const { train } = corpus;
    const fitCount = Math.min(train.length, options.fitSentences ?? 40_000);
    requireDimensions(dimension, teachers.dimension, fitCount);
    const rows = corpusRows(corpus);
    file = await VectorFile.create(workFolder, dimension);
    /** Embeds sentences of the corpus and tells how many of all that a stage needs are done. */
    const embedding = (stage: PreparationStage, total: number): Embed => {
      let done = 0;
      const onDone = (count: number) => {
        done += count;
        onProgress(stage, Math.round(done), total);
      };
      return async (rows, signal) => teachers.embed(await corpus!.read(rows), signal, onDone);
    };
    const fitRows = rowsForFit(rows, fitCount);
    const projection = await aligned(
      await fitToSentences(
        { rows: fitRows, embed: embedding("fit", fitRows.length), signal },
        fitCount,
        teachers.dimension,
        dimension,
      ),
    );
    await writeTargets({ rows, embed: embedding("targets", rows.length), signal }, projection, file);
    return targetsOf(corpus, file, projection, teachers.fingerprint);

    async function aligned(fitted: Projection): Promise<Projection> {
      const { embedStudent } = options;
      if (embedStudent === undefined) return fitted;
      const first = rows.subarray(0, Math.min(fitCount, windowSize));
      const walk = { rows: first, embed: embedding("align", first.length), signal };
      return await alignToStudent(walk, fitted, await embedStudent(await corpus!.read(first)));
    }
  } catch (error) {
    await file?.close();
    await corpus?.close();
    throw error;
  } finally {
    await teachers.dispose();
  }
}

/** @throws HpdError `invalid_argument` where the options ask for what the teachers don't have */
function requireFit({ dimension, fitSentences }: PrepareTargetsOptions, teacherDimension: number): void {
  if (fitSentences !== undefined && !(Number.isSafeInteger(fitSentences) && fitSentences > 0)) {
    throw new HpdError("invalid_argument", `fitSentences should be a positive integer, got ${fitSentences}`);
  }
  requireDimensions(dimension, teacherDimension, Number.POSITIVE_INFINITY);
}

function targetsOf(corpus: Corpus, file: VectorFile, projection: Projection, teachers: string): Targets {
  const { components } = projection;
  const fingerprint = createHash("sha256")
    .update(`${corpus.fingerprint} ${teachers} ${projection.dimension} `)
    .update(new Uint8Array(components.buffer, components.byteOffset, components.byteLength))
    .digest("hex");
  /** @param first the row of its first target in the file */
  const targetSet = (rows: Uint32Array, first: number): TrainingSet => ({
    count: rows.length,
    async read(places) {
      for (const place of places) {
        if (rows[place] !== undefined) continue;
        throw new HpdError("invalid_argument", `there are ${rows.length} sentences, none at place ${place}`);
      }
      const [sentences, targets] = await Promise.all([
        corpus.read(places.map((place) => rows[place]!)),
        file.read(places.map((place) => first + place)),
      ]);
      const target = { dtype: "float32", shape: [places.length, projection.dimension], data: targets } as const;
      return { columns: [sentences], labels: { target } };
    },
  });
  const dispose = async () => {
    await file.close();
    await corpus.close();
  };
  return {
    dimension: projection.dimension,
    train: targetSet(corpus.train, 0),
    validation: targetSet(corpus.validation, corpus.train.length),
    projection,
    counts: corpus.counts,
    fingerprint,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
