/** `hpd distill --shards N`: the missing shards of the teachers' embeddings, here or by a queue, or one of them. */
import { grouped } from "../../common/numbers.ts";
import type { DistillOptions } from "../../train.ts";
import { ProgressLine } from "../progress.ts";
import { runShards } from "../shards/run-shards.ts";
import { shardToRun } from "../shards/shard-number.ts";
import { note } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import type { Values } from "./settings.ts";

/** @throws UsageError where a setting is missing; HpdError as `openTeacherWork` and `ShardedWork.run` */
export async function runTeacherShards(distill: DistillOptions, values: Values, signal: AbortSignal): Promise<void> {
  const { shards, "teacher-embeddings": output, quiet = false } = values;
  if (shards === undefined) throw new UsageError("--shard needs --shards N, the number of all; so does --queue");
  if (output === undefined) throw new UsageError("--shards needs --teacher-embeddings FOLDER, where all shards write");
  const only = shardToRun(values, shards);
  // Imported here, so that other commands start without it.
  const { openTeacherWork } = await import("../../train.ts");
  const line = new ProgressLine(!quiet && process.stderr.isTTY === true);
  try {
    await using work = await openTeacherWork({
      distill,
      shards,
      output,
      signal,
      onRead: (read) => line.show(() => `${grouped(read)} sentences read`),
      onWarning: (message) => quiet || note(message),
    });
    await runShards(work, { values, only, row: "embedding", signal, line });
  } finally {
    line.clear();
  }
}
