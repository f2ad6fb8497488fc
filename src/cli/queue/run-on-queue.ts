/** Puts the shards of a work into a queue, for whoever runs `hpd work`, and shows how far they are. */
import { counted, grouped } from "../../common/numbers.ts";
import { defined } from "../../common/optional.ts";
import { type ShardedWork, submitWork, type WorkProgress, watchWork } from "../../jobs/index.ts";
import { clockTime, type ProgressLine } from "../progress.ts";
import { note, printJson, say } from "../terminal.ts";
import type { SubmitValues } from "./settings.ts";

interface RunOptions {
  readonly queue: string;
  readonly values: SubmitValues & { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined };
  readonly signal: AbortSignal;
  /** Shows the progress; the caller clears it. */
  readonly line: ProgressLine;
}

/** @throws HpdError as `submitWork` and `watchWork` */
export async function runOnQueue(work: ShardedWork, { queue, values, signal, line }: RunOptions): Promise<void> {
  const tell = (message: string) => {
    line.clear();
    if (!values.quiet) note(message);
  };
  const warn = (message: string) => {
    line.clear();
    say(message);
  };
  const { committed, added, joined, setAside } = await submitWork(work, {
    ...{ queue, signal, retryFailed: values["retry-failed"] === true },
    ...defined({ attempts: values.attempts }),
  });
  if (values.json) printJson({ shards: work.shards, committed, added, joined, set_aside: setAside });
  tell(`${counted(work.shards, "shard")}: ${committed} done, ${added} put into the queue, ${joined} there already`);
  if (values.detach) {
    for (const { shard, reason } of setAside) warn(`shard ${shard} is set aside: ${reason}`);
    return;
  }
  const start = performance.now();
  let rows = 0;
  try {
    await watchWork(work, {
      ...{ queue, signal, onWarning: warn },
      onProgress: (progress) => {
        rows = progress.rows;
        line.show(() => progressText(progress));
      },
    });
  } catch (error) {
    if (signal.aborted) tell("the workers go on: run the same command again to watch them");
    throw error;
  }
  const time = clockTime((performance.now() - start) / 1000);
  tell(`all ${work.shards} shards are done, ${counted(rows, "text")}, in ${time}`);
}

function progressText({ done, total, running, setAside, rows, rowsPerSecond, secondsLeft }: WorkProgress): string {
  const parts = [`${done} of ${total} shards`, running > 0 ? `${running} running` : "no worker is running one"];
  if (setAside > 0) parts.push(`${setAside} set aside`);
  parts.push(`${grouped(rows)} texts, ${grouped(rowsPerSecond)}/s`);
  if (secondsLeft !== undefined) parts.push(`${clockTime(secondsLeft)} left`);
  return parts.join(", ");
}
