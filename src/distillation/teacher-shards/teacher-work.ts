import { checkedOptions } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { shardName } from "../../jobs/shard-name.ts";
import {
  type RunShardOptions,
  runShardOptions,
  type ShardedWork,
  type ShardResult,
  type WorkDescription,
} from "../../jobs/sharded-work.ts";
import { writeFirstJson } from "../../storage/open-output-folder.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import { type Corpus, corpusRows } from "../corpus/corpus.ts";
import { textHashes } from "../corpus/text-hash.ts";
import { identityOf, type Recipe } from "../options.ts";
import { cacheName, segmentSuffix } from "../teacher/embedding-cache.ts";
import { pieceSize, piecesOf, windowSize } from "../teacher/pieces.ts";
import { elementBytes, encodeBlock, encodeSegmentHeader, segmentFormat } from "../teacher/segment.ts";
import { Teacher } from "../teacher/teacher.ts";
import { HashedFile } from "./hashed-file.ts";
import {
  type CommittedFile,
  commitName,
  committedShards,
  type TeacherCommit,
  type TeacherManifest,
} from "./manifest.ts";

/** Some consecutive pieces for a teacher. */
interface Section {
  /** The teacher's place in the recipe. */
  readonly teacher: number;
  readonly from: number;
  readonly to: number;
}

/** The parts of an open work. */
export interface TeacherWorkParts {
  /** The place of the results, as it was given. */
  readonly output: string;
  readonly recipe: Recipe;
  readonly folder: OutputFolder;
  readonly manifest: TeacherManifest;
  readonly corpus: Corpus;
  readonly onWarning: (message: string) => void;
}

export class TeacherWork implements ShardedWork {
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

  constructor({ output, recipe, folder, manifest, corpus, onWarning }: TeacherWorkParts) {
    const { shards } = manifest;
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

/** The part of a recipe that says what is embedded by whom, and no secret. */
function describedPart(recipe: Recipe): object {
  const identity = identityOf(recipe) as Recipe;
  const { teachers, student, sentences, validation, maxCharacters, limit, augmentation, seed } = identity;
  const { teacherCachePrecision } = identity;
  return { teachers, student, sentences, validation, maxCharacters, limit, augmentation, seed, teacherCachePrecision };
}
