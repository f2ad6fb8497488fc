/**
 * The order of calls that nobody waits for: what they do to a document is done in the order of the calls, though the
 * embedding of one takes longer than that of the next. Calls for different documents go on at the same time.
 */

/** A call that hasn't ended. */
interface Call {
  /** Ids of the documents; undefined for any. */
  readonly ids: ReadonlySet<string> | undefined;
  /** Resolves at its end, whether it fails or not. */
  readonly done: Promise<unknown>;
}

export class CallOrder {
  readonly #calls = new Set<Call>();

  /** Runs a call after those of before that concern one of its documents. @param ids undefined for any */
  run<T>(ids: readonly string[] | undefined, work: () => Promise<T>): Promise<T> {
    const isShared = (theirs: Call["ids"]) => !theirs || !ids || ids.some((id) => theirs.has(id));
    const before = [...this.#calls].filter((call) => isShared(call.ids));
    const turn = before.length === 0 ? work() : Promise.all(before.map(({ done }) => done)).then(work);
    const call = { ids: ids && new Set(ids), done: turn.catch(() => {}).finally(() => this.#calls.delete(call)) };
    this.#calls.add(call);
    return turn;
  }

  /** Resolves when all calls of before have ended. */
  async finished(): Promise<void> {
    await Promise.all([...this.#calls].map(({ done }) => done));
  }
}
