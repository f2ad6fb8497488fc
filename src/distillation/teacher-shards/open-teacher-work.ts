/** Opens the embedding of sentences by teachers as work in shards: on the machine that began it, and on any other. */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { requireArray } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { packageVersion } from "../../common/package-version.ts";
import { HpdError } from "../../errors.ts";
import type { OpenWorkOptions } from "../../jobs/open-options.ts";
import type { ShardedWork } from "../../jobs/sharded-work.ts";
import { openOutputFolder } from "../../storage/open-output-folder.ts";
import { openCorpus } from "../corpus/corpus.ts";
import { type DistillOptions, recipeOf } from "../options.ts";
import { fingerprintTeacher } from "../teacher/fingerprint.ts";
import { pieceSize, windowSize } from "../teacher/pieces.ts";
import { beginWork } from "./manifest.ts";
import { TeacherWork } from "./teacher-work.ts";

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

/**
 * Opens the work, and begins it where nobody has.
 *
 * @throws HpdError `invalid_argument` for a number of shards that is none, or a folder of another work; as `distill` for
 *   sentences and teachers that can't be used; the signal's reason
 */
export async function openTeacherWork(given: TeacherWorkOptions): Promise<ShardedWork> {
  const options = checkedOptions("openTeacherWork", given, teacherWorkOptions);
  const { shards, signal = new AbortController().signal, onRead = () => {}, onWarning = () => {} } = options;
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
      hpd: packageVersion,
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
    return new TeacherWork({ output: options.output, recipe, folder, manifest, corpus, onWarning });
  } catch (error) {
    await corpus.close();
    throw error;
  }
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
  requireArray("description.distill.teachers", (distill as Partial<DistillOptions> | undefined)?.teachers);
  const teachers = distill.teachers.map((teacher) => ({ ...teacher, ...own }));
  // No model is written, but that is what the options are of.
  return openTeacherWork({ output, shards, distill: { ...distill, teachers, out: "." }, signal, onWarning });
}
