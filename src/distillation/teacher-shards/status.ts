/** The state of the shards of teachers' embeddings, and whether what is committed is sound, by their folder alone. */
import { createHash } from "node:crypto";
import { eachConcurrently } from "../../common/each-concurrently.ts";
import { HpdError } from "../../errors.ts";
import type { ShardProblem, StatusOptions, Verification } from "../../jobs/work-report.ts";
import { streamOf } from "../../storage/byte-reader.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import {
  type CommittedFile,
  commitName,
  committedShards,
  readCommit,
  readManifest,
  type TeacherManifest,
} from "./manifest.ts";

export interface TeacherStatus {
  readonly manifest: TeacherManifest;
  readonly committed: ReadonlySet<number>;
  /** Rows and bytes of what is committed. */
  readonly rows: number;
  readonly bytes: number;
}

/** Shards that are looked at at the same time. */
const concurrency = 8;

/** @throws HpdError as `readManifest` */
export async function teacherStatus(folder: OutputFolder, { signal, onShard }: StatusOptions): Promise<TeacherStatus> {
  const manifest = await readManifest(folder, signal);
  const committed = await committedShards(folder, manifest.shards, signal);
  let rows = 0;
  let bytes = 0;
  await eachConcurrently(committed, { concurrency, signal }, async (shard) => {
    const commit = await readCommit(folder, shard, manifest.shards, signal);
    rows += commit.rows;
    for (const file of commit.files) bytes += file.bytes;
    onShard?.(shard, committed.size);
  });
  return { manifest, committed, rows, bytes };
}

/** Reads every file of the committed shards. @throws HpdError as `readManifest` */
export async function verifiedTeachers(
  folder: OutputFolder,
  { signal, onShard }: StatusOptions,
): Promise<Verification> {
  const { shards } = await readManifest(folder, signal);
  const committed = await committedShards(folder, shards, signal);
  const problems: ShardProblem[] = [];
  let rows = 0;
  await eachConcurrently(committed, { concurrency, signal }, async (shard) => {
    const commit = await readCommit(folder, shard, shards, signal).catch((error: unknown) => {
      if (!(error instanceof HpdError) || error.code !== "corrupt_file") throw error;
      problems.push({ shard, file: commitName(shard, shards), problem: error.message });
    });
    rows += commit?.rows ?? 0;
    for (const file of commit?.files ?? []) {
      const problem = await problemOf(folder, file, signal);
      if (problem !== undefined) problems.push({ shard, file: file.name, problem });
    }
    onShard?.(shard, committed.size);
  });
  problems.sort((a, b) => a.shard - b.shard);
  return { committed: committed.size, missing: shards - committed.size, rows, problems };
}

async function problemOf(
  folder: OutputFolder,
  { name, bytes, sha256 }: CommittedFile,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const again = "remove the .json of its shard, too, and run the shard again";
  const reader = await folder.open(name, signal).catch((error: unknown) => {
    if (error instanceof HpdError && error.code === "not_found") return undefined;
    throw error;
  });
  if (reader === undefined) return `it is missing: ${again}`;
  try {
    if (reader.size !== bytes) return `it has ${reader.size} bytes instead of ${bytes}: ${again}`;
    const hash = createHash("sha256");
    for await (const block of streamOf(reader)) hash.update(block);
    return hash.digest("hex") === sha256 ? undefined : `its checksum is another: bytes have changed; ${again}`;
  } finally {
    await reader.close();
  }
}
