/** `hpd distill --shards N`: the missing shards of the teachers' embeddings, here or by a queue, or one of them. */
import { grouped } from "../../common/numbers.ts";
import type { DistillOptions } from "../../train.ts";
import { ProgressLine, Rate } from "../progress.ts";
import { runOnQueue } from "../queue/run-on-queue.ts";
import { queueOf } from "../queue/settings.ts";
import { shardOfScheduler } from "../settings/shard-number.ts";
import { note, printJson } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import type { Values } from "./settings.ts";

/** @throws UsageError where a setting is missing; HpdError as `openTeacherWork` and `ShardedWork.run` */
export async function runTeacherShards(distill: DistillOptions, values: Values, signal: AbortSignal): Promise<void> {
  const { shards, "teacher-embeddings": output, quiet = false } = values;
  if (shards === undefined) throw new UsageError("--shard needs --shards N, the number of all; so does --queue");
  if (output === undefined) throw new UsageError("--shards needs --teacher-embeddings FOLDER, where all shards write");
  const only = values.shard ?? shardOfScheduler();
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
    const queue = queueOf(values);
    if (queue !== undefined) return await runOnQueue(work, { queue, values, signal, line });
    const committed = await work.committed(signal);
    const missing = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !committed.has(shard));
    for (const shard of only === undefined ? missing : [only]) {
      const name = `shard ${shard} of ${shards}`;
      const rate = new Rate();
      const { rows, seconds, wasCommitted } = await work.run(shard, {
        signal,
        onProgress: (rows) => line.show(() => `${name}: ${grouped(rows)} embeddings, ${grouped(rate.of(rows))}/s`),
      });
      line.clear();
      if (values.json) printJson({ shard, shards, rows, seconds, was_committed: wasCommitted });
      if (quiet) continue;
      const speed = wasCommitted ? "was done before" : `${grouped(rows / Math.max(seconds, 1e-3))}/s`;
      note(`${name}: ${grouped(rows)} embeddings, ${speed}`);
    }
    if (only === undefined && missing.length === 0 && !quiet) note(`all ${shards} shards are done`);
  } finally {
    line.clear();
  }
}
