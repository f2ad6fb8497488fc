/** Does the missing shards of a work, or one of them, here or by a queue, and says how far they are. */
import { counted, grouped } from "../../common/numbers.ts";
import { missingShards, type ShardedWork } from "../../jobs/sharded-work.ts";
import { type ProgressLine, Rate } from "../progress.ts";
import { runOnQueue } from "../queue/run-on-queue.ts";
import { queueOf, type SubmitValues } from "../queue/settings.ts";
import { note, printJson } from "../terminal.ts";

interface RunOptions {
  readonly values: SubmitValues & {
    readonly shard?: number | undefined;
    readonly json?: boolean | undefined;
    readonly quiet?: boolean | undefined;
  };
  /** The one shard to do; undefined for all that are missing. */
  readonly only: number | undefined;
  /** The noun for one of a shard's rows: "text". */
  readonly row: string;
  readonly signal: AbortSignal;
  /** Shows the progress; the caller clears it. */
  readonly line: ProgressLine;
}

/** @throws HpdError as `ShardedWork.run`, `submitWork` and `watchWork` */
export async function runShards(work: ShardedWork, options: RunOptions): Promise<void> {
  const { values, only, signal, line } = options;
  const queue = queueOf(values);
  if (queue !== undefined) return runOnQueue(work, { queue, values, signal, line });
  const committed = await work.committed(signal);
  const missing = missingShards(work.shards, committed);
  for (const shard of only === undefined ? missing : [only]) await runShard(work, shard, options);
  if (only === undefined && missing.length === 0 && !values.quiet) note(`all ${work.shards} shards are done`);
}

async function runShard(work: ShardedWork, shard: number, options: RunOptions): Promise<void> {
  const { values, row, signal, line } = options;
  const rate = new Rate();
  const name = `shard ${shard} of ${work.shards}`;
  const { rows, seconds, wasCommitted } = await work.run(shard, {
    signal,
    onProgress: (done) => line.show(() => `${name}: ${counted(done, row)}, ${grouped(rate.of(done))}/s`),
  });
  line.clear();
  if (values.json) printJson({ shard, shards: work.shards, rows, seconds, was_committed: wasCommitted });
  if (values.quiet) return;
  const speed = wasCommitted ? "was done before" : `${grouped(rows / Math.max(seconds, 1e-3))}/s`;
  note(`${name}: ${counted(rows, row)}, ${speed}`);
}
