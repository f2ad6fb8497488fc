/** `hpd encode --queue`: the missing shards are done by whoever runs `hpd work`. */
import { grouped } from "../../common/numbers.ts";
import { defined } from "../../common/optional.ts";
import { submitWork, type WorkProgress, watchWork } from "../../jobs/index.ts";
import type { CommandContext } from "../command.ts";
import { clockTime, progressLineFor } from "../progress.ts";
import { note, printJson, say } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import type { EncodeValues } from "./settings.ts";
import { openShards } from "./shards.ts";

export async function encodeOnQueue(queue: string, context: CommandContext<EncodeValues>): Promise<void> {
  const { values, signal } = context;
  if (values.shard !== undefined) throw new UsageError("--shard and --queue exclude each other: leave one out");
  const line = progressLineFor(values);
  const tell = (message: string) => {
    if (!values.quiet) note(message);
  };
  try {
    await using work = await openShards(context, line);
    const attempts = values.attempts;
    const submitted = await submitWork(work, {
      ...{ queue, signal, retryFailed: values["retry-failed"] === true },
      ...defined({ attempts }),
    });
    line.clear();
    const { committed, added, joined, setAside } = submitted;
    if (values.json) printJson({ shards: work.shards, committed, added, joined, set_aside: setAside });
    tell(`${work.shards} shards: ${committed} done, ${added} put into the queue, ${joined} there already`);
    for (const { shard, reason } of setAside) say(`shard ${shard} is set aside: ${reason}`);
    if (values.detach) return;
    const start = performance.now();
    let rows = 0;
    try {
      await watchWork(work, {
        ...{ queue, signal },
        onProgress: (progress) => {
          rows = progress.rows;
          line.show(() => progressText(progress));
        },
        onWarning: (message) => {
          line.clear();
          say(message);
        },
      });
    } catch (error) {
      line.clear();
      if (signal.aborted) tell("the workers go on: run the same command again to watch them");
      throw error;
    }
    line.clear();
    tell(
      `all ${work.shards} shards are done, ${grouped(rows)} texts, in ${clockTime((performance.now() - start) / 1000)}`,
    );
  } finally {
    line.clear();
  }
}

function progressText({ done, total, running, setAside, rows, rowsPerSecond, secondsLeft }: WorkProgress): string {
  const parts = [`${done} of ${total} shards`, running > 0 ? `${running} running` : "no worker is running one"];
  if (setAside > 0) parts.push(`${setAside} set aside`);
  parts.push(`${grouped(rows)} texts, ${grouped(rowsPerSecond)}/s`);
  if (secondsLeft !== undefined) parts.push(`${clockTime(secondsLeft)} left`);
  return parts.join(", ");
}
