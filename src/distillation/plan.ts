/**
 * The plan of a run, its time and its disk space: sentences are counted, and a few batches of the
 * teachers' and the student's work are measured. What the teachers embed for it is kept in their cache, as in a run.
 */
import { tmpdir } from "node:os";
import type { TrainingSet } from "../training/data/training-set.ts";
import { epochLength } from "../training/loop/run-length.ts";
import { parameterCount, totalStepsOf } from "../training/run/checks.ts";
import { measureTraining } from "../training/run/measure-training.ts";
import { checkpointBytes, type Space, space } from "../training/run/space.ts";
import { type Corpus, openCorpus } from "./corpus/corpus.ts";
import type { CorpusCounts } from "./corpus/corpus-options.ts";
import type { DistillOptions } from "./options.ts";
import { requireDimensions } from "./projection/projection.ts";
import { learnerOf, type Setup, setUp } from "./set-up.ts";
import { Teachers } from "./teacher/teachers.ts";

export interface DistillPlan {
  readonly counts: CorpusCounts;
  readonly teacherDimension: number;
  readonly dimension: number;
  /** Weights that are trained. */
  readonly parameters: number;
  readonly totalSteps: number;
  /** Sentences that some teacher hasn't embedded yet. */
  readonly missingEmbeddings: number;
  /** Undefined where nothing is missing. */
  readonly teacherSentencesPerSecond: number | undefined;
  readonly trainSentencesPerSecond: number;
  readonly seconds: { readonly teacher: number; readonly training: number; readonly validation: number };
  readonly disk: {
    /** Permanent: further teacher embeddings. */
    readonly teacherCache: Space;
    readonly out: Space;
    /** Temporary: sentences, targets, checkpoints. */
    readonly work: Space;
  };
}

/** Sentences that the teachers embed for the measure. */
const teacherSample = 256;

const sentencesAtOnce = 8192;

/** @throws HpdError as `distill` does before it starts to work */
export async function planDistillation(options: DistillOptions): Promise<DistillPlan> {
  const setup = await setUp(options);
  const { recipe, preparation } = setup;
  const { signal = new AbortController().signal, onWarning = () => {}, onProgress = () => {} } = preparation;
  const opening = { folder: preparation.teacherCache, precision: recipe.teacherCachePrecision, signal, onWarning };
  const teachers = await Teachers.open(recipe.teachers, opening);
  let corpus: Corpus | undefined;
  try {
    requireDimensions(recipe.dimension, teachers.dimension, Number.POSITIVE_INFINITY);
    corpus = await openCorpus(recipe, tmpdir(), signal, onProgress);
    const { train, validation } = corpus;
    requireDimensions(recipe.dimension, teachers.dimension, Math.min(train.length, recipe.fitSentences));
    const { missing, rate, textBytes } = await measureTeachers(teachers, corpus, signal);
    const epoch = epochLength([{ train: { count: train.length }, batchSize: recipe.batchSize }]);
    const totalSteps = totalStepsOf(setup.recipe, epoch, setup.preparation.onWarning);
    const batches = totalSteps * recipe.accumulationSteps;
    const { trainRate, evaluateRate } = await measureStudent(setup, corpus, batches, options.threads);
    const validations = Math.ceil(totalSteps / recipe.validationSteps);
    const samples = Math.min(totalSteps * recipe.batchSize * recipe.accumulationSteps, recipe.epochs * train.length);
    const parameters = parameterCount(setup.student);
    return {
      counts: corpus.counts,
      teacherDimension: teachers.dimension,
      dimension: recipe.dimension,
      parameters,
      totalSteps,
      missingEmbeddings: missing,
      teacherSentencesPerSecond: rate,
      trainSentencesPerSecond: trainRate,
      seconds: {
        teacher: missing / (rate ?? Infinity),
        training: samples / trainRate,
        validation: (validations * validation.length) / evaluateRate,
      },
      disk: await spaces(options, setup, {
        sentences: train.length + validation.length,
        parameters,
        missing: missing * teachers.dimension,
        textBytes,
      }),
    };
  } finally {
    await corpus?.close();
    await teachers.dispose();
  }
}

/** Sentences of the run that are not embedded yet, and how fast they will be. */
async function measureTeachers(
  teachers: Teachers,
  corpus: Corpus,
  signal: AbortSignal,
): Promise<{ missing: number; rate: number | undefined; textBytes: number }> {
  let missing = 0;
  let textBytes = 0;
  const sample: string[] = [];
  for (const rows of [corpus.train, corpus.validation]) {
    for (let start = 0; start < rows.length; start += sentencesAtOnce) {
      const texts = await corpus.read(rows.subarray(start, start + sentencesAtOnce));
      const lacking = teachers.missing(texts);
      textBytes += texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      missing += lacking.length;
      sample.push(...lacking.slice(0, teacherSample - sample.length));
      signal.throwIfAborted();
    }
  }
  if (sample.length === 0) return { missing, rate: undefined, textBytes };
  const start = performance.now();
  await teachers.embed(sample, signal);
  return { missing: missing - sample.length, rate: sample.length / secondsSince(start), textBytes };
}

/** Real sentences in real batches; what they should become makes no difference to the time. */
async function measureStudent(
  setup: Setup,
  corpus: Corpus,
  batches: number,
  threads: number | undefined,
): Promise<{ trainRate: number; evaluateRate: number }> {
  const { recipe, student } = setup;
  const set: TrainingSet = {
    count: corpus.train.length,
    async read(places) {
      const sentences = await corpus.read(places.map((place) => corpus.train[place]!));
      const shape = [places.length, recipe.dimension];
      const data = new Float32Array(places.length * recipe.dimension);
      return { columns: [sentences], labels: { target: { dtype: "float32", shape, data } } };
    },
  };
  return await measureTraining({
    learner: await learnerOf(setup, threads),
    tokenizer: student.tokenizer,
    datasets: [{ name: "sentences", train: set, validation: set, batchSize: recipe.batchSize }],
    options: recipe,
    batches,
    signal: setup.preparation.signal,
  });
}

/** The sizes that decide how much disk a run needs. */
interface Sizes {
  readonly sentences: number;
  readonly parameters: number;
  /** Numbers of the teacher embeddings that aren't in the cache yet. */
  readonly missing: number;
  readonly textBytes: number;
}

async function spaces(
  { out, weightsDtype }: DistillOptions,
  { recipe, work, preparation, student }: Setup,
  sizes: Sizes,
): Promise<DistillPlan["disk"]> {
  const { sentences, parameters, missing, textBytes } = sizes;
  const weights = 4 * parameters;
  const elementBytes = recipe.teacherCachePrecision === "float16" ? 2 : 4;
  const targets = sentences * 4 * student.dimension;
  return {
    teacherCache: await space(preparation.teacherCache, missing * elementBytes),
    work: await space(work.path, checkpointBytes(parameters) + targets + textBytes),
    out: await space(out, weightsDtype === "fp16" ? weights / 2 : weights),
  };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
