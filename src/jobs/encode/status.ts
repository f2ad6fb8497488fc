/** The state of the encoding of texts, and whether what is done is sound: see `workStatus`. */
import { eachConcurrently } from "../../common/each-concurrently.ts";
import { HpdError } from "../../errors.ts";
import { openOutputFolder } from "../../storage/open-output-folder.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import { readShardSummary, verifiedShard } from "../shard-file.ts";
import { missingShards } from "../sharded-work.ts";
import type { ShardProblem, StatusOptions, Verification, WorkStatus } from "../work-report.ts";
import { type EncodeManifest, fingerprintOf, readManifest } from "./manifest.ts";
import { shardFileName, shardSizes, withShard } from "./shard-files.ts";

/** Files that are looked at at the same time. */
const concurrency = 8;

/** @throws HpdError as `workStatus` */
export async function encodeStatus(output: string, { signal, onShard }: StatusOptions): Promise<WorkStatus> {
  const { folder, manifest, sizes } = await openWorkFolder(output, signal);
  const { shards, dimension } = manifest;
  const { format, precision } = manifest.output;
  const done = [...sizes.keys()].sort((a, b) => a - b);
  let rows = 0;
  await eachConcurrently(done, { concurrency, signal }, async (shard) => {
    const summary = await withShard(folder, manifest, shard, signal, (reader) => readShardSummary(reader, format));
    rows += summary.rows;
    onShard?.(shard, done.length);
  });
  return {
    kind: "encode",
    output: folder.name,
    fingerprint: fingerprintOf(manifest),
    shards,
    done,
    missing: missingShards(shards, sizes),
    rows,
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    dimension,
    format,
    precision,
  };
}

/** @throws HpdError as `verifyWork` */
export async function verifiedEncode(output: string, { signal, onShard }: StatusOptions): Promise<Verification> {
  const { folder, manifest, sizes } = await openWorkFolder(output, signal);
  const { format, precision } = manifest.output;
  const problems: ShardProblem[] = [];
  let rows = 0;
  await eachConcurrently([...sizes.keys()], { concurrency, signal }, async (shard) => {
    const found = await withShard(folder, manifest, shard, signal, (reader) =>
      verifiedShard(reader, format, { dimension: manifest.dimension, dtype: precision }),
    ).catch((error: unknown) => {
      if (error instanceof HpdError && error.code === "corrupt_file") return { rows: 0, problem: error.message };
      throw error;
    });
    rows += found.rows;
    if (found.problem !== undefined) {
      problems.push({ shard, file: shardFileName(manifest, shard), problem: found.problem });
    }
    onShard?.(shard, sizes.size);
  });
  problems.sort((a, b) => a.shard - b.shard);
  return { committed: sizes.size, missing: manifest.shards - sizes.size, rows, problems };
}

interface WorkFolder {
  readonly folder: OutputFolder;
  readonly manifest: EncodeManifest;
  /** The bytes of each committed shard. */
  readonly sizes: ReadonlyMap<number, number>;
}

/** Opens a folder of shards. @throws HpdError `not_found` where no work was begun */
export async function openWorkFolder(output: string, signal: AbortSignal | undefined): Promise<WorkFolder> {
  const folder = openOutputFolder(output);
  const manifest = await readManifest(folder, signal);
  if (manifest === undefined) {
    throw new HpdError("not_found", `${folder.name} has no _manifest.json: no work in shards was begun there`);
  }
  return { folder, manifest, sizes: await shardSizes(folder, manifest, signal) };
}
