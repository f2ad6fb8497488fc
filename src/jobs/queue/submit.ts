/** Opens a queue and puts the shards of a work into it. */
import { requirePositiveInteger } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { requireWork, type ShardedWork } from "../sharded-work.ts";
import type { QueueOptions } from "./options.ts";
import { defaultAttempts, putShards } from "./put-shards.ts";
import { openQueue } from "./shard-queue.ts";
import type { Submission } from "./submission.ts";

export interface SubmitOptions extends QueueOptions {
  /** Attempts at a shard before it is set aside. Default: 4. */
  readonly attempts?: number | undefined;
  /** Tries the shards that were set aside once more, as often as new ones. Default: false. */
  readonly retryFailed?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const table: OptionTable<SubmitOptions> = {
  ...{ queue: "string", password: "string", attempts: "number", retryFailed: "boolean", signal: "signal" },
};

/**
 * Puts the shards of a work that are not committed into a queue, for `workOnQueue` to do on any number of machines. Whoever
 * submits the same work again, at the same time or later, adds only what is neither done nor there.
 *
 * @throws HpdError `invalid_argument` for an address that is none or a work whose description holds a password, `not_found`
 *   where bullmq or ioredis isn't installed, `network` and `unauthorized` for the server; what `work.committed` throws
 */
export async function submitWork(work: ShardedWork, options: SubmitOptions): Promise<Submission> {
  const checked = checkedOptions("submitWork", options, table);
  requireWork(work);
  const { attempts = defaultAttempts, retryFailed = false, signal } = checked;
  requirePositiveInteger("attempts", attempts);
  await using queue = await openQueue({ ...checked, onConnectionError: () => {} });
  return await putShards(queue, work, { attempts, retryFailed, signal });
}
