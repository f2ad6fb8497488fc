/** The number of a shard where a scheduler says it. */
import { UsageError } from "../usage-error.ts";

/** Variables in which schedulers say which of many tasks one is. */
const indexVariables = ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"] as const;

/** @returns undefined where no scheduler runs this. @throws UsageError for a variable that holds no number */
export function shardOfScheduler(): number | undefined {
  const variable = indexVariables.find((name) => process.env[name]);
  if (variable === undefined) return undefined;
  const value = process.env[variable]!;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`${variable} should be the number of a shard, got ${JSON.stringify(value)}: give --shard`);
}
