/**
 * The embeddings of teachers made by many machines, each of which reads the sentences and does some of the pieces that one
 * alone would do: the same pieces, so the same bits. A shard is a run of pieces, of one teacher after the other.
 */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { packageVersion } from "../../common/package-version.ts";
import { HpdError } from "../../errors.ts";
import type { OpenWorkOptions } from "../../jobs/open-options.ts";
import { shardName } from "../../jobs/shard-name.ts";
import {
  type RunShardOptions,
  runShardOptions,
  type ShardedWork,
  type ShardResult,
  type WorkDescription,
} from "../../jobs/sharded-work.ts";
import { openOutputFolder, writeFirstJson } from "../../storage/open-output-folder.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import { type Corpus, corpusRows, openCorpus } from "../corpus/corpus.ts";
import { textHashes } from "../corpus/text-hash.ts";
import { type DistillOptions, identityOf, type Recipe, recipeOf } from "../options.ts";
import { cacheName, segmentSuffix } from "../teacher/embedding-cache.ts";
import { fingerprintTeacher } from "../teacher/fingerprint.ts";
import { pieceSize, piecesOf, windowSize } from "../teacher/pieces.ts";
import { elementBytes, encodeBlock, encodeSegmentHeader, segmentFormat } from "../teacher/segment.ts";
import { Teacher } from "../teacher/teacher.ts";
import { HashedFile } from "./hashed-file.ts";
import {
  beginWork,
  type CommittedFile,
  commitName,
  committedShards,
  type TeacherCommit,
  type TeacherManifest,
} from "./manifest.ts";

