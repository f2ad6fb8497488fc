/**
 * A folder of the embeddings that shards made of teachers. Whatever a shard writes follows from its number:
 *
 *     _manifest.json                                       the work: what was embedded, by whom, in how many shards
 *     shard-00003-of-00016-TEACHER-float16.embeddings      a segment of the cache
 *     shard-00003-of-00016.json                            written last: the shard is committed, these are its files
 */
import { HpdError } from "../../errors.ts";
import { manifestName, shardName } from "../../jobs/shard-name.ts";
import { readJson, writeFirstJson } from "../../storage/open-output-folder.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import type { TeacherCachePrecision } from "../teacher/teacher-options.ts";
import type { FileHash } from "./hashed-file.ts";

export interface TeacherManifest {
  readonly kind: "teacher";
  /** Version of the manifest, and of the bytes that follow from it. */
  readonly version: 1;
  /** Version of this library: another one may give other bits. */
  readonly hpd: string;
  /** A hash of all below. */
  readonly fingerprint: string;
  readonly shards: number;
  /** The fingerprints of the teachers, in the order of the recipe. */
  readonly teachers: readonly string[];
  readonly precision: TeacherCachePrecision;
  /** The fingerprint of the sentences in their order. */
  readonly sentences: string;
}

/** The commit of a shard. */
export interface TeacherCommit {
  readonly rows: number;
  readonly files: readonly CommittedFile[];
}

export interface CommittedFile extends FileHash {
  readonly name: string;
  readonly teacher: string;
}

export function commitName(shard: number, shards: number): string {
  return shardName(shard, shards, ".json");
}

/** @throws HpdError `not_found` where no shard was ever begun; `corrupt_file`; as `OutputFolder.open` */
export async function readManifest(folder: OutputFolder, signal?: AbortSignal): Promise<TeacherManifest> {
  const manifest = (await readJson(folder, manifestName, signal)) as TeacherManifest | undefined;
  if (manifest === undefined) {
    throw new HpdError(
      "not_found",
      `${folder.name} has no embeddings of teachers (${manifestName}): make them by --shards N --shard I`,
    );
  }
  if (manifest.kind === "teacher" && manifest.version === 1) return manifest;
  throw new HpdError(
    "invalid_argument",
    `${folder.name} is of another kind of work or another version of hpd: use that version, or another folder`,
  );
}

/**
 * Writes what the work is, or finds that it is this one.
 *
 * @throws HpdError `invalid_argument` where the folder is that of another work
 */
export async function beginWork(folder: OutputFolder, manifest: TeacherManifest, signal?: AbortSignal): Promise<void> {
  if (
    (await folder.list(signal)).has(manifestName) ||
    !(await writeFirstJson(folder, manifestName, manifest, signal))
  ) {
    requireSame(folder.name, await readManifest(folder, signal), manifest);
  }
}

/** @throws HpdError `corrupt_file`; `not_found` for a shard that isn't committed */
export async function readCommit(
  folder: OutputFolder,
  shard: number,
  shards: number,
  signal?: AbortSignal,
): Promise<TeacherCommit> {
  const name = commitName(shard, shards);
  const commit = (await readJson(folder, name, signal)) as TeacherCommit | undefined;
  if (commit !== undefined && Array.isArray(commit.files)) return commit;
  throw new HpdError("not_found", `${folder.name}/${name} is missing: run shard ${shard} of ${shards} again`);
}

/** The shards that are committed. */
export async function committedShards(
  folder: OutputFolder,
  shards: number,
  signal?: AbortSignal,
): Promise<ReadonlySet<number>> {
  const names = await folder.list(signal);
  const all = Array.from({ length: shards }, (_, shard) => shard);
  return new Set(all.filter((shard) => names.has(commitName(shard, shards))));
}

function requireSame(name: string, found: TeacherManifest, own: TeacherManifest): void {
  if (found.fingerprint === own.fingerprint) return;
  const differences: string[] = [];
  if (found.hpd !== own.hpd) differences.push(`by hpd ${found.hpd}, not ${own.hpd}, whose last bits may differ`);
  if (found.shards !== own.shards) differences.push(`${found.shards} shards, not ${own.shards}`);
  if (found.precision !== own.precision) differences.push(`precision ${found.precision}, not ${own.precision}`);
  if (String(found.teachers) !== String(own.teachers)) differences.push("other teachers, or other files of theirs");
  if (found.sentences !== own.sentences) differences.push("other sentences, or the same in another order");
  throw new HpdError(
    "invalid_argument",
    `${name} holds the embeddings of another work (${differences.join("; ")}): give the settings with which it was ` +
      "begun, or another folder",
  );
}
