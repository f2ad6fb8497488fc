/** The pace of a work, from the rows that are done of each shard. */

export interface Pace {
  readonly rows: number;
  /** The rate of the last minute. */
  readonly rowsPerSecond: number;
  readonly secondsLeft: number | undefined;
}

const windowMilliseconds = 60_000;

export class WorkPace {
  readonly #shards: number;
  /** Milliseconds and rows of the looks in the last minute. */
  #seen: { readonly at: number; readonly rows: number }[] = [];

  constructor(shards: number) {
    this.#shards = shards;
  }

  /**
   * @param now milliseconds
   * @param rows that are done by shard; of one that is begun again they are fewer than before
   */
  at(now: number, rows: ReadonlyMap<number, number>, committed: ReadonlySet<number>): Pace {
    let done = 0;
    let ofCommitted = 0;
    let known = 0;
    for (const [shard, count] of rows) {
      done += count;
      if (!committed.has(shard)) continue;
      ofCommitted += count;
      known++;
    }
    this.#seen = [...this.#seen.filter(({ at }) => at >= now - windowMilliseconds), { at: now, rows: done }];
    const first = this.#seen[0]!;
    const rowsPerSecond = now > first.at ? Math.max(0, (1_000 * (done - first.rows)) / (now - first.at)) : 0;
    if (committed.size === this.#shards) return { rows: done, rowsPerSecond, secondsLeft: 0 };
    if (known === 0 || rowsPerSecond === 0) return { rows: done, rowsPerSecond, secondsLeft: undefined };
    // Shards are of about one size.
    const left = (this.#shards - committed.size) * (ofCommitted / known) - (done - ofCommitted);
    return { rows: done, rowsPerSecond, secondsLeft: Math.max(0, left) / rowsPerSecond };
  }
}
