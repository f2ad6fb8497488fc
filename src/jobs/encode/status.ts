/** The state of a work, and whether what is done is sound, by its folder alone. */
import { eachConcurrently } from "../../common/each-concurrently.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { openOutputFolder } from "../../storage/open-output-folder.ts";
import type { OutputFolder } from "../../storage/output-folder.ts";
import { problemOf, readShardSummary } from "../shard-file.ts";
import { missingShards } from "../sharded-work.ts";
import { type EncodeManifest, fingerprintOf, readManifest } from "./manifest.ts";
import { shardFileName, shardSizes, withShard } from "./shard-files.ts";

export interface WorkStatus {
  readonly output: string;
  readonly fingerprint: string;
  readonly shards: number;
  /** The numbers of those that are committed, and of the others. */
  readonly done: readonly number[];
  readonly missing: readonly number[];
  /** Rows and bytes of what is committed. */
  readonly rows: number;
  readonly bytes: number;
  readonly dimension: number;
  readonly format: string;
  readonly precision: string;
}

export interface ShardProblem {
  readonly shard: number;
  readonly file: string;
  readonly problem: string;
}

export interface StatusOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of each shard that was looked at. */
  readonly onShard?: ((shard: number) => void) | undefined;
}

const statusOptions: OptionTable<StatusOptions> = { signal: "signal", onShard: "function" };

/** Files that are looked at at the same time. */
const concurrency = 8;

/**
 * The status of the work in a folder. Neither its inputs nor its model are needed.
 *
 * @throws HpdError `not_found` where no work was begun; as reading does
 */
export async function workStatus(output: string, options: StatusOptions = {}): Promise<WorkStatus> {
  const { signal, onShard } = checkedOptions("workStatus", options, statusOptions);
  const { folder, manifest, sizes } = await openWorkFolder(output, signal);
  const { shards, dimension } = manifest;
  const { format, precision } = manifest.output;
  const done = [...sizes.keys()].sort((a, b) => a - b);
  let rows = 0;
  await eachConcurrently(done, { concurrency, signal }, async (shard) => {
    const summary = await withShard(folder, manifest, shard, signal, (reader) => readShardSummary(reader, format));
    rows += summary.rows;
    onShard?.(shard);
  });
  return {
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

/**
 * Reads every committed shard as a whole: its dimension, its checksum (which .npy has no place for), whether all numbers are
 * finite.
 *
 * @returns what is wrong; nothing where all is as it was written
 * @throws HpdError as `workStatus`
 */
export async function verifyWork(output: string, options: StatusOptions = {}): Promise<ShardProblem[]> {
  const { signal, onShard } = checkedOptions("verifyWork", options, statusOptions);
  const { folder, manifest, sizes } = await openWorkFolder(output, signal);
  const { format, precision } = manifest.output;
  const problems: ShardProblem[] = [];
  await eachConcurrently([...sizes.keys()], { concurrency, signal }, async (shard) => {
    const problem = await withShard(folder, manifest, shard, signal, (reader) =>
      problemOf(reader, format, { dimension: manifest.dimension, dtype: precision }),
    ).catch((error: unknown) => {
      if (error instanceof HpdError && error.code === "corrupt_file") return error.message;
      throw error;
    });
    if (problem !== undefined) problems.push({ shard, file: shardFileName(manifest, shard), problem });
    onShard?.(shard);
  });
  return problems.sort((a, b) => a.shard - b.shard);
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
    throw new HpdError("not_found", `${folder.name} has no manifest.json: no work in shards was begun there`);
  }
  return { folder, manifest, sizes: await shardSizes(folder, manifest, signal) };
}