export interface TeacherWorkOptions {
  /** The distillation that the embeddings are for: its teachers and sentences. */
  readonly distill: DistillOptions;
  /** The number of shards. */
  readonly shards: number;
  /** Folder of the results: a path or `s3://`. */
  readonly output: string;
  readonly signal?: AbortSignal | undefined;
  /** Called while sentences are read, with the number of them. */
  readonly onRead?: ((read: number) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

const teacherWorkOptions: OptionTable<TeacherWorkOptions> = {
  // Checked as those of `distill` are.
  distill: "any",
  shards: "number",
  output: "string",
  signal: "signal",
  onRead: "function",
  onWarning: "function",
};

/** Some consecutive pieces for a teacher. */
interface Section {
  /** The teacher's place in the recipe. */
  readonly teacher: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Opens the work, and begins it where nobody has.
 *
 * @throws HpdError `invalid_argument` for a number of shards that is none, or a folder of another work; as `distill` for
 *   sentences and teachers that can't be used; the signal's reason
 */
export async function openTeacherWork(given: TeacherWorkOptions): Promise<ShardedWork> {
  const options = checkedOptions("openTeacherWork", given, teacherWorkOptions);
  const { shards, signal = new AbortController().signal, onRead = () => {} } = options;
  const recipe = recipeOf(options.distill);
  if (!Number.isSafeInteger(shards) || shards < 1) {
    throw new HpdError("invalid_argument", `the number of shards should be a positive integer, got ${shards}`);
  }
  const folder = openOutputFolder(options.output);
  const fingerprints: string[] = [];
  for (const teacher of recipe.teachers) fingerprints.push(await fingerprintTeacher(teacher, signal));
  const corpus = await openCorpus(recipe, tmpdir(), signal, (stage, done) => {
    if (stage === "read") onRead(done);
  });
  try {
    const named = {
      kind: "teacher",
      version: 1,
      hpd: await packageVersion(),
      shards,
      teachers: fingerprints,
      precision: recipe.teacherCachePrecision,
      sentences: corpus.fingerprint,
    } as const;
    const fingerprint = createHash("sha256")
      .update(JSON.stringify({ ...named, windowSize, pieceSize }))
      .digest("hex")
      .slice(0, 32);
    const manifest = { ...named, fingerprint };
    await beginWork(folder, manifest, signal);
    await folder.sweep(signal);
    return new TeacherWork(options, { recipe, folder, manifest, corpus });
  } catch (error) {
    await corpus.close();
    throw error;
  }
}

/** The part of a recipe that says what is embedded by whom, and no secret. */
function describedPart(recipe: Recipe): object {
  const identity = identityOf(recipe) as Recipe;
  const { teachers, student, sentences, validation, maxCharacters, limit, augmentation, seed } = identity;
  const { teacherCachePrecision } = identity;
  return { teachers, student, sentences, validation, maxCharacters, limit, augmentation, seed, teacherCachePrecision };
}

/**
 * Opens work that `description` of another machine's describes.
 *
 * @param machine what concerns this one alone
 */
export async function openDescribedTeacherWork(
  { output, shards, distill }: Pick<TeacherWorkOptions, "output" | "shards" | "distill">,
  machine: OpenWorkOptions,
): Promise<ShardedWork> {
  const { signal, onWarning, workers, token, cacheFolder, localFilesOnly } = machine;
  const own = { workers, token, cacheFolder, localFilesOnly };
  const teachers = distill.teachers.map((teacher) => ({ ...teacher, ...own }));
  // No model is written, but that is what the options are of.
  return openTeacherWork({ output, shards, distill: { ...distill, teachers, out: "." }, signal, onWarning });
}

interface Parts {
  readonly recipe: Recipe;
  readonly folder: OutputFolder;
  readonly manifest: TeacherManifest;
  readonly corpus: Corpus;
}

class TeacherWork implements ShardedWork {
  readonly description: WorkDescription;
  readonly fingerprint: string;
  readonly shards: number;
  readonly #recipe: Recipe;
  readonly #folder: OutputFolder;
  readonly #manifest: TeacherManifest;
  readonly #corpus: Corpus;
  readonly #rows: Uint32Array;
  readonly #onWarning: (message: string) => void;
  /** The teacher that was needed last, and its place in the recipe. */
  #teacher: { readonly index: number; readonly opened: Teacher } | undefined;
  /** The texts of the window that was needed last, and its number. */
  #window: { readonly index: number; readonly pieces: readonly (readonly string[])[] } | undefined;

  constructor(
    { output, shards, onWarning = () => {} }: TeacherWorkOptions,
    { recipe, folder, manifest, corpus }: Parts,
  ) {
    this.description = { kind: "teacher", output, shards, distill: describedPart(recipe) };
    this.fingerprint = manifest.fingerprint;
    this.shards = shards;
    this.#recipe = recipe;
    this.#folder = folder;
    this.#manifest = manifest;
    this.#corpus = corpus;
    this.#rows = corpusRows(corpus);
    this.#onWarning = onWarning;
  }

  committed(signal?: AbortSignal): Promise<ReadonlySet<number>> {
    return committedShards(this.#folder, this.shards, signal);
  }

  async run(shard: number, options: RunShardOptions = {}): Promise<ShardResult> {
    const checked = checkedOptions("run", options, runShardOptions);
    const { signal = new AbortController().signal, onProgress = () => {} } = checked;
    if (!Number.isSafeInteger(shard) || shard < 0 || shard >= this.shards) {
      const last = this.shards - 1;
      throw new HpdError("invalid_argument", `shards are numbered from 0 to ${last}, got ${shard}`);
    }
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    const sections = this.#sectionsOf(shard);
    const name = commitName(shard, this.shards);
    if ((await this.#folder.list(signal)).has(name)) {
      const rows = sections.reduce((sum, { from, to }) => sum + this.#rowsOf(from, to), 0);
      return { rows, seconds: seconds(), wasCommitted: true };
    }
    let rows = 0;
    const onRows = (count: number) => {
      rows += count;
      onProgress(rows);
    };
    const files: CommittedFile[] = [];
    for (const section of sections) files.push(await this.#write(shard, section, signal, onRows));
    const commit: TeacherCommit = { rows, files };
    const isFirst = await writeFirstJson(this.#folder, name, commit, signal);
    return { rows, seconds: seconds(), wasCommitted: !isFirst };
  }

  async dispose(): Promise<void> {
    await this.#teacher?.opened.dispose();
    this.#teacher = undefined;
    await this.#corpus.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  get #pieceCount(): number {
    return Math.ceil(this.#rows.length / pieceSize);
  }

  /** The pieces of all teachers, one teacher after the other, are divided among the shards. */
  #sectionsOf(shard: number): Section[] {
    const pieces = this.#pieceCount;
    const all = pieces * this.#recipe.teachers.length;
    const start = Math.floor((all * shard) / this.shards);
    const end = Math.floor((all * (shard + 1)) / this.shards);
    return this.#recipe.teachers
      .map((_, teacher) => ({
        teacher,
        from: Math.max(start - teacher * pieces, 0),
        to: Math.min(end - teacher * pieces, pieces),
      }))
      .filter(({ from, to }) => from < to);
  }

  #rowsOf(from: number, to: number): number {
    return Math.min(to * pieceSize, this.#rows.length) - from * pieceSize;
  }

  async #write(
    shard: number,
    { teacher: index, from, to }: Section,
    signal: AbortSignal,
    onRows: (count: number) => void,
  ): Promise<CommittedFile> {
    const teacher = await this.#opened(index, signal);
    const { precision } = this.#manifest;
    const format = segmentFormat(teacher.dimension, precision);
    const name = shardName(shard, this.shards, `-${cacheName(teacher.fingerprint, precision)}${segmentSuffix}`);
    const file = new HashedFile(this.#folder, name, await this.#folder.create(name, signal));
    try {
      await file.append(encodeSegmentHeader(format));
      for (let piece = from; piece < to; piece++) {
        const texts = await this.#textsOf(piece);
        const elements = elementBytes(format, await teacher.embed(texts, signal));
        await file.append(encodeBlock(format, textHashes(texts), elements).bytes);
        onRows(texts.length);
      }
      const { bytes, sha256 } = await file.finish(signal);
      return { name, teacher: teacher.fingerprint, bytes, sha256 };
    } catch (error) {
      await file.abort();
      throw error;
    }
  }

  async #textsOf(piece: number): Promise<readonly string[]> {
    const perWindow = windowSize / pieceSize;
    const index = Math.floor(piece / perWindow);
    if (this.#window?.index !== index) {
      const texts = await this.#corpus.read(this.#rows.subarray(index * windowSize, (index + 1) * windowSize));
      const pieces = [...piecesOf(texts, [...texts.keys()])].map((places) => places.map((place) => texts[place]!));
      this.#window = { index, pieces };
    }
    return this.#window.pieces[piece % perWindow]!;
  }

  /** One teacher at a time: they may be large. */
  async #opened(index: number, signal: AbortSignal): Promise<Teacher> {
    if (this.#teacher?.index === index) return this.#teacher.opened;
    await this.#teacher?.opened.dispose();
    this.#teacher = undefined;
    const opened = await Teacher.open(this.#recipe.teachers[index]!, { signal, onWarning: this.#onWarning });
    this.#teacher = { index, opened };
    if (opened.fingerprint === this.#manifest.teachers[index]) return opened;
    throw new HpdError("invalid_argument", `${this.#recipe.teachers[index]!.model} has changed since the work began`);
  }
}
