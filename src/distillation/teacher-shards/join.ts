/** Brings the embeddings that shards made into the cache, as segments of it. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { HpdError } from "../../errors.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { PartialFile } from "../../files/partial-file.ts";
import { missingShards } from "../../jobs/sharded-work.ts";
import { streamOf } from "../../storage/byte-reader.ts";
import { openOutputFolder } from "../../storage/open-output-folder.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import { cacheName, segmentName, segmentSuffix } from "../teacher/embedding-cache.ts";
import { fingerprintTeacher } from "../teacher/fingerprint.ts";
import type { TeacherOpening, TeacherOptions } from "../teacher/teacher-options.ts";
import { type CommittedFile, committedShards, readCommit, readManifest } from "./manifest.ts";

/**
 * Copies what the cache hasn't yet. Joined again, it copies nothing.
 *
 * @param from folder of the shards: a path or `s3://`
 * @returns the fingerprint of the sentences that were embedded
 * @throws HpdError `invalid_argument` where shards are missing, or are those of other teachers; `corrupt_file` for a file
 *   that is another than was committed; the signal's reason
 */
export async function joinTeacherShards(
  from: string,
  teachers: readonly TeacherOptions[],
  { folder: cache, precision, signal }: TeacherOpening,
): Promise<{ readonly sentences: string }> {
  const folder = openOutputFolder(from);
  const manifest = await readManifest(folder, signal);
  const { shards, fingerprint, sentences } = manifest;
  const wanted = new Set<string>();
  for (const teacher of teachers) wanted.add(await fingerprintTeacher(teacher, signal));
  if (manifest.precision !== precision || [...wanted].some((teacher) => !manifest.teachers.includes(teacher))) {
    throw new HpdError(
      "invalid_argument",
      `${from} has not the embeddings of these teachers in ${precision}: they are of others, of other files of theirs, or in ` +
        manifest.precision,
    );
  }
  const committed = await committedShards(folder, shards, signal);
  const missing = missingShards(shards, committed);
  if (missing.length > 0) {
    const some = missing.slice(0, 10).join(", ") + (missing.length > 10 ? " and so on" : "");
    throw new HpdError("invalid_argument", `${from} lacks ${missing.length} of ${shards} shards: run ${some} first`);
  }
  for (const teacher of wanted) await makeFolder(join(cache, cacheName(teacher, precision)));
  for (let shard = 0; shard < shards; shard++) {
    for (const file of (await readCommit(folder, shard, shards, signal)).files) {
      if (!wanted.has(file.teacher)) continue;
      const own = join(cache, cacheName(file.teacher, precision));
      // By the work and the shard: another work's shard of the same number is another.
      const rest = `${fingerprint.slice(0, 16)}-${shard}-of-${shards}`;
      const isThere = (await readdir(own)).some((name) => name.endsWith(`-${rest}${segmentSuffix}`));
      if (!isThere) await copy(folder, file, join(own, segmentName(rest)), signal);
    }
  }
  return { sentences };
}

async function copy(folder: OutputFolder, file: CommittedFile, to: string, signal: AbortSignal): Promise<void> {
  const reader = await folder.open(file.name, signal);
  try {
    const hash = createHash("sha256");
    const copied = await PartialFile.create(to);
    try {
      for await (const bytes of streamOf(reader)) {
        signal.throwIfAborted();
        hash.update(bytes);
        await copied.append(bytes);
      }
      if (reader.size !== file.bytes || hash.digest("hex") !== file.sha256) {
        throw new HpdError(
          "corrupt_file",
          `${folder.name}/${file.name} is not what its shard committed: remove it and the .json of its shard, and run the shard again`,
        );
      }
      await copied.finish();
    } catch (error) {
      await copied.abort().catch(() => {});
      throw error;
    }
  } finally {
    await reader.close();
  }
}
