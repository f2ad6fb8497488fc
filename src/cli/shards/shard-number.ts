/** The number of the shard to do: from a flag, or where a scheduler says it. */
import { UsageError } from "../usage-error.ts";

/** Variables in which schedulers say which of many tasks one is. */
const indexVariables = ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"] as const;

interface ShardValues {
  readonly shard?: number | undefined;
  readonly queue?: string | undefined;
}

/**
 * Known before the work is opened, which writes its manifest.
 *
 * @returns undefined where neither says one, or a queue gives the numbers. @throws UsageError for one outside the shards
 */
export function shardToRun({ shard, queue }: ShardValues, shards: number): number | undefined {
  if (queue !== undefined) return undefined;
  const number = shard ?? shardOfScheduler();
  if (number === undefined || number < shards) return number;
  throw new UsageError(`shard should be from 0 to ${shards - 1}, as there are ${shards} shards, got ${number}`);
}

/** @returns undefined where no scheduler runs this. @throws UsageError for a variable that holds no number */
function shardOfScheduler(): number | undefined {
  const variable = indexVariables.find((name) => process.env[name]);
  if (variable === undefined) return undefined;
  const value = process.env[variable]!;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`${variable} should be the number of a shard, got ${JSON.stringify(value)}: give --shard`);
}
